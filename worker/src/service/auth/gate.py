"""Who is asking, and whether their own page asks."""

from collections.abc import Iterator
from http import HTTPStatus

from service.auth import revocation, sessions
from service.auth.sessions import LIFETIME, Session, User
from service.bindings import Env
from service.telemetry import note_user, phase
from service.web import HTTPError, Request

COOKIE = "__Host-edgechat"

_SAFE = ("GET", "HEAD", "OPTIONS")


def set_cookie(token: str, lifetime: int = LIFETIME) -> str:
    return f"{COOKIE}={token}; Path=/; Max-Age={lifetime}; HttpOnly; Secure; SameSite=Lax"


def clear_cookie() -> str:
    return set_cookie("", 0)


def session_of(request: Request, env: Env) -> Session | None:
    """The session of the bearer token, else of the cookie; None without either, or when it does not hold.

    No I/O: that it was revoked is not seen, unless this isolate knows of it.
    """
    bearer = _bearer(request)
    token = request.cookies.get(COOKIE) if bearer is None else bearer
    session = sessions.read(token, _secrets(env)) if token else None
    return None if session is None or revocation.is_known(session) else session


def require_session(request: Request, env: Env) -> Session:
    """Raises a 401 without a session, and a 403 for a change that another site asks for with the user's cookie."""
    with phase("auth"):
        session = session_of(request, env)
    if session is None:
        raise no_session()
    note_user(session.user.id)
    if request.method not in _SAFE:
        check_origin(request)
    return session


async def require_active_user(request: Request, env: Env) -> User:
    """Whose session it is, which was not revoked either. Raises as `require_session`, and a 503 where nobody knows."""
    session = require_session(request, env)
    await refuse_revoked(env, session)
    return session.user


async def refuse_revoked(env: Env, session: Session) -> None:
    """Raises a 401 for a session that has ended: what a chat asks beside its call of the model."""
    if await revocation.is_revoked(env, session):
        raise no_session()


def check_origin(request: Request) -> None:
    """Raises a 403 where another site has sent the request.

    Exempt is what no other site can send: a request with a bearer token, and one without a cookie of ours that tells no
    origin, as those of programs that are no browsers.
    """
    if _bearer(request) is not None:
        return
    is_same = _is_same_origin(request)
    if is_same is False or (is_same is None and COOKIE in request.cookies):
        raise HTTPError(HTTPStatus.FORBIDDEN, "cross_site", "Another site has sent this request, so nothing was done.")


def no_session() -> HTTPError:
    return HTTPError(
        HTTPStatus.UNAUTHORIZED,
        "unauthorized",
        "Your session is missing or has ended. Reload the page to start a new one.",
        {"www-authenticate": "Bearer"},
    )


def _is_same_origin(request: Request) -> bool | None:
    """None where the request does not tell. Browsers always do: the older ones by `Origin` alone."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return None if origin is None else origin == request.origin


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _secrets(env: Env) -> Iterator[str]:
    """The one that signs, and the one before it."""
    yield env.session_secret
    if previous := env.var("SESSION_SECRET_PREVIOUS"):
        yield previous
