"""Conversations in D1, the source of truth.

A conversation is a tree of messages: an answer that is generated again becomes a sibling of the old one, and the
conversation's head names the leaf that is shown.
"""

import time
from collections.abc import Sequence

import msgspec

from edgechat.ui.messages import UIMessage, decode_messages
from service.auth import User
from service.bindings import D1Database, D1Statement

# One row with one JSON text: the SDK would convert rows and columns one by one. ?3 is a leaf, or null for the head.
_LOAD = """
WITH RECURSIVE
conversation AS (SELECT head_id FROM conversations WHERE user_id = ?1 AND id = ?2),
branch (id, parent_id, role, parts, metadata, depth) AS (
  SELECT id, parent_id, role, parts, metadata, 0 FROM messages
  WHERE user_id = ?1 AND conversation_id = ?2 AND id = coalesce(?3, (SELECT head_id FROM conversation))
  UNION ALL
  SELECT m.id, m.parent_id, m.role, m.parts, m.metadata, branch.depth + 1
  FROM branch JOIN messages m ON m.user_id = ?1 AND m.conversation_id = ?2 AND m.id = branch.parent_id
)
SELECT (
  SELECT json_group_array(json_object(
    'id', id, 'role', role, 'parts', json(parts), 'metadata', json(metadata)) ORDER BY depth DESC)
  FROM branch
) AS messages
FROM conversation
"""

_SAVE_CONVERSATION = """
INSERT INTO conversations (user_id, id, head_id, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)
ON CONFLICT (user_id, id) DO UPDATE SET head_id = excluded.head_id, updated_at = excluded.updated_at
"""

_SAVE_MESSAGE = """
INSERT INTO messages (user_id, conversation_id, seq, id, parent_id, role, parts, metadata, created_at)
SELECT ?1, ?2, coalesce(max(seq), 0) + 1, ?3, ?4, ?5, ?6, ?7, ?8 FROM messages
WHERE user_id = ?1 AND conversation_id = ?2
ON CONFLICT (user_id, conversation_id, id) DO NOTHING
"""


class History:
    """The conversations of one user. Those of others do not exist here."""

    def __init__(self, db: D1Database, user: User) -> None:
        self.user = user
        self._db = db

    async def load(self, chat_id: str, leaf_id: str | None = None) -> list[UIMessage] | None:
        """The messages from the first to `leaf_id`, by default to the head; empty if that message does not exist.

        None if there is no such conversation.
        """
        found = await self._db.prepare(_LOAD).bind(self.user.id, chat_id, leaf_id).first("messages")
        return None if found is None else decode_messages(found)

    async def save_turn(self, chat_id: str, parent_id: str | None, turn: Sequence[UIMessage]) -> None:
        """Appends the messages of a turn, each to the one before it, in one transaction."""
        now = int(time.time() * 1000)
        statements: list[D1Statement] = [
            self._db.prepare(_SAVE_CONVERSATION).bind(self.user.id, chat_id, turn[-1].id, now)
        ]
        for message in turn:
            parts = msgspec.json.encode(message.parts).decode()
            metadata = None if message.metadata is None else msgspec.json.encode(message.metadata).decode()
            statements.append(
                self._db.prepare(_SAVE_MESSAGE).bind(
                    self.user.id, chat_id, message.id, parent_id, message.role, parts, metadata, now
                )
            )
            parent_id = message.id
        await self._db.batch(statements)
