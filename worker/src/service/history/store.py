"""Conversations in D1, the source of truth.

A conversation is a tree of messages: an answer that is generated again becomes a sibling of the old one, and so does a
message that is edited. The conversation's head names the leaf that is shown.
"""

from collections.abc import Mapping, Sequence

import msgspec

from edgechat.model.parts import Usage
from edgechat.ui.messages import UIMessage, decode_messages
from service.auth import OWNER, User
from service.bindings import D1Session, D1Statement
from service.history import bounds, usage
from service.history.errors import Archived, MessageConflict, UnknownParent, refusal_of
from service.history.window import Past
from service.outcome import Outcome

_MESSAGE = "json_object('id', id, 'role', role, 'parts', json(parts), 'metadata', json(metadata))"

# ?3 is a leaf, or null for the head.
BRANCH = f"""
WITH RECURSIVE branch (number, parent_id, depth) AS (
  SELECT number, parent_id, 0 FROM messages
  WHERE user_id = ?1 AND conversation_id = ?2
    AND id = coalesce(?3, (SELECT head_id FROM conversations WHERE user_id = ?1 AND id = ?2))
  UNION ALL
  SELECT m.number, m.parent_id, depth + 1
  FROM branch JOIN messages m ON m.user_id = ?1 AND m.conversation_id = ?2 AND m.id = branch.parent_id
)
SELECT {_MESSAGE} AS message FROM branch JOIN messages USING (number) ORDER BY depth DESC
"""

_IS_HERE = "SELECT 1 AS n FROM conversations WHERE user_id = ?1 AND id = ?2 AND archive_key IS NULL"

# One text, because this is on the way to the first token, and the SDK would convert rows and columns one by one. From
# the leaf to the nearest message that has a summary, or to `MAX_RECENT`.
_RECENT = f"""
WITH RECURSIVE branch (number, parent_id, summary, size, depth) AS (
  SELECT number, parent_id, summary, length(parts), 0 FROM messages
  WHERE user_id = ?1 AND conversation_id = ?2 AND id = ?3
  UNION ALL
  SELECT m.number, m.parent_id, m.summary, size + length(m.parts), depth + 1
  FROM branch JOIN messages m ON m.user_id = ?1 AND m.conversation_id = ?2 AND m.id = branch.parent_id
  WHERE branch.summary IS NULL AND size < ?4
)
SELECT json_object(
  'isArchived', json(iif(archive_key IS NULL, 'false', 'true')),
  'isKnown', json(iif(EXISTS (SELECT 1 FROM branch), 'true', 'false')),
  'summary', (SELECT summary FROM branch WHERE summary IS NOT NULL),
  'messages', (
    SELECT json_group_array(json(message)) FROM (
      SELECT {_MESSAGE} AS message FROM branch JOIN messages USING (number)
      WHERE branch.summary IS NULL ORDER BY depth DESC
    )
  )
) AS recent
FROM conversations WHERE user_id = ?1 AND id = ?2
"""

# ?3 is the parent or null, ?4 the message.
_STANDING = """
SELECT json_object(
  'isArchived', json(iif(EXISTS (
    SELECT 1 FROM conversations WHERE user_id = ?1 AND id = ?2 AND archive_key IS NOT NULL), 'true', 'false')),
  'hasParent', json(iif(?3 IS NULL OR EXISTS (
    SELECT 1 FROM messages WHERE user_id = ?1 AND conversation_id = ?2 AND id = ?3), 'true', 'false')),
  'saved', (
    SELECT json_object('parentId', parent_id, 'parts', parts) FROM messages
    WHERE user_id = ?1 AND conversation_id = ?2 AND id = ?4)
) AS standing
"""

# ?6 is the parent of the turn. The head follows a new answer, unless a later question was saved before: a turn that is
# saved again, or late, changes nothing that is shown. What was asked before the user had their data deleted finds no
# conversation. `active_at` always grows: by it the archive sees changes.
_SAVE_CONVERSATION = f"""
INSERT INTO conversations (user_id, id, head_id, title, created_at, updated_at, active_at)
SELECT {OWNER}, ?2, ?3, ?4, ?5, ?5, ?5
WHERE NOT EXISTS (SELECT 1 FROM users WHERE id = {OWNER} AND deleted_at >= ?5)
ON CONFLICT (user_id, id) DO UPDATE SET
  head_id = iif(
    (head_id IS ?6 OR excluded.updated_at >= updated_at)
      AND NOT EXISTS (
        SELECT 1 FROM messages
        WHERE user_id = excluded.user_id AND conversation_id = excluded.id AND messages.id = excluded.head_id),
    excluded.head_id, head_id),
  updated_at = max(updated_at, excluded.updated_at),
  active_at = max(active_at + 1, excluded.active_at)
"""

# What is better than before takes its place: the whole answer, or one that was tried later and has come to some text.
# So does an answer that has gone on from as many parts as are here (?11).
_SAVE_MESSAGE = f"""
INSERT INTO messages (
  user_id, conversation_id, seq, id, parent_id, role, parts, text, metadata, outcome, created_at)
VALUES (
  {OWNER}, ?2,
  (SELECT coalesce(max(seq), 0) + 1 FROM messages WHERE user_id = {OWNER} AND conversation_id = ?2),
  ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (user_id, conversation_id, id) DO UPDATE SET
  parts = excluded.parts, text = excluded.text, metadata = excluded.metadata, outcome = excluded.outcome,
  created_at = excluded.created_at
WHERE outcome IN ('interrupted', 'failed') AND (
    excluded.outcome IN ('done', 'stopped') OR excluded.text <> '' AND excluded.created_at > created_at)
  OR outcome <> 'done' AND json_array_length(parts) = ?11
"""

