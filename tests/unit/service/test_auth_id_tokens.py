import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from issuing import AUDIENCE, ISSUER, ECKey, RSAKey, claims, compact, ec_key, rsa_key, segment, verify

from edgechat.ids import generate_id
from edgechat.testing import FakeFetch, FakeKV
from service.auth.base64url import encode
from service.auth.id_tokens import Identity, Issuer, RefusedError, identify
from service.auth.jwks import KeySets
from service.auth.sessions import MAX_TOKEN

RSA, EC = rsa_key(), ec_key()
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the group of P-256


class Network:
    """The issuer's one page, at an address that no cache has seen."""

    def __init__(self) -> None:
        self.issuer = Issuer(ISSUER, AUDIENCE, f"{ISSUER}/{generate_id()}")
        self.fetch = FakeFetch(lambda request: json.dumps({"keys": [RSA.jwk, EC.jwk]}))

    async def identify(self, token: str, **options: Any) -> Identity:
        return await identify(token, self.issuer, KeySets(self.fetch, FakeKV()), verify, **options)


@pytest.mark.parametrize("key", [RSA, EC], ids=["RS256", "ES256"])
async def test_a_token_of_the_issuer_names_a_person(key: RSAKey | ECKey) -> None:
    said = claims()
    assert await Network().identify(key.token(said)) == Identity(ISSUER, "ada", said["exp"])


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [AUDIENCE]},
        {"aud": ["another", AUDIENCE], "azp": AUDIENCE},
        {"azp": AUDIENCE},
        {"nbf": int(time.time()) - 5},
        {"nonce": "n"},
        {"exp": int(time.time()) - 30},
        {"iat": int(time.time()) + 30},
        {"iat": time.time()},
        {"email": "ada@example.org", "groups": [{"name": "a"}]},
    ],
)
async def test_such_tokens_hold_too(changes: dict[str, Any]) -> None:
    assert (await Network().identify(EC.token(claims(**changes)))).subject == "ada"


@pytest.mark.parametrize("header", [{"typ": "jwt"}, {"x5t": "abc"}, {"jku": "https://evil.example"}])
async def test_what_else_a_header_says_is_of_no_account(header: dict[str, Any]) -> None:
    network = Network()
    assert (await network.identify(EC.token(claims(), **header))).subject == "ada"
    assert [request.url for request in network.fetch.requests] == [network.issuer.jwks_url]


async def test_the_nonce_of_the_page_must_be_in_the_token() -> None:
    token = EC.token(claims(nonce="n1"))
    assert (await Network().identify(token, nonce="n1")).subject == "ada"
    for nonce in ("n2", ""):
        with pytest.raises(RefusedError, match="nonce"):
            await Network().identify(token, nonce=nonce)
    with pytest.raises(RefusedError, match="nonce"):
        await Network().identify(EC.token(claims()), nonce="n1")


async def test_the_other_form_of_an_elliptic_signature_names_nobody_else() -> None:
    signed = GOOD.rpartition(".")[0]
    signature = EC.sign(signed.encode())
    r, s = signature[:32], int.from_bytes(signature[32:])
    twin = f"{signed}.{encode(r + (ORDER - s).to_bytes(32))}"
    assert (await Network().identify(twin)).subject == "ada", "nothing goes by the signature, so it may have two forms"


def hs256(secret: bytes) -> Any:
    return lambda data: hmac.digest(secret, data, hashlib.sha256)


def forged(header: dict[str, Any] | bytes, payload: dict[str, Any] | bytes | None = None) -> str:
    """Signed by the issuer's key, under another header."""
    return compact(header, claims() if payload is None else payload, EC.sign)


EVIL_RSA, EVIL_EC = RSAKey(id=RSA.id), ECKey(id=EC.id)
GOOD = EC.token(claims())
HEAD, PAYLOAD, SIGNATURE = GOOD.split(".")
RSA_GOOD = RSA.token(claims())
NOW = int(time.time())
HEADER = {"alg": "ES256", "kid": EC.id, "typ": "JWT"}
BODY, ENDLESS = (json.dumps(said).encode()[1:] for said in (claims(), claims(exp=None)))
RSA_SIGNED = RSA_GOOD.rpartition(".")[0]

