"""The public keys of an issuer (RFC 7517), cached in this isolate and in KV."""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Literal

import msgspec

from edgechat.http import Fetch
from edgechat.json import JSONDecoder
from service.auth.base64url import decode
from service.auth.remote import UnavailableError, get_json
from service.bindings import KVNamespace

log = logging.getLogger("edgechat")

type Algorithm = Literal["RS256", "ES256"]

TTL = 3600
"""Seconds after which keys are fetched anew: so long one may hold that its issuer has withdrawn."""

PAUSE = 60
"""Seconds between two looks for a key that is not among them."""

MAX_KEYS = 100

_RSA_BITS = range(2048, 8192 + 1)
_RSA_EXPONENTS = range(3, 2**32, 2)


class _JWK(msgspec.Struct, frozen=True, omit_defaults=True):
    kty: str
    kid: str | None = None
    use: str | None = None
    alg: str | None = None
    key_ops: list[str] | None = None
    n: str | None = None
    e: str | None = None
    crv: str | None = None
    x: str | None = None
    y: str | None = None


class _Document(msgspec.Struct):
    keys: list[dict[str, Any]]


class _Known(msgspec.Struct, frozen=True):
    keys: list[_JWK]
    fetched_at: float
    """Seconds since 1970."""
    asked_at: float
    """When they were last asked for, with or without success."""


_document = JSONDecoder[_Document](_Document)
_known = JSONDecoder[_Known](_Known)

_memory: dict[str, _Known] = {}


class KeySets:
    def __init__(self, fetch: Fetch, kv: KVNamespace, now: Callable[[], float] = time.time) -> None:
        self._fetch = fetch
        self._kv = kv
        self._now = now

    async def find(self, url: str, algorithm: Algorithm, key_id: str) -> Mapping[str, str] | None:
        """The public key of this id among those at `url`; None if there is none, or not for this algorithm.

        Raises `UnavailableError` if no keys can be had.
        """
        known = await self._recall(url)
        if known:
            key = _usable(known.keys, algorithm, key_id)
            # Anybody can make up ids of keys.
            if key or self._now() - known.asked_at < PAUSE:
                return key
        try:
            known = await self._ask(url)
        except UnavailableError as error:
            if known is None:
                raise
            log.warning("New keys cannot be had: %s", error)
            _memory[url] = msgspec.structs.replace(known, asked_at=self._now())
        return _usable(known.keys, algorithm, key_id)

    async def _recall(self, url: str) -> _Known | None:
        known = _memory.get(url)
        if known is None or not self._is_fresh(known):
            try:
                stored = await self._kv.get(_kv_key(url))
                known = None if stored is None else _known.decode(stored)
            except Exception as error:  # of whatever kind: KV is only a cache
                log.warning("The keys of an issuer could not be read from KV: %s", error)
                known = None
            if known and self._is_fresh(known):
                _memory[url] = known
        return known if known and self._is_fresh(known) else None

    def _is_fresh(self, known: _Known) -> bool:
        return self._now() - known.fetched_at < TTL

    async def _ask(self, url: str) -> _Known:
        document = await get_json(self._fetch, url, _document)
        now = self._now()
        known = _memory[url] = _Known(_of_a_kind_we_know(document.keys), now, now)
        try:
            await self._kv.put(_kv_key(url), msgspec.json.encode(known).decode(), expirationTtl=TTL)
        except Exception as error:
            log.warning("The keys of an issuer could not be written to KV: %s", error)
        return known


def _kv_key(url: str) -> str:
    return f"jwks/{hashlib.sha256(url.encode()).hexdigest()}"


def _of_a_kind_we_know(keys: list[dict[str, Any]]) -> list[_JWK]:
    found = []
    for key in keys[:MAX_KEYS]:
        with suppress(msgspec.ValidationError):
            found.append(msgspec.convert(key, _JWK))
    return found


def _usable(keys: list[_JWK], algorithm: Algorithm, key_id: str) -> Mapping[str, str] | None:
    """What WebCrypto needs of the key, and nothing else that the issuer says of it."""
    for key in keys:
        is_for_this = key.kid == key_id and key.alg in (None, algorithm)
        is_for_signatures = key.use in (None, "sig") and (key.key_ops is None or "verify" in key.key_ops)
        if is_for_this and is_for_signatures and (public := _PUBLIC[algorithm](key)):
            return public
    return None


def _rsa(key: _JWK) -> Mapping[str, str] | None:
    if key.kty != "RSA" or key.n is None or key.e is None:
        return None
    modulus, exponent = _number(key.n), _number(key.e)
    is_strong = modulus.bit_length() in _RSA_BITS and exponent in _RSA_EXPONENTS
    return {"kty": "RSA", "n": key.n, "e": key.e} if is_strong else None


def _p256(key: _JWK) -> Mapping[str, str] | None:
    # Whether the point is on the curve, WebCrypto sees to.
    if key.kty != "EC" or key.crv != "P-256" or key.x is None or key.y is None:
        return None
    return {"kty": "EC", "crv": "P-256", "x": key.x, "y": key.y}


def _number(text: str) -> int:
    """Zero where it is none."""
    try:
        return int.from_bytes(decode(text))
    except ValueError:
        return 0


_PUBLIC = {"RS256": _rsa, "ES256": _p256}