_SAVE_SUMMARY = f"UPDATE messages SET summary = ?4 WHERE user_id = {OWNER} AND conversation_id = ?2 AND id = ?3"

MAX_RECENT = 200_000
"""Characters of JSON after which no earlier message is read for a model: a value in D1 has at most 2 MB."""


class _Recent(msgspec.Struct, rename="camel"):
    is_archived: bool
    is_known: bool
    summary: str | None
    messages: msgspec.Raw


class _Saved(msgspec.Struct, rename="camel"):
    parent_id: str | None
    parts: str


class _Standing(msgspec.Struct, rename="camel"):
    is_archived: bool
    has_parent: bool
    saved: _Saved | None


class Turn(msgspec.Struct, frozen=True):
    """Messages that follow `parent_id` one after the other, the last of them an answer."""

    chat_id: str
    parent_id: str | None
    messages: Sequence[UIMessage]
    outcome: Outcome = "done"
    usage: Mapping[str, Usage] = {}
    """By model."""
    at: int = 0
    """When it was asked: milliseconds since 1970."""
    continues: int = 0
    """An answer that goes on had so many parts before. What that costs is counted beside what it had cost then."""

    @property
    def leaf_id(self) -> str:
        return self.messages[-1].id

    @property
    def usage_id(self) -> str:
        return f"{self.leaf_id}+{self.continues}" if self.continues else self.leaf_id


class History:
    """The conversations of one user. Those of others do not exist here."""

    def __init__(self, db: D1Session, user: User) -> None:
        self.user = user
        self._db = db

    async def load(self, chat_id: str, leaf_id: str | None = None) -> list[UIMessage] | None:
        """The messages from the first to `leaf_id`, by default to the head; empty if that message does not exist.

        None if there is no such conversation here; it may be archived.
        """
        here, branch = await self._db.batch(
            [
                self._db.prepare(_IS_HERE).bind(self.user.id, chat_id),
                self._db.prepare(BRANCH).bind(self.user.id, chat_id, leaf_id),
            ]
        )
        return decode_rows(branch["results"]) if here["results"] else None

    async def recent(self, chat_id: str, leaf_id: str) -> Past | None:
        """What a model may be told of the conversation up to `leaf_id`. None if there is no such conversation.

        Raises `Archived` and `UnknownParent`.
        """
        statement = self._db.prepare(_RECENT).bind(self.user.id, chat_id, leaf_id, MAX_RECENT)
        found = await statement.first("recent")
        if found is None:
            return None
        recent = msgspec.json.decode(found, type=_Recent)
        if recent.is_archived:
            raise Archived
        if not recent.is_known:
            raise UnknownParent
        return Past(decode_messages(recent.messages), recent.summary)

    async def is_saved(self, chat_id: str, parent_id: str | None, message: UIMessage) -> bool:
        """Whether the conversation has this message of the user already, in this place.

        Raises `Archived`, `UnknownParent`, and `MessageConflict` where it has another one under that id.
        """
        statement = self._db.prepare(_STANDING).bind(self.user.id, chat_id, parent_id, message.id)
        standing = msgspec.json.decode(await statement.first("standing"), type=_Standing)
        if standing.is_archived:
            raise Archived
        if not standing.has_parent:
            raise UnknownParent
        if standing.saved is None:
            return False
        if (standing.saved.parent_id, standing.saved.parts) != (parent_id, bounds.parts_of(message)):
            raise MessageConflict
        return True

    async def save(self, turn: Turn) -> None:
        """Appends the messages of a turn in one transaction. What was saved before is not saved again.

        Raises a `TurnRefused`: `Archived`, `UnknownParent` or `MessageConflict`.
        """
        try:
            await self._db.batch(self._statements(turn))
        except Exception as error:
            if refusal := refusal_of(error):
                raise refusal from None
            raise

    async def save_summary(
        self, chat_id: str, message_id: str, summary: str, cost: Mapping[str, Usage], at: int
    ) -> None:
        """Of the conversation up to this message, inclusive."""
        save = self._db.prepare(_SAVE_SUMMARY).bind(self.user.id, chat_id, message_id, summary)
        await self._db.batch([save, *usage.statements(self._db, self.user, f"summary-{message_id}", at, cost)])

    def _statements(self, turn: Turn) -> list[D1Statement]:
        save_conversation = self._db.prepare(_SAVE_CONVERSATION).bind(
            self.user.id,
            turn.chat_id,
            turn.leaf_id,
            bounds.title_of(turn.messages[0]),
            turn.at,
            turn.parent_id,
        )
        statements = [save_conversation]
        parent_id = turn.parent_id
        for message in turn.messages:
            metadata = None if message.metadata is None else msgspec.json.encode(message.metadata).decode()
            statements.append(
                self._db.prepare(_SAVE_MESSAGE).bind(
                    self.user.id,
                    turn.chat_id,
                    message.id,
                    parent_id,
                    message.role,
                    bounds.parts_of(message),
                    message.text,
                    metadata,
                    turn.outcome if message.role == "assistant" else None,
                    turn.at,
                    turn.continues or None,
                )
            )
            parent_id = message.id
        return [*statements, *usage.statements(self._db, self.user, turn.usage_id, turn.at, turn.usage)]


def decode_rows(rows: Sequence[Mapping[str, str]]) -> list[UIMessage]:
    """From the column `message`."""
    return decode_messages(f"[{','.join(row['message'] for row in rows)}]")
