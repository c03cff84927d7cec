"""Signatures by the platform's own crypto, WebCrypto."""

from collections.abc import Mapping
from typing import Any

import js
from pyodide.ffi import JsException, to_js

_ALGORITHMS: Mapping[str, Mapping[str, str]] = {
    "RS256": {"name": "RSASSA-PKCS1-v1_5", "hash": "SHA-256"},
    "ES256": {"name": "ECDSA", "namedCurve": "P-256", "hash": "SHA-256"},
}


async def verify(alg: str, jwk: Mapping[str, str], signature: bytes, data: bytes) -> bool:
    """A `service.bindings.Verify`."""
    subtle = js.crypto.subtle
    algorithm = _object(_ALGORITHMS[alg])
    try:
        key = await subtle.importKey("jwk", _object(jwk), algorithm, False, to_js(["verify"]))
        return bool(await subtle.verify(algorithm, key, to_js(signature), to_js(data)))
    except JsException:  # such as a point that is not on the curve
        return False


def _object(values: Mapping[str, Any]) -> Any:
    return to_js(values, dict_converter=js.Object.fromEntries)
