"""Files of one user: their rows in D1, their bytes in R2. Those of others do not exist here."""

import logging
import time
from collections.abc import Collection
from http import HTTPStatus

import msgspec

from edgechat.ids import generate_id
from service.auth.sessions import User
from service.bindings import D1Database, Env, R2Bucket
from service.settings import Tier
from service.web import HTTPError

log = logging.getLogger("edgechat")

UPLOAD_TIME = 600
"""Seconds in which a file must come that was announced."""

_GRACE = 300  # for an upload that has begun in time

_COLUMNS = "json_object('id', id, 'key', key, 'name', name, 'type', type, 'size', size)"

_FORGET_MISSING = """
DELETE FROM attachments WHERE user_id = ?1 AND uploaded_at IS NULL AND created_at < ?2 RETURNING key
"""

_ANNOUNCE = """
INSERT INTO attachments (user_id, id, key, name, type, size, created_at)
SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
WHERE (SELECT count(*) FROM attachments WHERE user_id = ?1) < ?8
  AND (SELECT coalesce(sum(size), 0) FROM attachments WHERE user_id = ?1) + ?6 <= ?9
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

_DELETE = "DELETE FROM attachments WHERE user_id = ?1 AND id = ?2 RETURNING key"


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
        self._db: D1Database = env.db
        self._r2: R2Bucket = env.r2

    async def announce(self, name: str, type: str, size: int, tier: Tier) -> Attachment:
        """Reserves the place for a file that comes within `UPLOAD_TIME`. Raises a 413 where there is none."""
        now = int(time.time() * 1000)
        new_id = generate_id()
        new = Attachment(new_id, key_of(self.user, new_id), name, type, size)
        values = (self.user.id, new.id, new.key, name, type, size, now, tier.files, tier.file_bytes)
        forgotten, announced = await self._db.batch(
            [
                self._db.prepare(_FORGET_MISSING).bind(self.user.id, now - (UPLOAD_TIME + _GRACE) * 1000),
                self._db.prepare(_ANNOUNCE).bind(*values),
            ]
        )
        if keys := [row["key"] for row in forgotten["results"]]:
            await self._drop(keys)  # it may have come after all, without being noted
        if not announced["results"]:
            raise HTTPError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "no_room",
                f"There is no room for this file: you can keep {tier.files} files, with {megabytes(tier.file_bytes)} in"
                " all. Delete one that you no longer need.",
            )
        return new

    async def uploaded(self, id: str) -> Attachment | None:
        """Notes that the bytes are in R2. None if the file is no longer expected."""
        now = int(time.time() * 1000)
        row = await self._db.prepare(_UPLOADED).bind(self.user.id, id, now).first("attachment")
        return None if row is None else _attachment.decode(row)

    async def find(self, ids: Collection[str]) -> dict[str, Attachment]:
        """By id, those that there are."""
        rows = await self._db.prepare(_FIND).bind(self.user.id, msgspec.json.encode(ids).decode()).first("attachments")
        return {found.id: found for found in _attachments.decode(rows)}

    async def delete(self, id: str) -> bool:
        """False if there is no such file."""
        key = await self._db.prepare(_DELETE).bind(self.user.id, id).first("key")
        if key is None:
            return False
        await self._drop([key])
        return True

    async def _drop(self, keys: list[str]) -> None:
        """Without its row nobody finds a file: if R2 fails, it only takes up room."""
        try:
            await self._r2.delete(keys)
        except Exception:
            log.exception("R2 still has %s", " ".join(keys))


def megabytes(size: int) -> str:
    return f"{size / 1_000_000:.3g} MB"
