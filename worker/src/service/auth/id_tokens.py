"""Tokens by which an issuer says who somebody is: OpenID Connect ID tokens, and those of Cloudflare Access.

By the rules of RFC 7515, RFC 7519, RFC 8725, and OpenID Connect Core 1.0, section 3.1.3.7.
"""

import json
import time
from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from edgechat.json import is_too_deep
from service.auth import base64url
from service.auth.jwks import Algorithm, KeySets
from service.auth.sessions import LEEWAY, MAX_TOKEN
from service.bindings import Verify

MAX_NAME = 100

_ES256_BYTES = 64

type _Text = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]


class Issuer(msgspec.Struct, frozen=True):
    """Who is believed: `url` is the claim `iss` of their tokens, `audience` the `aud` that names this service."""

    url: str
    audience: str
    jwks_url: str


class Identity(msgspec.Struct, frozen=True):
    issuer: str
    subject: str
    expires_at: float
    """Seconds since 1970."""
    name: str | None = None
    """To be shown to them; at most `MAX_NAME` characters."""


class RefusedError(Exception):
    """The token does not hold. The message says why, in words that have nothing of the token."""


class _Header(msgspec.Struct):
    alg: Algorithm
    kid: _Text
    typ: str = "JWT"


class _Claims(msgspec.Struct):
    iss: str
    aud: str | list[str]
    sub: _Text
    exp: float
    iat: float
    nbf: float = 0
    azp: str | None = None
    nonce: str | None = None
    # Nobody is kept out for what they are called.
    name: Any = None
    preferred_username: Any = None
    email: Any = None


async def identify(
    token: str,
    issuer: Issuer,
    keys: KeySets,
    verify: Verify,
    *,
    nonce: str | None = None,
    now: Callable[[], float] = time.time,
) -> Identity:
    """Whom the token names. `nonce` is what the page had sent along, if it had.

    Raises `RefusedError`, and `UnavailableError` if the keys of the issuer cannot be had.
    """
    if len(token) > MAX_TOKEN or not token.isascii():
        raise RefusedError("it is too long, or no ASCII")
    segments = token.split(".")
    if len(segments) != 3:
        raise RefusedError("it has not three segments")
    header = _header(segments[0])
    signature = _bytes(segments[2])
    if header.alg == "ES256" and len(signature) != _ES256_BYTES:
        raise RefusedError("its signature has not the right length")
    key = await keys.find(issuer.jwks_url, header.alg, header.kid)
    if key is None:
        raise RefusedError("the issuer has no such key for this algorithm")
    if not await verify(header.alg, key, signature, f"{segments[0]}.{segments[1]}".encode()):
        raise RefusedError("its signature does not hold")
    # Only from here on does it speak for the issuer.
    claims = _convert(_object(segments[1]), _Claims)
    _check(claims, issuer, nonce, now())
    return Identity(claims.iss, claims.sub, claims.exp, _name(claims))


def _header(segment: str) -> _Header:
    """Keys, and addresses of keys, that a header has with it are of no account."""
    values = _object(segment)
    if "crit" in values or "b64" in values:
        raise RefusedError("its header has critical extensions")
    header = _convert(values, _Header)
    if header.typ.upper() != "JWT":
        raise RefusedError("it is a token of another type")
    return header


def _check(claims: _Claims, issuer: Issuer, nonce: str | None, now: float) -> None:
    if claims.iss != issuer.url:
        raise RefusedError("it is of another issuer")
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if issuer.audience not in audiences:
        raise RefusedError("it is for another audience")
    if claims.azp != issuer.audience and (claims.azp is not None or len(audiences) > 1):
        raise RefusedError("it was given to another party")
    if claims.exp <= now - LEEWAY:
        raise RefusedError("it has expired")
    if max(claims.iat, claims.nbf) > now + LEEWAY:
        raise RefusedError("it is of the future")
    if nonce is not None and claims.nonce != nonce:
        raise RefusedError("its nonce is another")


def _name(claims: _Claims) -> str | None:
    names = (name for name in (claims.name, claims.preferred_username, claims.email) if isinstance(name, str))
    # Half a pair of surrogates is valid in JSON, and nowhere else.
    return next((found for name in names if (found := name.encode(errors="replace").decode().strip()[:MAX_NAME])), None)


def _bytes(segment: str) -> bytes:
    try:
        return base64url.decode(segment)
    except ValueError as error:
        raise RefusedError(f"a segment is {error}") from None


def _object(segment: str) -> dict[str, Any]:
    """A JSON object that everybody reads alike: without a name that comes twice, and without infinity."""
    data = _bytes(segment)
    try:
        if is_too_deep(data):
            raise ValueError
        value = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except ValueError:
        raise RefusedError("a segment is no proper JSON") from None
    if not isinstance(value, dict):
        raise RefusedError("a segment is no JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError
    return values


def _refuse(_constant: str) -> Any:
    raise ValueError


def _convert[T](values: dict[str, Any], type: type[T]) -> T:
    try:
        return msgspec.convert(values, type)
    except msgspec.ValidationError:
        raise RefusedError(f"what it needs is not in its {type.__name__.strip('_').lower()}") from None
