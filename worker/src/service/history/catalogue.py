"""The conversations of a user as a list: found, named, shown and deleted."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

import msgspec

from edgechat.ui.messages import UIMessage
from service.auth import KEPT_APART, User
from service.bindings import D1Session
from service.history.errors import Archived, UnknownParent
from service.history.store import BRANCH, decode_rows

PAGE = 30
"""Conversations in a page of the list."""

_COLUMNS = "id, title, head_id, created_at, updated_at, archive_key IS NOT NULL AS is_archived"

# ?2 and ?3 are the last entry of the page before, ?4 the number of entries.
_LIST = f"""
SELECT {_COLUMNS} FROM conversations
WHERE user_id = ?1 AND (updated_at, id) < (?2, ?3)
ORDER BY updated_at DESC, id DESC LIMIT ?4
"""

# By id: an order that no new message changes.
_ALL = f"SELECT {_COLUMNS} FROM conversations WHERE user_id = ?1 AND id > ?2 ORDER BY id LIMIT 500"

_FIND = f"SELECT {_COLUMNS} FROM conversations WHERE user_id = ?1 AND id = ?2"

# Messages with the same parent, where there are several.
_VERSIONS = """
SELECT json_group_array(id) AS ids FROM (
  SELECT id, parent_id FROM messages WHERE user_id = ?1 AND conversation_id = ?2 ORDER BY seq)
GROUP BY parent_id HAVING count(*) > 1
"""

_HAS_WHOLE = """
SELECT outcome = 'done' AND json_array_length(parts) > ?4 AS has_whole
FROM messages WHERE user_id = ?1 AND conversation_id = ?2 AND id = ?3
"""

_RENAME = "UPDATE conversations SET title = ?3 WHERE user_id = ?1 AND id = ?2 RETURNING id"

# The newest leaf below message ?3 becomes the head.
_SHOW = """
WITH RECURSIVE path (id, depth) AS (
  SELECT id, 0 FROM messages WHERE user_id = ?1 AND conversation_id = ?2 AND id = ?3
  UNION ALL
  SELECT (
    SELECT m.id FROM messages m WHERE m.user_id = ?1 AND m.conversation_id = ?2 AND m.parent_id = path.id
    ORDER BY seq DESC LIMIT 1
  ), depth + 1
  FROM path WHERE id IS NOT NULL
)
UPDATE conversations SET head_id = (SELECT id FROM path WHERE id IS NOT NULL ORDER BY depth DESC LIMIT 1)
WHERE user_id = ?1 AND id = ?2 AND EXISTS (SELECT 1 FROM path)
RETURNING head_id
"""

_DELETE = "DELETE FROM conversations WHERE user_id = ?1 AND id = ?2 RETURNING id"


_CLOSE = """
INSERT INTO users (id, created_at, deleted_at) VALUES (?1, ?2, ?2)
ON CONFLICT (id) DO UPDATE SET deleted_at = excluded.deleted_at
"""

_DELETE_ALL = "DELETE FROM conversations WHERE user_id = ?1"

# What was used stays for the books, without saying by whom.
_FORGET_USAGE = f"""
UPDATE OR REPLACE usage SET user_id = '', turn_id = {KEPT_APART}
WHERE user_id = ?1 OR user_id IN (SELECT id FROM users WHERE merged_into = ?1)
"""

_END_OF_TIME = 2**52

type Position = tuple[int, str]
"""In the list: when a conversation was last answered, and its id."""


class Conversation(msgspec.Struct, rename="camel"):
    id: str
    title: str
    head_id: str
    created_at: int
    """Milliseconds since 1970."""
    updated_at: int
    is_archived: bool
    """To open it takes a moment longer, and the search does not find it."""


class OpenConversation(Conversation):
    messages: list[UIMessage]
    """Those that are shown: from the first one to the head."""
    versions: list[list[str]]
    """Ids of messages of which one is shown, the oldest first: of an edited question, of an answer generated again."""
    running: str | None = None
    """The id of the answer that is being written to the last message, which is not saved yet."""


class Catalogue:
    """Of one user."""

    def __init__(self, db: D1Session, user: User) -> None:
        self._db = db
        self._user = user

    async def page(self, after: Position | None = None, limit: int = PAGE) -> list[Conversation]:
        """The conversations after that position, the newest first."""
        updated_at, chat_id = after or (_END_OF_TIME, "")
        found = await self._db.prepare(_LIST).bind(self._user.id, updated_at, chat_id, limit).all()
        return [_conversation(row) for row in found["results"]]

    async def all(self) -> AsyncGenerator[Conversation]:
        chat_id = ""
        while rows := (await self._db.prepare(_ALL).bind(self._user.id, chat_id).all())["results"]:
            for row in rows:
                yield _conversation(row)
            chat_id = rows[-1]["id"]

    async def open(self, chat_id: str, leaf_id: str | None = None) -> OpenConversation | None:
        """With the messages up to `leaf_id`, by default to the head. Raises `Archived`, and `UnknownParent` where there
        is no such leaf."""
        found, branch, versions = await self._db.batch(
            [
                self._db.prepare(_FIND).bind(self._user.id, chat_id),
                self._db.prepare(BRANCH).bind(self._user.id, chat_id, leaf_id),
                self._db.prepare(_VERSIONS).bind(self._user.id, chat_id),
            ]
        )
        if not found["results"]:
            return None
        conversation = _conversation(found["results"][0])
        if conversation.is_archived:
            raise Archived
        if leaf_id and not branch["results"]:
            raise UnknownParent
        return OpenConversation(
            **msgspec.structs.asdict(conversation),
            messages=decode_rows(branch["results"]),
            versions=[msgspec.json.decode(row["ids"], type=list[str]) for row in versions["results"]],
        )

    async def has_whole(self, chat_id: str, answer: UIMessage) -> bool:
        """Whether it is saved to its end, if this is how it began."""
        statement = self._db.prepare(_HAS_WHOLE).bind(self._user.id, chat_id, answer.id, len(answer.parts))
        return bool(await statement.first("has_whole"))

    async def find(self, chat_id: str) -> Conversation | None:
        found = await self._db.prepare(_FIND).bind(self._user.id, chat_id).all()
        return next(map(_conversation, found["results"]), None)

    async def rename(self, chat_id: str, title: str) -> bool:
        """False if there is no such conversation."""
        return bool((await self._db.prepare(_RENAME).bind(self._user.id, chat_id, title).all())["results"])

    async def show(self, chat_id: str, message_id: str) -> bool:
        """Shows the newest branch through a message. False if there is no such message."""
        return bool((await self._db.prepare(_SHOW).bind(self._user.id, chat_id, message_id).all())["results"])

    async def delete(self, chat_id: str) -> bool:
        """False if there is no such conversation."""
        return bool((await self._db.prepare(_DELETE).bind(self._user.id, chat_id).all())["results"])

    async def close(self, at: int) -> None:
        """Before all is deleted: what was asked up to now is not saved any more."""
        await self._db.prepare(_CLOSE).bind(self._user.id, at).all()

    async def delete_all(self) -> None:
        """Also takes the user's name off what was used."""
        statements = [self._db.prepare(statement).bind(self._user.id) for statement in (_DELETE_ALL, _FORGET_USAGE)]
        await self._db.batch(statements)


def _conversation(row: Mapping[str, Any]) -> Conversation:
    return Conversation(
        row["id"], row["title"], row["head_id"], row["created_at"], row["updated_at"], bool(row["is_archived"])
    )
