"""Files of one user: their rows in D1, their bytes in R2. Those of others do not exist here."""

from collections.abc import Collection
from http import HTTPStatus

import msgspec

from edgechat.ids import generate_id
from service.auth.sessions import User
from service.bindings import D1Session, Env, R2Bucket
from service.clock import now
from service.objects import delete_objects
from service.settings import Tier
from service.web import HTTPError

UPLOAD_TIME = 600
"""Seconds in which a file must come that was announced."""

_GRACE = 300  # for an upload that has begun in time

_COLUMNS = "json_object('id', id, 'key', key, 'name', name, 'type', type, 'size', size)"

# What was announced takes room as long as it may still come.
_ANNOUNCE = """
INSERT INTO attachments (user_id, id, key, name, type, size, created_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM (
  SELECT count(*) AS files, coalesce(sum(size), 0) AS bytes FROM attachments
  WHERE user_id = ?1 AND (uploaded_at IS NOT NULL OR created_at > ?10)
)
WHERE files < ?8 AND bytes + ?6 <= ?9
RETURNING id
"""

_UPLOADED = f"""
UPDATE attachments SET uploaded_at = coalesce(uploaded_at, ?3) WHERE user_id = ?1 AND id = ?2
RETURNING {_COLUMNS} AS attachment
"""

_FIND = f"""
SELECT json_group_array(json({_COLUMNS})) AS attachments FROM attachments
WHERE user_id = ?1 AND uploaded_at IS NOT NULL AND id IN (SELECT value FROM json_each(?2))
"""

_ALL = f"""
SELECT json_group_array(json(attachment)) AS attachments FROM (
  SELECT {_COLUMNS} AS attachment FROM attachments
  WHERE user_id = ?1 AND uploaded_at IS NOT NULL ORDER BY uploaded_at DESC, id
)
"""

_OWN = "FROM attachments WHERE user_id = ?1 AND (?2 IS NULL OR id = ?2)"
_OF_CHAT = """
FROM attachments WHERE user_id = ?1 AND '/api/attachments/' || id IN (
  SELECT part.value ->> 'url' FROM messages, json_each(messages.parts) AS part
  WHERE messages.user_id = ?1 AND messages.conversation_id = ?2 AND part.value ->> 'type' = 'file')
"""
_MISSING = "FROM attachments WHERE uploaded_at IS NULL AND created_at < ?1"


class Attachment(msgspec.Struct, frozen=True):
    id: str
    key: str
    """In R2."""
    name: str
    type: str
    size: int
    """Bytes."""

    @property
    def url(self) -> str:
        return f"/api/attachments/{self.id}"


_attachment = msgspec.json.Decoder(Attachment)
_attachments = msgspec.json.Decoder(list[Attachment])


def key_of(user: User, id: str) -> str:
    """Where in R2 a file is put."""
    return f"{user.id}/attachments/{id}"


class Attachments:
    def __init__(self, env: Env, user: User) -> None:
        self.user = user
        self._db = env.db
        self._r2 = env.r2

    async def announce(self, name: str, type: str, size: int, tier: Tier) -> Attachment:
        """Reserves the place for a file that comes within `UPLOAD_TIME`. Raises a 413 where there is none."""
        at = now()
        new_id = generate_id()
        new = Attachment(new_id, key_of(self.user, new_id), name, type, size)
        values = (self.user.id, new.id, new.key, name, type, size, at, tier.files, tier.file_bytes, _too_old(at))
        if await self._db.prepare(_ANNOUNCE).bind(*values).first("id") is None:
            raise HTTPError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "no_room",
                f"There is no room for this file: you can keep {tier.files} files, with {megabytes(tier.file_bytes)} in"
                " all. Delete one that you no longer need.",
            )
        return new

    async def uploaded(self, id: str) -> Attachment | None:
        """Notes that the bytes are in R2. None if the file is no longer expected."""
        row = await self._db.prepare(_UPLOADED).bind(self.user.id, id, now()).first("attachment")
        return None if row is None else _attachment.decode(row)

    async def find(self, ids: Collection[str]) -> dict[str, Attachment]:
        """By id, those that there are."""
        rows = await self._db.prepare(_FIND).bind(self.user.id, msgspec.json.encode(ids).decode()).first("attachments")
        return {found.id: found for found in _attachments.decode(rows)}

    async def all(self) -> list[Attachment]:
        """The newest first: as many as the tier may keep, at most."""
        return _attachments.decode(await self._db.prepare(_ALL).bind(self.user.id).first("attachments"))

    async def delete(self, id: str) -> bool:
        """False if there is no such file."""
        return await _delete(self._db, self._r2, _OWN, self.user.id, id)

    async def delete_of_chat(self, chat_id: str) -> None:
        """The files that its messages name: ask before they are deleted."""
        await _delete(self._db, self._r2, _OF_CHAT, self.user.id, chat_id)

    async def delete_all(self) -> None:
        """Raises when R2 fails: then what is left can be deleted again."""
        await _delete(self._db, self._r2, _OWN, self.user.id, None)


async def delete_missing(env: Env) -> None:
    """For the cron trigger: what was announced and has not come. Perhaps it has, and only that could not be noted."""
    await _delete(env.db, env.r2, _MISSING, _too_old(now()))


async def _delete(db: D1Session, r2: R2Bucket, which: str, *values: str | int | None) -> bool:
    """R2 first: what has no row is not found again."""
    rows = (await db.prepare(f"SELECT key {which}").bind(*values).all())["results"]
    keys = [row["key"] for row in rows]
    await delete_objects(r2, keys)
    await db.prepare(f"DELETE {which}").bind(*values).all()
    return bool(keys)


def _too_old(at: int) -> int:
    return at - (UPLOAD_TIME + _GRACE) * 1000


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.3g} MB"
