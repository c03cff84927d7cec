"""Idle conversations in R2: one object each, gzip of JSON lines, first the conversation and then its messages.

R2 first, then one transaction in D1, in both directions. So whatever fails in between, D1 or R2 has all of it; what is
done again changes nothing.
"""

import gzip
import logging
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from typing import Any

from service.auth import User
from service.bindings import D1Session, Env, R2Bucket
from service.history.errors import refusal_of
from service.history.rows import read_rows
from service.objects import delete_below, delete_objects, read_object

log = logging.getLogger("edgechat")

IDLE_DAYS = 90
"""Unless the variable ARCHIVE_AFTER_DAYS says otherwise."""

MAX_RUN = 20
"""Conversations that are archived at a time."""

_DAY = 24 * 3600 * 1000

_MAX_VALUE = 300_000
"""Characters of JSON lines in one statement, and one line more."""

_IDLE = f"""
SELECT user_id, id, active_at, json_object(
  'id', id, 'title', title, 'headId', head_id, 'createdAt', created_at, 'updatedAt', updated_at) AS conversation
FROM conversations WHERE archive_key IS NULL AND active_at < ?1 ORDER BY active_at LIMIT {MAX_RUN}
"""

# Only if nothing was saved since the messages were read (?3).
_REMOVE = """
DELETE FROM messages WHERE user_id = ?1 AND conversation_id = ?2 AND EXISTS (
  SELECT 1 FROM conversations WHERE user_id = ?1 AND id = ?2 AND active_at = ?3 AND archive_key IS NULL)
"""

_CLOSE = """
UPDATE conversations SET archive_key = ?4
WHERE user_id = ?1 AND id = ?2 AND active_at = ?3 AND archive_key IS NULL
"""

_KEYS = """
SELECT archive_key FROM conversations
WHERE user_id = ?1 AND (?2 IS NULL OR id = ?2) AND archive_key IS NOT NULL
"""

_OPEN = """
UPDATE conversations SET archive_key = NULL, active_at = max(active_at + 1, ?4)
WHERE user_id = ?1 AND id = ?2 AND archive_key = ?3
"""

_RESTORE = """
INSERT INTO messages (
  user_id, conversation_id, seq, id, parent_id, role, parts, text, metadata, outcome, summary, created_at)
SELECT
  ?1, ?2, line.value ->> 'seq', line.value ->> 'id', line.value ->> 'parentId', line.value ->> 'role',
  line.value -> 'parts',
  coalesce((
    SELECT group_concat(part.value ->> 'text', '') FROM json_each(line.value, '$.parts') AS part
    WHERE part.value ->> 'type' = 'text'), ''),
  nullif(line.value -> 'metadata', 'null'),
  line.value ->> 'outcome', line.value ->> 'summary', line.value ->> 'createdAt'
FROM json_each(?3) AS line WHERE true
ON CONFLICT (user_id, conversation_id, id) DO NOTHING
"""


async def archive_idle(env: Env, now: int) -> None:
    """For the cron trigger. `now` is in milliseconds since 1970."""
    days = float(env.var("ARCHIVE_AFTER_DAYS") or IDLE_DAYS)
    await Archive(env.db, env.r2).archive_idle(int(now - days * _DAY))


class Archive:
    def __init__(self, db: D1Session, r2: R2Bucket) -> None:
        self._db = db
        self._r2 = r2

    async def archive_idle(self, before: int) -> None:
        """Moves conversations that were last active before that time."""
        for row in (await self._db.prepare(_IDLE).bind(before).all())["results"]:
            try:
                await self._archive(row)
            except Exception:
                log.exception("Chat %s could not be archived", row["id"])

    async def _archive(self, row: dict[str, Any]) -> None:
        user_id, chat_id, active_at = row["user_id"], row["id"], row["active_at"]
        lines = [row["conversation"]]
        async with aclosing(read_rows(self._db, user_id, chat_id)) as pages:
            async for page in pages:
                lines += page
        # Never the key of another state: what is deleted by its key is surely restored.
        key = f"{prefix(user_id, chat_id)}{active_at}.jsonl.gz"
        await self._r2.put(key, gzip.compress("\n".join(lines).encode(), mtime=0))
        await self._db.batch(
            [
                self._db.prepare(_REMOVE).bind(user_id, chat_id, active_at),
                self._db.prepare(_CLOSE).bind(user_id, chat_id, active_at, key),
            ]
        )

    async def restore(self, user: User, chat_id: str, now: int) -> None:
        """Moves the messages of a conversation back, if they are in R2."""
        key = await self._key(user, chat_id)
        if key is None:
            return
        lines = await self._read(key)
        open_it = self._db.prepare(_OPEN).bind(user.id, chat_id, key, now)
        restore = self._db.prepare(_RESTORE)
        try:
            await self._db.batch([open_it, *(restore.bind(user.id, chat_id, value) for value in _values(lines))])
        except Exception as error:
            if refusal := refusal_of(error):
                raise refusal from None
            raise
        try:
            await self._r2.delete([key])
        except Exception as error:
            log.warning("The archive of chat %s could not be deleted: %s", chat_id, error)

    async def lines(self, user: User, chat_id: str) -> list[str]:
        """The messages of an archived conversation as they lie in R2; none if it is not archived."""
        key = await self._key(user, chat_id)
        return [] if key is None else await self._read(key)

    async def _key(self, user: User, chat_id: str) -> str | None:
        key: str | None = await self._db.prepare(_KEYS).bind(user.id, chat_id).first("archive_key")
        return key

    async def _read(self, key: str) -> list[str]:
        found = await read_object(self._r2, key)
        if found is None:
            raise RuntimeError(f"R2 has no object {key}")
        _conversation, *lines = gzip.decompress(found).decode().split("\n")
        return lines

    async def forget(self, user: User, chat_id: str | None = None) -> None:
        """Deletes what is archived of a conversation, or of all."""
        rows = (await self._db.prepare(_KEYS).bind(user.id, chat_id).all())["results"]
        # Those from a user's time as a guest lie elsewhere.
        await delete_objects(self._r2, [row["archive_key"] for row in rows])
        await delete_below(self._r2, prefix(user.id, chat_id))


def prefix(user_id: str, chat_id: str | None = None) -> str:
    return f"archive/{user_id}/{chat_id}/" if chat_id else f"archive/{user_id}/"


def _values(lines: Iterable[str]) -> Iterator[str]:
    """JSON arrays of so many lines as one statement takes."""
    taken: list[str] = []
    size = 0
    for line in lines:
        taken.append(line)
        size += len(line)
        if size > _MAX_VALUE:
            yield f"[{','.join(taken)}]"
            taken, size = [], 0
    if taken:
        yield f"[{','.join(taken)}]"