ATTACKS = {
    "nothing": "",
    "dots": "..",
    "a million dots": "." * 1_000_000,
    "one segment": HEAD,
    "two segments": f"{HEAD}.{PAYLOAD}",
    "four segments": f"{GOOD}.{SIGNATURE}",
    "an encrypted token": ".".join([segment({"alg": "RSA-OAEP", "enc": "A256GCM"}), "AA", "AA", "AA", "AA"]),
    "letters with accents": "é.ü.ö",
    "half an emoji": f"{HEAD}.{PAYLOAD}.\ud83d",
    "a zero byte": f"{HEAD}.{PAYLOAD}\0.{SIGNATURE}",
    "huge": f"{HEAD}.{'A' * 10_000_000}.{SIGNATURE}",
    "a huge payload, well signed": EC.token(claims(note="x" * MAX_TOKEN)),
    # the algorithm
    "alg none": compact({"alg": "none", "kid": EC.id}, claims(), lambda _: b""),
    "alg NONE": compact({"alg": "NONE", "kid": EC.id}, claims(), lambda _: b""),
    "alg none, well signed": forged(HEADER | {"alg": "none"}),
    "alg missing": forged({"kid": EC.id}),
    "alg null": forged(HEADER | {"alg": None}),
    "alg a list": forged(HEADER | {"alg": ["ES256"]}),
    "alg in lower case": forged(HEADER | {"alg": "es256"}),
    "alg HS256 with the public key in PEM as secret": compact(
        {"alg": "HS256", "kid": RSA.id}, claims(), hs256(RSA.pem)
    ),
    "alg HS256 with the modulus as secret": compact(
        {"alg": "HS256", "kid": RSA.id}, claims(), hs256(RSA.jwk["n"].encode())
    ),
    "alg HS256 with the JWK as secret": compact(
        {"alg": "HS256", "kid": RSA.id}, claims(), hs256(json.dumps(RSA.jwk).encode())
    ),
    "alg HS256 with no secret": compact({"alg": "HS256", "kid": RSA.id}, claims(), hs256(b"")),
    "alg RS256 with an HMAC": compact({"alg": "RS256", "kid": RSA.id}, claims(), hs256(RSA.pem)),
    "alg RS384": compact({"alg": "RS384", "kid": RSA.id}, claims(), RSA.sign),
    "alg PS256": compact({"alg": "PS256", "kid": RSA.id}, claims(), RSA.sign),
    "alg ES384": compact({"alg": "ES384", "kid": EC.id}, claims(), EC.sign),
    "alg EdDSA": compact({"alg": "EdDSA", "kid": EC.id}, claims(), lambda _: bytes(64)),
    "the RSA key for ES256": compact({"alg": "ES256", "kid": RSA.id}, claims(), EC.sign),
    "the elliptic key for RS256": compact({"alg": "RS256", "kid": EC.id}, claims(), RSA.sign),
    # the key
    "kid missing": forged({"alg": "ES256", "typ": "JWT"}),
    "kid empty": forged(HEADER | {"kid": ""}),
    "kid null": forged(HEADER | {"kid": None}),
    "kid a number": forged(HEADER | {"kid": 1}),
    "kid a list": forged(HEADER | {"kid": [EC.id]}),
    "kid unknown": forged(HEADER | {"kid": "other"}),
    "kid a path": forged(HEADER | {"kid": "../../../../dev/null"}),
    "kid SQL": forged(HEADER | {"kid": "' OR 1=1 --"}),
    "kid a URL": forged(HEADER | {"kid": "https://evil.example/jwks"}),
    "kid a name of Python": forged(HEADER | {"kid": "__class__"}),
    "kid with a line break": forged(HEADER | {"kid": f"{EC.id}\r\nx-a: b"}),
    "kid of look-alike letters": forged(HEADER | {"kid": "еc-1"}),  # noqa: RUF001
    "kid huge": forged(HEADER | {"kid": "k" * 4000}),
    "an RSA key of the attacker": EVIL_RSA.token(claims()),
    "an elliptic key of the attacker": EVIL_EC.token(claims()),
    "an embedded RSA key": EVIL_RSA.token(claims(), jwk=EVIL_RSA.jwk),
    "an embedded elliptic key": EVIL_EC.token(claims(), jwk=EVIL_EC.jwk),
    "an embedded key alone": EVIL_EC.token(claims(), kid=None, jwk=EVIL_EC.jwk),
    "an address of keys": EVIL_EC.token(claims(), jku="https://evil.example/jwks"),
    "an address of a certificate": EVIL_RSA.token(claims(), x5u="https://evil.example/cert"),
    "an embedded certificate": EVIL_RSA.token(claims(), x5c=[segment(b"cert")]),
    # the header
    "a critical extension": forged(HEADER | {"crit": ["exp"]}),
    "no critical extension": forged(HEADER | {"crit": []}),
    "a payload outside": forged(HEADER | {"b64": False, "crit": ["b64"]}),
    "b64 that is true": forged(HEADER | {"b64": True}),
    "an access token": forged(HEADER | {"typ": "at+jwt"}),
    "a type of a wrong type": forged(HEADER | {"typ": 1}),
    "alg twice": forged(b'{"alg":"none","alg":"ES256","kid":"ec-1"}'),
    "kid twice": forged(b'{"kid":"other","alg":"ES256","kid":"ec-1"}'),
    "a header that is a list": forged(b"[]"),
    "a header that is null": forged(b"null"),
    "a header that is a number": forged(b"1" * 4000),
    "a header that is no JSON": forged(b"{"),
    "a header that is no UTF-8": forged(b'{"alg":"\xff"}'),
    "a header with a mark in front": forged(b"\xef\xbb\xbf" + json.dumps(HEADER).encode()),
    "a header of brackets": forged(b"[" * 4000),
    "a header of objects": forged(b'{"a":' * 900),
    "a header with a deep member": forged(b'{"alg":"ES256","kid":"ec-1","x":' + b"[" * 1500 + b"]" * 1500 + b"}"),
    "a header with a long number": forged(b'{"alg":"ES256","kid":"ec-1","x":' + b"9" * 5000 + b"}"),
    "a header with infinity": forged(b'{"alg":"ES256","kid":"ec-1","x":Infinity}'),
    "JSON in place of base64": f"{json.dumps(HEADER)}.{json.dumps(claims())}.{SIGNATURE}",
    # the signature
    "no signature": f"{HEAD}.{PAYLOAD}.",
    "half a signature": GOOD[: -len(SIGNATURE) // 2],
    "one character less": GOOD[:-1],
    "one character more": GOOD + "A",
    "two characters more": GOOD + "AA",
    "bits left over": GOOD[:-1] + chr(ord(GOOD[-1]) + 1),
    "padding": GOOD + "==",
    "the other alphabet": GOOD.replace("-", "+").replace("_", "/") + "+",
    "a line break at the end": GOOD + "\n",
    "a blank in front": " " + GOOD,
    "zeros": f"{HEAD}.{PAYLOAD}.{encode(bytes(64))}",
    "r and s zero and one": f"{HEAD}.{PAYLOAD}.{encode(bytes(63) + bytes([1]))}",
    "r and s the order of the group": f"{HEAD}.{PAYLOAD}.{encode(ORDER.to_bytes(32) * 2)}",
    "all ones": f"{HEAD}.{PAYLOAD}.{encode(b'\xff' * 64)}",
    "the other encoding": compact(HEADER, claims(), EC.sign_der),
    "of another payload": f"{HEAD}.{segment(claims(sub='eve'))}.{SIGNATURE}",
    "of another header": f"{segment(HEADER | {'x': 1})}.{PAYLOAD}.{SIGNATURE}",
    "RSA, no signature": f"{RSA_SIGNED}.",
    "RSA, zeros": f"{RSA_SIGNED}.{encode(bytes(256))}",
    "RSA, one": f"{RSA_SIGNED}.{encode(bytes(255) + bytes([1]))}",
    "RSA, a byte more in front": f"{RSA_SIGNED}.{encode(bytes(1) + RSA.sign(RSA_SIGNED.encode()))}",
    "RSA, of another payload": f"{RSA_GOOD.split('.')[0]}.{segment(claims(sub='eve'))}.{RSA_GOOD.split('.')[2]}",
    # the claims, well signed: as for another service, another time or by another issuer with the same keys
    "another issuer": EC.token(claims(iss="https://evil.example")),
    "the issuer with a slash": EC.token(claims(iss=f"{ISSUER}/")),
    "the issuer in upper case": EC.token(claims(iss=ISSUER.upper())),
    "issuers": EC.token(claims(iss=[ISSUER])),
    "no issuer": EC.token(claims(iss=None)),
    "another audience": EC.token(claims(aud="another")),
    "a longer audience": EC.token(claims(aud=AUDIENCE + "2")),
    "a part of the audience": EC.token(claims(aud=AUDIENCE[:-1])),
    "other audiences": EC.token(claims(aud=["another", "third"])),
    "no audience": EC.token(claims(aud=None)),
    "an empty list of audiences": EC.token(claims(aud=[])),
    "audiences of wrong types": EC.token(claims(aud=[AUDIENCE, 1])),
    "an audience that is an object": EC.token(claims(aud={AUDIENCE: True})),
    "given to another party": EC.token(claims(aud=["another", AUDIENCE], azp="another")),
    "given to another party for us": EC.token(claims(azp="another")),
    "many audiences and nobody it was given to": EC.token(claims(aud=["another", AUDIENCE])),
    "no subject": EC.token(claims(sub=None)),
    "an empty subject": EC.token(claims(sub="")),
    "a subject that is a number": EC.token(claims(sub=1)),
    "a subject that is true": EC.token(claims(sub=True)),
    "a huge subject": EC.token(claims(sub="x" * 300)),
    "expired": EC.token(claims(exp=NOW - 120)),
    "expired long ago": EC.token(claims(exp=-1)),
    "no end": EC.token(claims(exp=None)),
    "an end that is text": EC.token(claims(exp=str(NOW + 60))),
    "an end that is true": EC.token(claims(exp=True)),
    "an end that is a list": EC.token(claims(exp=[NOW + 60])),
    "an end that is infinite": EC.token(b'{"exp":Infinity,' + ENDLESS),
    "an end that is no number": EC.token(b'{"exp":NaN,' + ENDLESS),
    "an end that is a number too long": EC.token(b'{"exp":' + b"9" * 400 + b"," + ENDLESS),
    "of the future": EC.token(claims(iat=NOW + 3600)),
    "no beginning": EC.token(claims(iat=None)),
    "a beginning that is text": EC.token(claims(iat="now")),
    "not yet": EC.token(claims(nbf=NOW + 3600)),
    "not yet, in text": EC.token(claims(nbf="never")),
    "subject twice": EC.token(b'{"sub":"eve",' + BODY),
    "audience twice": EC.token(b'{"aud":"another",' + BODY),
    "end twice": EC.token(b'{"exp":1,' + BODY),
    "a name twice, deep inside": EC.token(b'{"x":{"a":1,"a":2},' + BODY),
    "claims that are a list": EC.token(b"[]"),
    "claims that are null": EC.token(b"null"),
    "claims that are text": EC.token(json.dumps(json.dumps(claims())).encode()),
    "claims that are no JSON": EC.token(b"{"),
    "claims that are no UTF-8": EC.token(b'{"sub":"\xff",' + BODY),
    "claims of another encoding": EC.token(json.dumps(claims()).encode("utf-16")),
    "claims that are nested deeply": EC.token(b'{"x":' + b"[" * 2000 + b"]" * 2000 + b"," + BODY),
    "no claims": EC.token(b""),
}


@pytest.mark.parametrize("token", ATTACKS.values(), ids=ATTACKS.keys())
async def test_no_other_token_holds(token: str) -> None:
    network = Network()
    started = time.perf_counter()
    with pytest.raises(RefusedError):
        await network.identify(token)
    assert time.perf_counter() - started < 0.2
    assert {request.url for request in network.fetch.requests} <= {network.issuer.jwks_url}


async def test_why_a_token_was_refused_has_nothing_of_the_token() -> None:
    for token in ATTACKS.values():
        with pytest.raises(RefusedError) as caught:
            await Network().identify(token)
        assert len(str(caught.value)) < 60
        assert "evil" not in str(caught.value)


async def test_what_cannot_be_signed_by_the_issuer_costs_no_look_at_its_keys() -> None:
    network = Network()
    for name in ("huge", "alg none", "kid missing", "a header of brackets", "the other encoding", "four segments"):
        with pytest.raises(RefusedError):
            await network.identify(ATTACKS[name])
    assert network.fetch.requests == []
