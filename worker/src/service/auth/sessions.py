"""Session tokens: JWTs (HS256) that this service signs for itself, so that a request is let in without I/O."""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import jwt
import msgspec

from edgechat.ids import generate_id

LIFETIME = 30 * 24 * 3600
"""Seconds that a session lasts. Each visit renews it."""

MAX_TOKEN = 8192
"""Characters. Longer ones are refused unread."""

LEEWAY = 60
"""Seconds by which the clocks of two machines may differ."""

_ISSUER = _AUDIENCE = "edgechat"
_GUEST = "guest_"
_MIN_SECRET = 32


@dataclass(frozen=True)
class User:
    id: str

    @property
    def is_guest(self) -> bool:
        return self.id.startswith(_GUEST)


class Session(msgspec.Struct, frozen=True):
    user: User
    id: str
    """The same in all tokens that renew this one."""
    epoch: int = 0
    """How often the user had signed out everywhere when it began."""
    name: str | None = None
    """What the user is called, by who says who they are. It is kept nowhere else."""


class _Claims(msgspec.Struct):
    sub: str
    sid: str
    epoch: int
    name: str | None = None


class _Key(msgspec.Struct, frozen=True):
    secret: str
    fingerprint: str
    """The `kid`: a token says with it which secret has signed it."""
    header: str
    """The first segment of each token that the secret signs."""


def new_guest() -> User:
    return User(_GUEST + generate_id(24))


def new_session(user: User, epoch: int = 0, name: str | None = None) -> Session:
    return Session(user, generate_id(), epoch, name)


def sign(session: Session, secret: str, lifetime: int = LIFETIME) -> str:
    now = int(time.time())
    claims = {"iss": _ISSUER, "aud": _AUDIENCE, "sub": session.user.id, "sid": session.id, "epoch": session.epoch}
    times = {"iat": now, "exp": now + lifetime}
    name = {"name": session.name} if session.name else {}
    return jwt.encode(claims | times | name, secret, algorithm="HS256", headers={"kid": _key(secret).fingerprint})


def read(token: str, secrets: Iterable[str]) -> Session | None:
    """The session of a token that one of the secrets has signed; they are asked for as far as it takes."""
    if len(token) > MAX_TOKEN or not token.isascii():
        return None
    header = token.partition(".")[0]
    # All our headers are known: none of another algorithm, key or shape is even parsed.
    key = next((key for key in map(_key, secrets) if key.header == header), None)
    if key is None:
        return None
    try:
        decoded = jwt.decode(
            token,
            key.secret,
            algorithms=["HS256"],
            issuer=_ISSUER,
            audience=_AUDIENCE,
            leeway=LEEWAY,
            options={"require": ["exp", "iat"], "strict_aud": True},
        )
        claims = msgspec.convert(decoded, _Claims)
    except (jwt.InvalidTokenError, msgspec.ValidationError):
        return None
    return Session(User(claims.sub), claims.sid, claims.epoch, claims.name)


@lru_cache(maxsize=4)
def _key(secret: str) -> _Key:
    if len(secret.encode()) < _MIN_SECRET:
        raise RuntimeError(f"A session secret is shorter than {_MIN_SECRET} bytes: openssl rand -hex 32")
    fingerprint = hashlib.sha256(f"edgechat session secret {secret}".encode()).hexdigest()[:16]
    example = jwt.encode({}, secret, algorithm="HS256", headers={"kid": fingerprint})
    return _Key(secret, fingerprint, example.partition(".")[0])
