"""Who is asking: guest sessions as signed tokens (JWT, HS256), checked without I/O."""

import time
from dataclasses import dataclass
from http import HTTPStatus

import jwt

from edgechat.ids import generate_id
from service.web import HTTPError, Request

COOKIE = "__Host-edgechat"
LIFETIME = 30 * 24 * 3600
"""Seconds that a session lasts. Each visit renews it."""

_ISSUER = "edgechat"


@dataclass(frozen=True)
class User:
    id: str


def new_guest() -> User:
    return User(f"guest_{generate_id(24)}")


def sign(user: User, secret: str) -> str:
    now = int(time.time())
    return jwt.encode({"iss": _ISSUER, "sub": user.id, "iat": now, "exp": now + LIFETIME}, secret, algorithm="HS256")


def cookie(token: str) -> str:
    return f"{COOKIE}={token}; Path=/; Max-Age={LIFETIME}; HttpOnly; Secure; SameSite=Lax"


def current_user(request: Request, secret: str) -> User | None:
    """The user of the bearer token, else of the cookie; None without either, or when it does not hold."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE)
    if not token:
        return None
    try:
        claims = jwt.decode(
            token, secret, algorithms=["HS256"], issuer=_ISSUER, options={"require": ["exp", "iat", "sub"]}
        )
    except jwt.InvalidTokenError:
        return None
    return User(claims["sub"])


def require_user(request: Request, secret: str) -> User:
    if user := current_user(request, secret):
        return user
    raise HTTPError(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        "Your session is missing or has ended. Reload the page to start a new one.",
        {"www-authenticate": "Bearer"},
    )
