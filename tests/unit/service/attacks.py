"""Attacks on tokens: for the tests of the modules, and for those of the real Worker."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import issuing
import jwt
from issuing import AUDIENCE, ECKey, Part, RSAKey, compact, ec_key, rsa_key, segment

from service.auth import sessions
from service.auth.base64url import encode
from service.auth.sessions import MAX_TOKEN, Session, User

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256."""


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda data: hmac.digest(secret, data, hashlib.sha256)


def session_header(secret: str) -> dict[str, str]:
    return dict(jwt.get_unverified_header(sessions.sign(Session(User("u"), "s"), secret)))


def session_claims(user_id: str, **changes: Any) -> dict[str, Any]:
    """What a session token says; a change to None leaves the claim out."""
    now = int(time.time())
    whole = {"iss": "edgechat", "aud": "edgechat", "sub": user_id, "sid": "sid1", "epoch": 0}
    whole |= {"iat": now, "exp": now + 600} | changes
    return {name: value for name, value in whole.items() if value is not None}


def session_token(secret: str, user_id: str, **changes: Any) -> str:
    """As ours are."""
    return compact(session_header(secret), session_claims(user_id, **changes), hs256(secret.encode()))


def session_token_attacks(secret: str, user_id: str) -> dict[str, str]:
    """Tokens that do not hold, by their names. Who makes some of them even knows the secret."""
    header = session_header(secret)
    kid = header["kid"]
    sign = hs256(secret.encode())
    now = int(time.time())
    claims = partial(session_claims, user_id)
    with_claims = partial(session_token, secret, user_id)

    def with_header(header: Part, payload: Part | None = None) -> str:
        """Signed with our secret, under another header."""
        return compact(header, claims() if payload is None else payload, sign)

    good = with_claims()
    head, payload, signature = good.split(".")
    return {
        "nothing": "",
        "a word": "x",
        "dots": "..",
        "many dots": "." * 1000,
        "no segments": "a.b.c",
        "letters with accents": "é.ü.ö",
        "half an emoji": f"{head}.{payload}.\ud83d",
        "another alphabet": f"{head}.{payload}.{signature[:-1]}а",  # noqa: RUF001
        "digits of full width": f"{head}.{payload}.{signature[:-1]}１",  # noqa: RUF001
        "huge": "x" * 1_000_000,
        "a huge payload": with_claims(note="x" * MAX_TOKEN),
        "alg none": compact({"alg": "none"}, claims(), lambda _: b""),
        "alg none with our fingerprint": compact(header | {"alg": "none"}, claims(), lambda _: b""),
        "alg None": compact(header | {"alg": "None"}, claims(), lambda _: b""),
        "alg nOnE, signed": with_header(header | {"alg": "nOnE"}),
        "alg null": with_header(header | {"alg": None}),
        "alg missing": with_header({"kid": kid, "typ": "JWT"}),
        "alg of a wrong type": with_header(header | {"alg": ["HS256"]}),
        "alg HS512": jwt.encode(claims(), secret * 2, algorithm="HS512", headers={"kid": kid}),
        "alg RS256 over our signature": with_header(header | {"alg": "RS256"}),
        "alg in lower case": with_header(header | {"alg": "hs256"}),
        "kid missing": with_header({"alg": "HS256", "typ": "JWT"}),
        "kid of another secret": with_header(header | {"kid": "0" * 16}),
        "kid is a path": with_header(header | {"kid": "../../../dev/null"}),
        "kid is SQL": with_header(header | {"kid": "x' UNION SELECT 'a"}),
        "kid is a URL": with_header(header | {"kid": "https://evil.example/key"}),
        "kid is a command": with_header(header | {"kid": "|id"}),
        "kid has a zero byte": with_header(header | {"kid": kid + "\0"}),
        "kid is unicode": with_header(header | {"kid": "\u202e" + kid}),
        "kid is huge": with_header(header | {"kid": "k" * 5000}),
        "kid is a list": with_header(header | {"kid": [kid]}),
        "kid is empty": with_header(header | {"kid": ""}),
        "an embedded key": with_header(header | {"jwk": {"kty": "oct", "k": segment(b"k" * 32)}}),
        "the address of a key": with_header(header | {"jku": "https://evil.example/jwks"}),
        "the address of a certificate": with_header(header | {"x5u": "https://evil.example/cert"}),
        "a critical extension": with_header(header | {"crit": ["exp"]}),
        "an empty list of critical extensions": with_header(header | {"crit": []}),
        "a payload outside": with_header(header | {"b64": False, "crit": ["b64"]}),
        "a payload that is no base64": with_header(header | {"b64": False}),
        "an encrypted token": ".".join([segment({"alg": "dir", "enc": "A256GCM"}), "", "AA", "AA", "AA"]),
        "another type": with_header(header | {"typ": "at+jwt"}),
        "a header in another order": with_header(b'{"kid":"%s","alg":"HS256","typ":"JWT"}' % kid.encode()),
        "a header with a name twice": with_header(
            b'{"alg":"none","alg":"HS256","kid":"%s","typ":"JWT"}' % kid.encode()
        ),
        "a header that is a list": with_header(b"[]"),
        "a header that is null": with_header(b"null"),
        "a header that is no JSON": with_header(b"{"),
        "a header of brackets": with_header(b"[" * 4000),
        "a header of nested objects": with_header(b'{"a":' * 1200),
        "JSON in place of base64": f"{json.dumps(header)}.{json.dumps(claims())}.{signature}",
        "another secret": jwt.encode(claims(), "b" * 32, algorithm="HS256", headers={"kid": kid}),
        "the secret's fingerprint as the secret": jwt.encode(
            claims(), kid * 2, algorithm="HS256", headers={"kid": kid}
        ),
        "no signature": f"{head}.{payload}.",
        "no signature and no dot": f"{head}.{payload}",
        "half a signature": good[: -len(signature) // 2],
        "one character less": good[:-1],
        "one character more": good + "A",
        "another last character": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "a signature of zeros": f"{head}.{payload}.{'A' * 43}",
        "a signature that leaves bits over": good[:-1] + chr(ord(good[-1]) + 1),
        "padding": good + "==",
        "a blank inside": good.replace(".", ". ", 1),
        "a line break at the end": good + "\n",
        "a dot less": good.replace(".", "", 1),
        "a segment more": good + ".x",
        "a segment more in the middle": f"{head}.{payload}.{payload}.{signature}",
        "the signature of another payload": f"{head}.{segment(claims(sub='user_1'))}.{signature}",
        "an empty payload": f"{head}..{signature}",
        "the header as payload": f"{head}.{head}.{signature}",
        "base64 of the other kind": f"{head}.{payload.replace('J', '+', 1)}.{signature}",
        "expired": with_claims(exp=now - 3600),
        "expired long ago": with_claims(exp=0),
        "without an end": with_claims(exp=None),
        "an end that is text": with_claims(exp="tomorrow"),
        "an end that is a list": with_claims(exp=[9999999999]),
        "an endless end": compact(header, b'{"exp":1e999,' + json.dumps(claims(exp=None)).encode()[1:], sign),
        "of the future": with_claims(iat=now + 3600),
        "without a beginning": with_claims(iat=None),
        "not yet": with_claims(nbf=now + 3600),
        "another issuer": with_claims(iss="https://evil.example"),
        "no issuer": with_claims(iss=None),
        "issuers": with_claims(iss=["edgechat"]),
        "another audience": with_claims(aud="another"),
        "no audience": with_claims(aud=None),
        "audiences": with_claims(aud=["edgechat", "another"]),
        "no subject": with_claims(sub=None),
        "a subject that is a number": with_claims(sub=7),
        "a subject that is an object": with_claims(sub={"id": "guest_1"}),
        "no session": with_claims(sid=None),
        "a session that is a number": with_claims(sid=1),
        "no epoch": with_claims(epoch=None),
        "an epoch that is text": with_claims(epoch="2"),
        "an epoch that is a fraction": with_claims(epoch=1.5),
        "a payload that is a list": with_header(header, b"[]"),
        "a payload that is no JSON": with_header(header, b"{"),
        "a payload that is no UTF-8": with_header(header, b'{"sub":"\xff"}'),
    }


def id_token_attacks(issuer: str) -> dict[str, str]:
    """Tokens that do not hold, by their names. Those that the issuer has signed well come to light by what they say."""
    rsa, ec = rsa_key(), ec_key()
    evil_rsa, evil_ec = RSAKey(id=rsa.id), ECKey(id=ec.id)
    claims = partial(issuing.claims, iss=issuer)
    now = int(time.time())
    header = {"alg": "ES256", "kid": ec.id, "typ": "JWT"}
    body, endless = (json.dumps(said).encode()[1:] for said in (claims(), claims(exp=None)))
    good, rsa_good = ec.token(claims()), rsa.token(claims())
    head, payload, signature = good.split(".")
    rsa_signed = rsa_good.rpartition(".")[0]

    def forged(header: Part, payload: Part | None = None) -> str:
        """Signed by the issuer's key, under another header."""
        return compact(header, claims() if payload is None else payload, ec.sign)

    return {
        "nothing": "",
        "dots": "..",
        "a million dots": "." * 1_000_000,
        "one segment": head,
        "two segments": f"{head}.{payload}",
        "four segments": f"{good}.{signature}",
        "an encrypted token": ".".join([segment({"alg": "rsa-OAEP", "enc": "A256GCM"}), "AA", "AA", "AA", "AA"]),
        "letters with accents": "é.ü.ö",
        "half an emoji": f"{head}.{payload}.\ud83d",
        "a zero byte": f"{head}.{payload}\0.{signature}",
        "huge": f"{head}.{'A' * 900_000}.{signature}",
        "a huge payload, well signed": ec.token(claims(note="x" * MAX_TOKEN)),
        # the algorithm
        "alg none": compact({"alg": "none", "kid": ec.id}, claims(), lambda _: b""),
        "alg NONE": compact({"alg": "NONE", "kid": ec.id}, claims(), lambda _: b""),
        "alg none, well signed": forged(header | {"alg": "none"}),
        "alg missing": forged({"kid": ec.id}),
        "alg null": forged(header | {"alg": None}),
        "alg a list": forged(header | {"alg": ["ES256"]}),
        "alg in lower case": forged(header | {"alg": "es256"}),
        "alg HS256 with the public key in PEM as secret": compact(
            {"alg": "HS256", "kid": rsa.id}, claims(), hs256(rsa.pem)
        ),
        "alg HS256 with the modulus as secret": compact(
            {"alg": "HS256", "kid": rsa.id}, claims(), hs256(rsa.jwk["n"].encode())
        ),
        "alg HS256 with the JWK as secret": compact(
            {"alg": "HS256", "kid": rsa.id}, claims(), hs256(json.dumps(rsa.jwk).encode())
        ),
        "alg HS256 with no secret": compact({"alg": "HS256", "kid": rsa.id}, claims(), hs256(b"")),
        "alg RS256 with an HMAC": compact({"alg": "RS256", "kid": rsa.id}, claims(), hs256(rsa.pem)),
        "alg RS384": compact({"alg": "RS384", "kid": rsa.id}, claims(), rsa.sign),
        "alg PS256": compact({"alg": "PS256", "kid": rsa.id}, claims(), rsa.sign),
        "alg ES384": compact({"alg": "ES384", "kid": ec.id}, claims(), ec.sign),
        "alg EdDSA": compact({"alg": "EdDSA", "kid": ec.id}, claims(), lambda _: bytes(64)),
        "the RSA key for ES256": compact({"alg": "ES256", "kid": rsa.id}, claims(), ec.sign),
        "the elliptic key for RS256": compact({"alg": "RS256", "kid": ec.id}, claims(), rsa.sign),
        # the key
        "kid missing": forged({"alg": "ES256", "typ": "JWT"}),
        "kid empty": forged(header | {"kid": ""}),
        "kid null": forged(header | {"kid": None}),
        "kid a number": forged(header | {"kid": 1}),
        "kid a list": forged(header | {"kid": [ec.id]}),
        "kid unknown": forged(header | {"kid": "other"}),
        "kid a path": forged(header | {"kid": "../../../../dev/null"}),
        "kid SQL": forged(header | {"kid": "' OR 1=1 --"}),
        "kid a URL": forged(header | {"kid": "https://evil.example/jwks"}),
        "kid a name of Python": forged(header | {"kid": "__class__"}),
        "kid with a line break": forged(header | {"kid": f"{ec.id}\r\nx-a: b"}),
        "kid of look-alike letters": forged(header | {"kid": "еc-1"}),  # noqa: RUF001
        "kid huge": forged(header | {"kid": "k" * 4000}),
        "an RSA key of the attacker": evil_rsa.token(claims()),
        "an elliptic key of the attacker": evil_ec.token(claims()),
        "an embedded RSA key": evil_rsa.token(claims(), jwk=evil_rsa.jwk),
        "an embedded elliptic key": evil_ec.token(claims(), jwk=evil_ec.jwk),
        "an embedded key alone": evil_ec.token(claims(), kid=None, jwk=evil_ec.jwk),
        "an address of keys": evil_ec.token(claims(), jku="https://evil.example/jwks"),
        "an address of a certificate": evil_rsa.token(claims(), x5u="https://evil.example/cert"),
        "an embedded certificate": evil_rsa.token(claims(), x5c=[segment(b"cert")]),
        # the header
        "a critical extension": forged(header | {"crit": ["exp"]}),
        "no critical extension": forged(header | {"crit": []}),
        "a payload outside": forged(header | {"b64": False, "crit": ["b64"]}),
        "b64 that is true": forged(header | {"b64": True}),
        "an access token": forged(header | {"typ": "at+jwt"}),
        "a type of a wrong type": forged(header | {"typ": 1}),
        "alg twice": forged(b'{"alg":"none","alg":"ES256","kid":"ec-1"}'),
        "kid twice": forged(b'{"kid":"other","alg":"ES256","kid":"ec-1"}'),
        "a header that is a list": forged(b"[]"),
        "a header that is null": forged(b"null"),
        "a header that is a number": forged(b"1" * 4000),
        "a header that is no JSON": forged(b"{"),
        "a header that is no UTF-8": forged(b'{"alg":"\xff"}'),
        "a header with a mark in front": forged(b"\xef\xbb\xbf" + json.dumps(header).encode()),
        "a header of brackets": forged(b"[" * 4000),
        "a header of objects": forged(b'{"a":' * 900),
        "a header with a deep member": forged(b'{"alg":"ES256","kid":"ec-1","x":' + b"[" * 1500 + b"]" * 1500 + b"}"),
        "a header with a long number": forged(b'{"alg":"ES256","kid":"ec-1","x":' + b"9" * 5000 + b"}"),
        "a header with infinity": forged(b'{"alg":"ES256","kid":"ec-1","x":Infinity}'),
        "JSON in place of base64": f"{json.dumps(header)}.{json.dumps(claims())}.{signature}",
        # the signature
        "no signature": f"{head}.{payload}.",
        "half a signature": good[: -len(signature) // 2],
        "one character less": good[:-1],
        "one character more": good + "A",
        "two characters more": good + "AA",
        "bits left over": good[:-1] + chr(ord(good[-1]) + 1),
        "padding": good + "==",
        "the other alphabet": good.replace("-", "+").replace("_", "/") + "+",
        "a line break at the end": good + "\n",
        "a blank in front": " " + good,
        "zeros": f"{head}.{payload}.{encode(bytes(64))}",
        "r and s zero and one": f"{head}.{payload}.{encode(bytes(63) + bytes([1]))}",
        "r and s the order of the group": f"{head}.{payload}.{encode(ORDER.to_bytes(32) * 2)}",
        "all ones": f"{head}.{payload}.{encode(b'\xff' * 64)}",
        "the other encoding": compact(header, claims(), ec.sign_der),
        "of another payload": f"{head}.{segment(claims(sub='eve'))}.{signature}",
        "of another header": f"{segment(header | {'x': 1})}.{payload}.{signature}",
        "RSA, no signature": f"{rsa_signed}.",
        "RSA, zeros": f"{rsa_signed}.{encode(bytes(256))}",
        "RSA, one": f"{rsa_signed}.{encode(bytes(255) + bytes([1]))}",
        "RSA, a byte more in front": f"{rsa_signed}.{encode(bytes(1) + rsa.sign(rsa_signed.encode()))}",
        "RSA, of another payload": f"{rsa_good.split('.')[0]}.{segment(claims(sub='eve'))}.{rsa_good.split('.')[2]}",
        # the claims, well signed: as for another service, another time or by another issuer with the same keys
        "another issuer": ec.token(claims(iss="https://evil.example")),
        "the issuer with a slash": ec.token(claims(iss=f"{issuer}/")),
        "the issuer in upper case": ec.token(claims(iss=issuer.upper())),
        "issuers": ec.token(claims(iss=[issuer])),
        "no issuer": ec.token(claims(iss=None)),
        "another audience": ec.token(claims(aud="another")),
        "a longer audience": ec.token(claims(aud=AUDIENCE + "2")),
        "a part of the audience": ec.token(claims(aud=AUDIENCE[:-1])),
        "other audiences": ec.token(claims(aud=["another", "third"])),
        "no audience": ec.token(claims(aud=None)),
        "an empty list of audiences": ec.token(claims(aud=[])),
        "audiences of wrong types": ec.token(claims(aud=[AUDIENCE, 1])),
        "an audience that is an object": ec.token(claims(aud={AUDIENCE: True})),
        "given to another party": ec.token(claims(aud=["another", AUDIENCE], azp="another")),
        "given to another party for us": ec.token(claims(azp="another")),
        "many audiences and nobody it was given to": ec.token(claims(aud=["another", AUDIENCE])),
        "no subject": ec.token(claims(sub=None)),
        "an empty subject": ec.token(claims(sub="")),
        "a subject that is a number": ec.token(claims(sub=1)),
        "a subject that is true": ec.token(claims(sub=True)),
        "a huge subject": ec.token(claims(sub="x" * 300)),
        "expired": ec.token(claims(exp=now - 120)),
        "expired long ago": ec.token(claims(exp=-1)),
        "no end": ec.token(claims(exp=None)),
        "an end that is text": ec.token(claims(exp=str(now + 60))),
        "an end that is true": ec.token(claims(exp=True)),
        "an end that is a list": ec.token(claims(exp=[now + 60])),
        "an end that is infinite": ec.token(b'{"exp":Infinity,' + endless),
        "an end that is no number": ec.token(b'{"exp":NaN,' + endless),
        "an end that is a number too long": ec.token(b'{"exp":' + b"9" * 400 + b"," + endless),
        "of the future": ec.token(claims(iat=now + 3600)),
        "no beginning": ec.token(claims(iat=None)),
        "a beginning that is text": ec.token(claims(iat="now")),
        "not yet": ec.token(claims(nbf=now + 3600)),
        "not yet, in text": ec.token(claims(nbf="never")),
        "subject twice": ec.token(b'{"sub":"eve",' + body),
        "audience twice": ec.token(b'{"aud":"another",' + body),
        "end twice": ec.token(b'{"exp":1,' + body),
        "a name twice, deep inside": ec.token(b'{"x":{"a":1,"a":2},' + body),
        "claims that are a list": ec.token(b"[]"),
        "claims that are null": ec.token(b"null"),
        "claims that are text": ec.token(json.dumps(json.dumps(claims())).encode()),
        "claims that are no JSON": ec.token(b"{"),
        "claims that are no UTF-8": ec.token(b'{"sub":"\xff",' + body),
        "claims of another encoding": ec.token(json.dumps(claims()).encode("utf-16")),
        "claims that are nested deeply": ec.token(b'{"x":' + b"[" * 2000 + b"]" * 2000 + b"," + body),
        "no claims": ec.token(b""),
    }
