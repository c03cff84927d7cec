"""Sessions that have ended before their time. D1 has the truth."""

import time

from service.auth.sessions import LIFETIME, Session
from service.bindings import D1Database

_IS_REVOKED = """
SELECT EXISTS (SELECT 1 FROM revoked_sessions WHERE user_id = ?1 AND id = ?2)
  OR EXISTS (SELECT 1 FROM users WHERE id = ?1 AND (session_epoch > ?3 OR merged_into IS NOT NULL)) AS is_revoked
"""

_REVOKE = """
INSERT INTO revoked_sessions (user_id, id, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING
"""

_FORGET_EXPIRED = "DELETE FROM revoked_sessions WHERE expires_at < ?1"

_REVOKE_ALL = """
INSERT INTO users (id, session_epoch, created_at) VALUES (?1, ?2 + 1, ?3)
ON CONFLICT (id) DO UPDATE SET session_epoch = max(session_epoch, ?2) + 1
"""

_MARGIN = 24 * 3600
_MAX_KNOWN = 1000

# What is revoked stays so. Remembered, it costs no further query, and above all no call of a model.
_known: set[tuple[str, str]] = set()


def is_known(session: Session) -> bool:
    """Whether this isolate has seen that the session is revoked."""
    return (session.user.id, session.id) in _known


async def is_revoked(db: D1Database, session: Session) -> bool:
    """Also true of all sessions of a guest who has become an account."""
    statement = db.prepare(_IS_REVOKED).bind(session.user.id, session.id, session.epoch)
    if not await statement.first("is_revoked"):
        return False
    if len(_known) >= _MAX_KNOWN:
        _known.clear()
    _known.add((session.user.id, session.id))
    return True


async def revoke(db: D1Database, session: Session) -> None:
    """Ends a session, whatever tokens it has been renewed to."""
    now = int(time.time())
    end = now + LIFETIME + _MARGIN  # by then the last of its tokens has expired
    await db.batch(
        [
            db.prepare(_REVOKE).bind(session.user.id, session.id, end * 1000),
            db.prepare(_FORGET_EXPIRED).bind(now * 1000),
        ]
    )


async def revoke_all(db: D1Database, session: Session) -> None:
    """Ends all sessions that the user has so far, by raising the epoch: no clock has to be right."""
    await db.batch([db.prepare(_REVOKE_ALL).bind(session.user.id, session.epoch, int(time.time() * 1000))])
