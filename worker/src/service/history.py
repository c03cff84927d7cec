"""Conversations in D1, the source of truth.

A conversation is a tree of messages: an answer that is generated again becomes a sibling of the old one, and the
conversation's head names the leaf that is shown.
"""

import time
from collections.abc import Sequence
from http import HTTPStatus

import msgspec

from edgechat.ui.messages import UIMessage, decode_messages
from service.auth import User
from service.bindings import D1Database, D1Statement
from service.web import HTTPError

# One row with one JSON text: the SDK would convert rows and columns one by one. ?2 is a leaf, or null for the head.
_LOAD = """
WITH RECURSIVE
conversation AS (SELECT user_id, head_id FROM conversations WHERE id = ?1),
branch (id, parent_id, role, parts, metadata, depth) AS (
  SELECT id, parent_id, role, parts, metadata, 0 FROM messages
  WHERE conversation_id = ?1 AND id = coalesce(?2, (SELECT head_id FROM conversation))
  UNION ALL
  SELECT m.id, m.parent_id, m.role, m.parts, m.metadata, branch.depth + 1
  FROM branch JOIN messages m ON m.conversation_id = ?1 AND m.id = branch.parent_id
)
SELECT json_object('owner', user_id, 'messages', (
  SELECT json_group_array(json_object(
    'id', id, 'role', role, 'parts', json(parts), 'metadata', json(metadata)) ORDER BY depth DESC)
  FROM branch
)) AS conversation
FROM conversation
"""

_SAVE_CONVERSATION = """
INSERT INTO conversations (id, user_id, head_id, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)
ON CONFLICT (id) DO UPDATE SET head_id = excluded.head_id, updated_at = excluded.updated_at
WHERE user_id = excluded.user_id
"""

# Written only into one's own conversation; a message that is there already stays as it is.
_SAVE_MESSAGE = """
INSERT INTO messages (conversation_id, seq, id, parent_id, role, parts, metadata, created_at)
SELECT ?1, (SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE conversation_id = ?1), ?3, ?4, ?5, ?6, ?7, ?8
WHERE EXISTS (SELECT 1 FROM conversations WHERE id = ?1 AND user_id = ?2)
ON CONFLICT (conversation_id, id) DO NOTHING
"""


class _Conversation(msgspec.Struct):
    owner: str
    messages: msgspec.Raw


class History:
    """The conversations of one user. Those of others do not exist here."""

    def __init__(self, db: D1Database, user: User) -> None:
        self._db = db
        self.user = user

    async def load(self, chat_id: str, leaf_id: str | None = None) -> list[UIMessage] | None:
        """The messages from the first to `leaf_id`, by default to the head; empty if that message does not exist.

        None if there is no such conversation; that of another user is a 404.
        """
        found = await self._db.prepare(_LOAD).bind(chat_id, leaf_id).first("conversation")
        if found is None:
            return None
        row = msgspec.json.decode(found, type=_Conversation)
        if row.owner != self.user.id:
            raise unknown_chat()
        return decode_messages(row.messages)

    async def save_turn(self, chat_id: str, parent_id: str | None, turn: Sequence[UIMessage]) -> None:
        """Appends the messages of a turn, each to the one before it, in one transaction."""
        now = int(time.time() * 1000)
        statements: list[D1Statement] = [
            self._db.prepare(_SAVE_CONVERSATION).bind(chat_id, self.user.id, turn[-1].id, now)
        ]
        for message in turn:
            parts = msgspec.json.encode(message.parts).decode()
            metadata = None if message.metadata is None else msgspec.json.encode(message.metadata).decode()
            statements.append(
                self._db.prepare(_SAVE_MESSAGE).bind(
                    chat_id, self.user.id, message.id, parent_id, message.role, parts, metadata, now
                )
            )
            parent_id = message.id
        await self._db.batch(statements)


def unknown_chat() -> HTTPError:
    return HTTPError(HTTPStatus.NOT_FOUND, "unknown_chat", "There is no such conversation.")
