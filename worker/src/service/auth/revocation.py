"""Sessions that have ended before their time. D1 has the truth, and KV a copy for when D1 is out of reach."""

import asyncio
import logging

from service.auth.sessions import LIFETIME, Session
from service.bindings import Env
from service.clock import now
from service.web import Unavailable

log = logging.getLogger("edgechat")

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

_KEPT = LIFETIME + 24 * 3600
"""Seconds after which the last token of a session has surely expired."""
_MAX_KNOWN = 1000

# What is revoked stays so. Remembered, it costs no further query, and above all no call of a model.
_known: set[tuple[str, str]] = set()


def is_known(session: Session) -> bool:
    """Whether this isolate has seen that the session is revoked."""
    return (session.user.id, session.id) in _known


async def is_revoked(env: Env, session: Session) -> bool:
    """Also true of all sessions of a guest who has become an account.

    While D1 is out of reach, KV is asked about users who have signed in, so that they can go on. Guests wait: raises
    `Unavailable`.
    """
    statement = env.db.prepare(_IS_REVOKED).bind(session.user.id, session.id, session.epoch)
    try:
        found = bool(await statement.first("is_revoked"))
    except Unavailable as error:
        if session.user.is_guest:
            raise
        log.warning("KV is asked whether a session was ended, because D1 fails: %r", error.__cause__)
        found = await _is_noted(env, session)
    if not found:
        return False
    if len(_known) >= _MAX_KNOWN:
        _known.clear()
    _known.add((session.user.id, session.id))
    return True


async def _is_noted(env: Env, session: Session) -> bool:
    keys = _session_key(session), _user_key(session)
    ended, epoch = await asyncio.gather(*map(env.kv.get, keys))
    return ended is not None or (epoch is not None and int(epoch) > session.epoch)


# KV comes first: what only KV knows keeps nobody out while D1 answers, and can be done again.


async def revoke(env: Env, session: Session) -> None:
    """Ends a session, whatever tokens it has been renewed to. Raises `Unavailable` if that is not known everywhere."""
    await env.kv.put(_session_key(session), "1", expirationTtl=_KEPT)
    await env.db.batch(
        [
            env.db.prepare(_REVOKE).bind(session.user.id, session.id, now() + _KEPT * 1000),
            env.db.prepare(_FORGET_EXPIRED).bind(now()),
        ]
    )


async def revoke_all(env: Env, session: Session) -> None:
    """Ends all sessions that the user has so far, by raising the epoch: no clock has to be right.

    Raises as `revoke`.
    """
    await env.kv.put(_user_key(session), str(session.epoch + 1), expirationTtl=_KEPT)
    statement = env.db.prepare(_REVOKE_ALL).bind(session.user.id, session.epoch, now())
    await env.db.batch([statement])


def _session_key(session: Session) -> str:
    return f"ended/{session.user.id}/{session.id}"


def _user_key(session: Session) -> str:
    return f"epoch/{session.user.id}"
