"""What is recalled before an answer, and kept after it: KV for speed, D1 for truth, R2 for what is elsewhere."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from edgechat.ui.messages import UIMessage
from service.auth import User
from service.bindings import D1Session, Env, KVNamespace, R2Bucket
from service.clock import now
from service.history.archive import Archive
from service.history.errors import Archived, TurnRefused, UnknownParent
from service.history.outbox import Outbox, user_of
from service.history.retry import READ_DELAYS, SAVE_DELAYS, retrying
from service.history.store import History, Turn
from service.history.summary import MAX_SUMMARY, Summarise, is_long, split
from service.history.tail import Tail
from service.history.window import BUDGET, Past
from service.web import Unavailable, unknown_chat

log = logging.getLogger("edgechat")

type Kept = Literal["saved", "waiting", "refused", "lost"]
"""`waiting`: D1 failed, and will get the turn from R2. `lost`: R2 failed too. `refused`: its place is no longer there,
because the conversation was deleted meanwhile."""


LATE = 3600_000
"""Milliseconds in which what a turn follows may still come: from a tape, where R2 had failed as well."""

GLANCE = 1.0
"""Seconds that R2 may take to say whether something waits."""


class Memory:
    """Of one user."""

    def __init__(self, db: D1Session, kv: KVNamespace, r2: R2Bucket, user: User) -> None:
        self.user = user
        self.history = History(db, user)
        self.tail = Tail(kv, user)
        self.archive = Archive(db, r2)
        self.outbox = Outbox(r2)

    async def recall(self, chat_id: str, parent_id: str | None, budget: int = BUDGET) -> Past:
        """What the model may be told of what came before. Neither a first message nor what KV knows costs a look at D1.

        Raises an `HTTPError`: 404 for an unknown conversation, 409 for an unknown parent, 503 when D1 fails.
        """
        if parent_id is None:
            return Past()
        past = await self.tail.read(chat_id, parent_id)
        if past is None:
            past = await self.read(chat_id, lambda: self.history.recent(chat_id, parent_id))
        if past is None:
            raise unknown_chat()
        return past.fitted(budget)

    async def is_new(self, chat_id: str, parent_id: str | None, message: UIMessage) -> bool:
        """Asked while the model is called: false if the conversation has the message already, and this will be one more
        answer to it. While D1 fails, a message is new: to save it again would change nothing.

        Raises an `HTTPError` 409 for an unknown parent, and for another message with this id.
        """
        try:
            return not await self.read(chat_id, lambda: self.history.is_saved(chat_id, parent_id, message))
        except Unavailable:
            return True

    async def keep(self, turn: Turn, past: Past, budget: int = BUDGET) -> Kept:
        """Saves a turn that followed `past`. Takes some seconds when D1 fails: to be run under `waitUntil`."""
        kept: Kept = "saved"
        try:
            await retrying(lambda: self.save(turn), SAVE_DELAYS)
        except TurnRefused as refusal:
            log.warning("A turn of chat %s was not saved: %s", turn.chat_id, refusal.code)
            return "refused"
        except Exception as error:
            log.error("D1 did not take a turn of chat %s: %s", turn.chat_id, error.__cause__ or error)
            kept = await self._set_aside(turn)
        await self.tail.write(turn.chat_id, past.then(turn.messages).fitted(budget))
        return kept

    async def save(self, turn: Turn) -> None:
        """Tries once, also in a conversation of which something is elsewhere. Raises as `History.save` does."""

        async def save() -> bool:
            await self.history.save(turn)
            return True

        await self._whole(turn.chat_id, save)

    async def compact(self, turn: Turn, past: Past, summarise: Summarise, budget: int = BUDGET) -> None:
        """After a turn was kept: sums up the beginning of a conversation that has become long. Never fails: without a
        summary, the model is just not told of the beginning."""
        if not is_long(past.then(turn.messages), budget):
            return
        try:
            await self._compact(turn, summarise, budget)
        except Exception as error:
            log.warning("Chat %s could not be summed up: %s", turn.chat_id, error)

    async def _compact(self, turn: Turn, summarise: Summarise, budget: int) -> None:
        past = await self.history.recent(turn.chat_id, turn.leaf_id)
        parts = split(past, budget) if past else None
        if parts is None:
            return
        old, left = parts
        summary = await summarise(old)
        if text := summary.text[:MAX_SUMMARY]:
            cost = {summary.model: summary.usage}
            await self.history.save_summary(turn.chat_id, old.messages[-1].id, text, cost, now())
            await self.tail.write(turn.chat_id, Past(left.messages, text))

    async def read[T](self, chat_id: str, read: Callable[[], Awaitable[T]]) -> T:
        """Asks D1 about a conversation of which all is there."""
        return await retrying(lambda: self._whole(chat_id, read), READ_DELAYS)

    async def forget(self, chat_id: str | None = None) -> None:
        """Deletes what R2 and KV have of a conversation, or of all: before their rows, by which they are found."""
        await self.archive.forget(self.user, chat_id)
        await self.outbox.forget(self.user, chat_id)
        await self.tail.forget(chat_id)

    async def settle(self, chat_id: str) -> None:
        """Saves what waits of a conversation before it is shown. If R2 does not say what does, it is shown as it is."""
        try:
            async with asyncio.timeout(GLANCE):
                keys = await self.outbox.keys(self.user, chat_id)
        except Exception as error:
            log.warning("R2 does not say what waits of chat %s: %r", chat_id, error.__cause__ or error)
            return
        for key in keys:
            await self.deliver(key)

    async def deliver(self, key: str) -> None:
        """Saves a turn that waits in the outbox."""
        turn = await self.outbox.read(key)
        if turn is None:
            return  # somebody else was faster
        try:
            try:
                await self.history.save(turn)
            except Archived:
                await self.archive.restore(self.user, turn.chat_id, now())
                await self.history.save(turn)
        except TurnRefused as refusal:
            if isinstance(refusal, UnknownParent) and turn.parent_id and now() < turn.at + LATE:
                return
            log.error("A turn of chat %s that waited is dropped: %s", turn.chat_id, refusal.code)
        await self.outbox.remove(key)

    async def _whole[T](self, chat_id: str, operation: Callable[[], Awaitable[T]]) -> T:
        """Brings back what is elsewhere of a conversation where D1 does not have all of it: archived, or waiting."""
        try:
            result = await operation()
        except Archived:
            await self.archive.restore(self.user, chat_id, now())
            return await operation()
        except UnknownParent:
            if not await self._deliver_all(chat_id):
                raise
            return await operation()
        if result is None and await self._deliver_all(chat_id):
            return await operation()
        return result

    async def _deliver_all(self, chat_id: str) -> bool:
        """False if nothing waits."""
        keys = await self.outbox.keys(self.user, chat_id)
        for key in keys:
            await self.deliver(key)
        return bool(keys)

    async def _set_aside(self, turn: Turn) -> Kept:
        try:
            await self.outbox.add(self.user, turn)
        except Exception:
            log.exception("R2 did not take a turn of chat %s either: it is lost", turn.chat_id)
            return "lost"
        return "waiting"


async def deliver_waiting(env: Env) -> None:
    """For the cron trigger: saves the turns that wait."""
    for key in await Outbox(env.r2).keys():
        try:
            await Memory(env.db, env.kv, env.r2, user_of(key)).deliver(key)
        except Exception as error:
            log.error("%s waits on: %s", key, error)
