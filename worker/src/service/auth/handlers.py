"""`/api/session`: who one is, guests, sign-in and sign-out."""

import logging
import time
from http import HTTPStatus
from typing import Any

import msgspec

from edgechat.json import JSONDecoder
from service.auth import accounts, gate, revocation, sessions, turnstile
from service.auth.id_tokens import Identity, Issuer, RefusedError, identify
from service.auth.jwks import KeySets
from service.auth.remote import UnavailableError
from service.auth.sessions import LIFETIME, Session
from service.bindings import Env
from service.bursts import address_of, check_burst
from service.telemetry import note_user
from service.web import HTTPError, Request, Response, json_response

log = logging.getLogger("edgechat")

_ACCESS_HEADER = "cf-access-jwt-assertion"
_ACCESS_COOKIE = "CF_Authorization"


class _Start(msgspec.Struct, rename="camel"):
    id_token: str | None = None
    nonce: str | None = None
    turnstile: str | None = None


class _End(msgspec.Struct):
    everywhere: bool = False


_start = JSONDecoder[_Start](_Start)
_end = JSONDecoder[_End](_End)


async def get_session(request: Request, env: Env) -> Response:
    """Who is asking, if they have a session, and how one gets another. It starts none."""
    session = await _active(request, env)
    known: dict[str, Any] = {"user": _shown(session) if session else None, "signIn": None, "turnstile": None}
    if env.var("ACCESS_TEAM_DOMAIN"):
        known["signIn"] = {"type": "access"}
    elif issuer := env.var("OIDC_ISSUER"):
        known["signIn"] = {"type": "oidc", "issuer": issuer, "clientId": _required(env, "OIDC_AUDIENCE")}
        if address := env.var("OIDC_AUTHORIZE_URL"):
            known["signIn"]["authorizeUrl"] = address
    if env.var("TURNSTILE_SECRET"):
        known["turnstile"] = {"siteKey": env.var("TURNSTILE_SITE_KEY")}
    return json_response(known)


async def post_session(request: Request, env: Env) -> Response:
    """Signs in, else renews the caller's session, else starts one for a new guest."""
    gate.check_origin(request)
    body = await request.json(_start, default=_Start())
    session = await _active(request, env)
    lifetime = LIFETIME
    if identity := await _identity(request, env, body):
        session = await _sign_in(env, identity, session)
        if env.var("ACCESS_TEAM_DOMAIN"):  # who leaves the team is out when the token of Access is
            lifetime = int(min(identity.expires_at - time.time(), LIFETIME))
    elif session is None:
        if address := address_of(request, env.session_secret):
            await check_burst(env, f"session:{address}")
        await _refuse_robots(request, env, body)
        session = sessions.new_session(sessions.new_guest())
    note_user(session.user.id)
    token = sessions.sign(session, env.session_secret, lifetime)
    headers = {"set-cookie": gate.set_cookie(token, lifetime)}
    return json_response({"token": token, "user": _shown(session)}, headers=headers)


async def delete_session(request: Request, env: Env) -> Response:
    """Ends the caller's session, or with `{"everywhere": true}` all that they have. To have none is fine."""
    gate.check_origin(request)
    body = await request.json(_end, default=_End())
    if session := await _active(request, env):
        await (revocation.revoke_all if body.everywhere else revocation.revoke)(env, session)
    return json_response({"signedOut": True}, headers={"set-cookie": gate.clear_cookie()})


def _shown(session: Session) -> dict[str, Any]:
    return {"id": session.user.id, "isGuest": session.user.is_guest, "name": session.name}


async def _active(request: Request, env: Env) -> Session | None:
    session = gate.session_of(request, env)
    return None if session is None or await revocation.is_revoked(env, session) else session


async def _sign_in(env: Env, identity: Identity, session: Session | None) -> Session:
    account = accounts.account_of(identity.issuer, identity.subject)
    guest = session.user if session and session.user.is_guest else None
    return sessions.new_session(account, await accounts.sign_in(env.db, account, guest), identity.name)


async def _identity(request: Request, env: Env, body: _Start) -> Identity | None:
    """Whom a token of the request names; None without one. Behind Cloudflare Access there always has to be one."""
    if team := env.var("ACCESS_TEAM_DOMAIN"):
        url = f"https://{team}"
        issuer = Issuer(url, _required(env, "ACCESS_AUD"), f"{url}/cdn-cgi/access/certs")
        token = request.headers.get(_ACCESS_HEADER) or request.cookies.get(_ACCESS_COOKIE, "")
    elif body.id_token is None:
        return None
    elif oidc := env.var("OIDC_ISSUER"):
        issuer = Issuer(oidc, _required(env, "OIDC_AUDIENCE"), _required(env, "OIDC_JWKS_URL"))
        token = body.id_token
    else:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "no_sign_in", "One cannot sign in here.")
    try:
        return await identify(token, issuer, KeySets(env.fetch, env.kv), env.verify, nonce=body.nonce)
    except RefusedError as error:
        log.warning("A sign-in was refused: %s", error)
        raise HTTPError(HTTPStatus.UNAUTHORIZED, "sign_in_failed", "You could not be signed in. Try again.") from None
    except UnavailableError as error:
        raise _unavailable(error) from None


async def _refuse_robots(request: Request, env: Env, body: _Start) -> None:
    secret = env.var("TURNSTILE_SECRET")
    if not secret:
        return
    if body.turnstile is None:
        raise HTTPError(HTTPStatus.FORBIDDEN, "turnstile_required", "Show that you are no robot, or sign in.")
    try:
        is_passed = await turnstile.is_passed(
            env.fetch, secret, body.turnstile, request.headers.get("cf-connecting-ip")
        )
    except UnavailableError as error:
        raise _unavailable(error) from None
    if not is_passed:
        raise HTTPError(HTTPStatus.FORBIDDEN, "turnstile_failed", "That could not be checked. Try again.")


def _unavailable(error: UnavailableError) -> HTTPError:
    log.error("Nobody can sign in: %s", error)
    return HTTPError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "sign_in_unavailable",
        "Signing in does not work at the moment. Try again in a minute.",
        {"retry-after": "60"},
    )


def _required(env: Env, name: str) -> str:
    value = env.var(name)
    if not value:
        raise RuntimeError(f"The variable {name} is not set (wrangler.toml).")
    return value
