"""Turns that D1 did not take: they wait in R2, until somebody opens the conversation, or the next cron trigger."""

import msgspec

from edgechat.model.parts import Usage
from edgechat.ui.messages import decode_messages
from service.auth import User
from service.bindings import R2Bucket
from service.history.store import Turn
from service.objects import delete_below, read_object
from service.outcome import Outcome

_ROOT = "unsaved/"


class _Waiting(msgspec.Struct):
    chat_id: str
    parent_id: str | None
    messages: msgspec.Raw
    outcome: Outcome
    usage: dict[str, Usage]
    at: int
    continues: int = 0


class Outbox:
    def __init__(self, r2: R2Bucket) -> None:
        self._r2 = r2

    async def add(self, user: User, turn: Turn) -> None:
        messages = msgspec.Raw(msgspec.json.encode(list(turn.messages)))
        waiting = _Waiting(
            turn.chat_id, turn.parent_id, messages, turn.outcome, dict(turn.usage), turn.at, turn.continues
        )
        # In the order in which they were asked: an answer comes before the next question.
        key = f"{_prefix(user, turn.chat_id)}{turn.at:013}-{turn.leaf_id}"
        await self._r2.put(key, msgspec.json.encode(waiting))

    async def keys(self, user: User | None = None, chat_id: str | None = None) -> list[str]:
        """What waits of a conversation, or of all: the first 1000."""
        found = await self._r2.list(prefix=_prefix(user, chat_id) if user else _ROOT)
        return [entry.key for entry in found["objects"]]

    async def read(self, key: str) -> Turn | None:
        """None if it does not wait any more."""
        found = await read_object(self._r2, key)
        if found is None:
            return None
        waiting = msgspec.json.decode(found, type=_Waiting)
        messages = decode_messages(waiting.messages)
        return Turn(
            waiting.chat_id,
            waiting.parent_id,
            messages,
            waiting.outcome,
            waiting.usage,
            waiting.at,
            waiting.continues,
        )

    async def remove(self, key: str) -> None:
        await self._r2.delete([key])

    async def forget(self, user: User, chat_id: str | None = None) -> None:
        await delete_below(self._r2, _prefix(user, chat_id))


def user_of(key: str) -> User:
    return User(key.split("/")[1])


def _prefix(user: User, chat_id: str | None = None) -> str:
    return f"{_ROOT}{user.id}/{chat_id}/" if chat_id else f"{_ROOT}{user.id}/"
