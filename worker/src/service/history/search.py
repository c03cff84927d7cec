"""Full-text search over the messages of one user (FTS5)."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from service.auth import User
from service.bindings import D1Session

MAX_RESULTS = 30
MAX_WORDS = 12

# Marks in a snippet: control characters, for which no text has a use.
_START, _END = "\x02", "\x03"

# The newest first, and not by rank: that would depend on what others have written.
_SEARCH = f"""
SELECT
  c.id AS chat_id, c.title, m.id AS message_id, m.role, m.created_at,
  snippet(message_index, 1, char(2), char(3), '…', 24) AS snippet
FROM message_index
JOIN messages m ON m.number = message_index.rowid
JOIN conversations c ON c.user_id = m.user_id AND c.id = m.conversation_id
WHERE message_index MATCH ?2 AND m.user_id = ?1
ORDER BY m.created_at DESC, m.number DESC LIMIT {MAX_RESULTS}
"""


class Piece(msgspec.Struct, omit_defaults=True):
    """Of a snippet: plain text, and whether it is what was searched for."""

    text: str
    mark: bool = False


class Hit(msgspec.Struct, rename="camel"):
    chat_id: str
    title: str
    message_id: str
    role: str
    created_at: int
    """Milliseconds since 1970."""
    snippet: list[Piece]


async def search(db: D1Session, user: User, text: str) -> list[Hit]:
    """The newest messages that have all the words, the last of which may be a beginning."""
    if not (words := words_of(text)):
        return []
    query = f"user_id : {_phrase(user.id)} AND text : ({' AND '.join(map(_phrase, words))} *)"
    rows = (await db.prepare(_SEARCH).bind(user.id, query).all())["results"]
    return [_hit(row) for row in rows]


def words_of(text: str) -> list[str]:
    """At most `MAX_WORDS`. What has neither letters nor digits is no word."""
    return [word for word in text.replace("\0", " ").split() if any(map(str.isalnum, word))][:MAX_WORDS]


def _phrase(word: str) -> str:
    """A string of FTS5: nothing in it is syntax."""
    return '"' + word.replace('"', '""') + '"'


def _hit(row: dict[str, Any]) -> Hit:
    return Hit(
        row["chat_id"], row["title"], row["message_id"], row["role"], row["created_at"], list(_pieces(row["snippet"]))
    )


def _pieces(snippet: str) -> Iterator[Piece]:
    for index, text in enumerate(re.split(f"[{_START}{_END}]", snippet)):
        if text:
            yield Piece(text, mark=index % 2 == 1)
