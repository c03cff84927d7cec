"""All messages of a conversation, with all that their rows have: for the archive and the export.

As JSON: `{seq, id, parentId, role, parts, metadata, outcome, summary, createdAt}`.
"""

from collections.abc import AsyncGenerator
from typing import Any

from service.bindings import D1Session

MAX_PAGE = 2_000_000
"""Characters of JSON that are read at a time, and one message more. A Worker has 128 MB for all its requests."""

_PAGE = """
SELECT seq, json_object(
  'seq', seq, 'id', id, 'parentId', parent_id, 'role', role, 'parts', json(parts), 'metadata', json(metadata),
  'outcome', outcome, 'summary', summary, 'createdAt', created_at) AS message
FROM (
  SELECT *, sum(length(parts)) OVER (ORDER BY seq) - length(parts) AS size FROM (
    SELECT * FROM messages WHERE user_id = ?1 AND conversation_id = ?2 AND seq > ?3 ORDER BY seq LIMIT 500))
WHERE size < ?4
ORDER BY seq
"""


async def read_rows(db: D1Session, user_id: str, chat_id: str) -> AsyncGenerator[list[str]]:
    """In their order, some at a time."""
    seq = 0
    while True:
        page: list[dict[str, Any]] = (await db.prepare(_PAGE).bind(user_id, chat_id, seq, MAX_PAGE).all())["results"]
        if not page:
            return
        yield [row["message"] for row in page]
        seq = page[-1]["seq"]
