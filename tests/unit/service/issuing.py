"""An issuer of tokens for the tests of sign-in: its keys, its tokens, and whatever an attacker makes of them."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.auth.base64url import decode, encode

ISSUER = "https://id.example.org"
AUDIENCE = "edgechat-client"

type Part = Mapping[str, Any] | bytes


def segment(part: Part) -> str:
    return encode(part if isinstance(part, bytes) else json.dumps(part, separators=(",", ":")).encode())


def claims(**changes: Any) -> dict[str, Any]:
    """What an ID token says; a change to None leaves the claim out."""
    now = int(time.time())
    whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "iat": now, "exp": now + 300} | changes
    return {name: value for name, value in whole.items() if value is not None}


def compact(header: Part, payload: Part, sign: Callable[[bytes], bytes]) -> str:
    """A token with whatever header, payload and signature."""
    signed = f"{segment(header)}.{segment(payload)}"
    return f"{signed}.{encode(sign(signed.encode()))}"


@dataclass(frozen=True)
class RSAKey:
    id: str = "rsa-1"
    bits: int = 2048
    exponent: int = 65537
    alg = "RS256"

    @cached_property
    def private(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(self.exponent, self.bits)

    @property
    def jwk(self) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        return {
            "kid": self.id,
            "use": "sig",
            "alg": "RS256",
            "kty": "RSA",
            "n": _number(numbers.n),
            "e": _number(numbers.e),
        }

    @property
    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data, padding.PKCS1v15(), SHA256())

    def token(self, payload: Part, **header: Any) -> str:
        return compact({"alg": self.alg, "kid": self.id, "typ": "JWT"} | header, payload, self.sign)


@dataclass(frozen=True)
class ECKey:
    id: str = "ec-1"
    alg = "ES256"

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @property
    def jwk(self) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        point = {"x": encode(numbers.x.to_bytes(32)), "y": encode(numbers.y.to_bytes(32))}
        return {"kid": self.id, "use": "sig", "alg": "ES256", "kty": "EC", "crv": "P-256", **point}

    def sign_der(self, data: bytes) -> bytes:
        return self.private.sign(data, ec.ECDSA(SHA256()))

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self.sign_der(data))
        return r.to_bytes(32) + s.to_bytes(32)

    def token(self, payload: Part, **header: Any) -> str:
        return compact({"alg": self.alg, "kid": self.id, "typ": "JWT"} | header, payload, self.sign)


@cache
def rsa_key() -> RSAKey:
    return RSAKey()


@cache
def ec_key() -> ECKey:
    return ECKey()


async def verify(alg: str, jwk: Mapping[str, str], signature: bytes, data: bytes) -> bool:
    """A `service.bindings.Verify` by another library than the platform's."""
    try:
        if alg == "RS256":
            _rsa_public(jwk).verify(signature, data, padding.PKCS1v15(), SHA256())
        else:
            r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
            _ec_public(jwk).verify(encode_dss_signature(r, s), data, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def _rsa_public(jwk: Mapping[str, str]) -> rsa.RSAPublicKey:
    n, e = (int.from_bytes(decode(jwk[name])) for name in ("n", "e"))
    return rsa.RSAPublicNumbers(e, n).public_key()


def _ec_public(jwk: Mapping[str, str]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(decode(jwk[name])) for name in ("x", "y"))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _number(value: int) -> str:
    return encode(value.to_bytes((value.bit_length() + 7) // 8))
