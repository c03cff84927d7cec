"""Conversations for tests, on fake stores."""

from typing import Any

from fakes import database

from edgechat.model.parts import Usage
from edgechat.testing import FakeD1, FakeKV, FakeR2
from edgechat.ui.messages import Role, TextPart, UIMessage
from service.auth import User
from service.history import Catalogue, Memory, Past, Turn
from service.outcome import Outcome
from service.stores import Database

ANN = User("guest_ann")
BOB = User("guest_bob")
CHAT = "chat"
NOW = 1_800_000_000_000
"""Milliseconds since 1970."""


def said(id: str, text: str = "", role: Role | None = None) -> UIMessage:
    """A message with a text of its own. Ids of answers begin with "a"."""
    role = role or ("assistant" if id.startswith("a") else "user")
    return UIMessage(id=id, role=role, parts=[TextPart(text=text or f"text of {id}")])


def turn(
    number: int,
    parent_id: str | None = None,
    *,
    chat_id: str = CHAT,
    answer: UIMessage | None = None,
    outcome: Outcome = "done",
    usage: dict[str, Usage] | None = None,
    at: int | None = None,
) -> Turn:
    """Question `u1` and answer `a1`, or of another number."""
    messages = [said(f"u{number}"), answer or said(f"a{number}")]
    return Turn(chat_id, parent_id, messages, outcome, usage or {}, NOW + number if at is None else at)


class Stores:
    def __init__(self) -> None:
        self.db = database()
        self.kv = FakeKV(limits_writes=False)
        self.r2 = FakeR2()

    def memory(self, user: User = ANN, *, db: Any = None) -> Memory:
        return Memory(Database(db or self.db), self.kv, self.r2, user)

    def catalogue(self, user: User = ANN) -> Catalogue:
        return Catalogue(self.db, user)

    async def talk(self, turns: int, *, chat_id: str = CHAT, user: User = ANN) -> Past:
        """Turns one after the other: what they leave behind."""
        memory, past, parent_id = self.memory(user), Past(), None
        for number in range(1, turns + 1):
            each = turn(number, parent_id, chat_id=chat_id)
            assert await memory.keep(each, past) == "saved"
            past, parent_id = past.then(each.messages), each.leaf_id
        return past

    async def ids(self, chat_id: str = CHAT, user: User = ANN) -> list[str]:
        """Of the messages that are shown."""
        return [message.id for message in await self.memory(user).history.load(chat_id) or []]

    async def rows(self, table: str = "messages") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await self.db.prepare(f"SELECT * FROM {table}").all())["results"]
        return rows


class Applied:
    """A database that does what it is told, and then loses the connection: so many times."""

    def __init__(self, db: FakeD1, times: int = 1) -> None:
        self._db = db
        self._times = times

    def prepare(self, query: str) -> Any:
        return self._db.prepare(query)

    async def batch(self, statements: Any) -> Any:
        results = await self._db.batch(statements)
        if self._times:
            self._times -= 1
            raise LOST
        return results


LOST = Exception("D1_ERROR: Network connection lost.")
