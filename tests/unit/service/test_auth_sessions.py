import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from issuing import compact, segment

from service.auth import sessions
from service.auth.sessions import LIFETIME, MAX_TOKEN, Session, User

SECRET, PREVIOUS, OTHER = "a" * 32, "p" * 32, "b" * 32
SESSION = Session(User("guest_1"), "sid1", 2)


def read(token: str) -> Session | None:
    return sessions.read(token, iter([SECRET, PREVIOUS]))


def kid(secret: str = SECRET) -> str:
    header = jwt.get_unverified_header(sessions.sign(SESSION, secret))
    assert header.keys() == {"alg", "kid", "typ"}
    return str(header["kid"])


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"iss": "edgechat", "aud": "edgechat", "sub": "guest_1", "sid": "sid1", "epoch": 2}
    whole |= {"iat": now, "exp": now + 600} | changes
    return {name: value for name, value in whole.items() if value is not None}


def hs256(data: bytes) -> bytes:
    return hmac.digest(SECRET.encode(), data, hashlib.sha256)


def with_claims(**changes: Any) -> str:
    """Signed by us, as our tokens are."""
    return with_header({"alg": "HS256", "kid": kid(), "typ": "JWT"}, claims(**changes))


def with_header(header: dict[str, Any] | bytes, payload: dict[str, Any] | bytes | None = None) -> str:
    """Signed with our secret, under another header."""
    return compact(header, claims() if payload is None else payload, hs256)


def test_a_signed_token_tells_its_session() -> None:
    assert read(sessions.sign(SESSION, SECRET)) == SESSION
    assert read(with_claims()) == SESSION, "or the attacks below would prove nothing"


def test_a_token_of_the_previous_secret_holds_until_it_is_taken_away() -> None:
    token = sessions.sign(SESSION, PREVIOUS)
    assert read(token) == SESSION
    assert sessions.read(token, iter([SECRET])) is None


def test_the_previous_secret_is_asked_for_only_by_its_own_tokens() -> None:
    def secrets() -> Iterator[str]:
        yield SECRET
        raise AssertionError("the previous secret was asked for")

    assert sessions.read(sessions.sign(SESSION, SECRET), secrets()) == SESSION


def test_the_fingerprint_is_another_for_each_secret_and_tells_nothing_of_it() -> None:
    assert kid(SECRET) != kid(PREVIOUS)
    assert len(kid()) == 16
    assert SECRET not in sessions.sign(SESSION, SECRET)


def test_a_token_says_of_its_user_only_an_id() -> None:
    token = sessions.sign(SESSION, SECRET)
    said = jwt.decode(token, options={"verify_signature": False})
    assert said.pop("exp") - said.pop("iat") == LIFETIME
    assert said == {"iss": "edgechat", "aud": "edgechat", "sub": "guest_1", "sid": "sid1", "epoch": 2}


def test_guests_and_sessions_are_all_different() -> None:
    assert len({sessions.new_guest().id for _ in range(100)}) == 100
    assert len({sessions.new_session(User("u")).id for _ in range(100)}) == 100


def test_guests_are_told_from_accounts() -> None:
    assert sessions.new_guest().is_guest
    assert not User("user_0").is_guest


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(RuntimeError, match="shorter than 32 bytes"):
        sessions.sign(SESSION, "short")


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"exp": int(time.time()) - 30}, True),
        ({"exp": int(time.time()) - 120}, False),
        ({"iat": int(time.time()) + 30}, True),
        ({"iat": int(time.time()) + 120}, False),
        ({"nbf": int(time.time()) + 120}, False),
    ],
)
def test_clocks_may_differ_by_a_minute(changes: dict[str, Any], holds: bool) -> None:
    assert (read(with_claims(**changes)) == SESSION) is holds


HEADER = {"alg": "HS256", "kid": kid(), "typ": "JWT"}
GOOD = with_claims()
HEAD, PAYLOAD, SIGNATURE = GOOD.split(".")

ATTACKS = {
    "nothing": "",
    "a word": "x",
    "dots": "..",
    "many dots": "." * 1000,
    "no segments": "a.b.c",
    "letters with accents": "é.ü.ö",
    "half an emoji": f"{HEAD}.{PAYLOAD}.\ud83d",
    "another alphabet": f"{HEAD}.{PAYLOAD}.{SIGNATURE[:-1]}а",  # noqa: RUF001
    "digits of full width": f"{HEAD}.{PAYLOAD}.{SIGNATURE[:-1]}１",  # noqa: RUF001
    "huge": "x" * 1_000_000,
    "a huge payload": with_claims(note="x" * MAX_TOKEN),
    "alg none": compact({"alg": "none"}, claims(), lambda _: b""),
    "alg none with our fingerprint": compact(HEADER | {"alg": "none"}, claims(), lambda _: b""),
    "alg None": compact(HEADER | {"alg": "None"}, claims(), lambda _: b""),
    "alg nOnE, signed": with_header(HEADER | {"alg": "nOnE"}),
    "alg null": with_header(HEADER | {"alg": None}),
    "alg missing": with_header({"kid": kid(), "typ": "JWT"}),
    "alg of a wrong type": with_header(HEADER | {"alg": ["HS256"]}),
    "alg HS512": jwt.encode(claims(), SECRET * 2, algorithm="HS512", headers={"kid": kid()}),
    "alg RS256 over our signature": with_header(HEADER | {"alg": "RS256"}),
    "alg in lower case": with_header(HEADER | {"alg": "hs256"}),
    "kid missing": with_header({"alg": "HS256", "typ": "JWT"}),
    "kid of another secret": with_header(HEADER | {"kid": "0" * 16}),
    "kid is a path": with_header(HEADER | {"kid": "../../../dev/null"}),
    "kid is SQL": with_header(HEADER | {"kid": "x' UNION SELECT 'a"}),
    "kid is a URL": with_header(HEADER | {"kid": "https://evil.example/key"}),
    "kid is a command": with_header(HEADER | {"kid": "|id"}),
    "kid has a zero byte": with_header(HEADER | {"kid": kid() + "\0"}),
    "kid is unicode": with_header(HEADER | {"kid": "\u202e" + kid()}),
    "kid is huge": with_header(HEADER | {"kid": "k" * 5000}),
    "kid is a list": with_header(HEADER | {"kid": [kid()]}),
    "kid is empty": with_header(HEADER | {"kid": ""}),
    "an embedded key": with_header(HEADER | {"jwk": {"kty": "oct", "k": segment(b"k" * 32)}}),
    "the address of a key": with_header(HEADER | {"jku": "https://evil.example/jwks"}),
    "the address of a certificate": with_header(HEADER | {"x5u": "https://evil.example/cert"}),
    "a critical extension": with_header(HEADER | {"crit": ["exp"]}),
    "an empty list of critical extensions": with_header(HEADER | {"crit": []}),
    "a payload outside": with_header(HEADER | {"b64": False, "crit": ["b64"]}),
    "a payload that is no base64": with_header(HEADER | {"b64": False}),
    "an encrypted token": ".".join([segment({"alg": "dir", "enc": "A256GCM"}), "", "AA", "AA", "AA"]),
    "another type": with_header(HEADER | {"typ": "at+jwt"}),
    "a header in another order": with_header(b'{"kid":"%s","alg":"HS256","typ":"JWT"}' % kid().encode()),
    "a header with a name twice": with_header(b'{"alg":"none","alg":"HS256","kid":"%s","typ":"JWT"}' % kid().encode()),
    "a header that is a list": with_header(b"[]"),
    "a header that is null": with_header(b"null"),
    "a header that is no JSON": with_header(b"{"),
    "a header of brackets": with_header(b"[" * 4000),
    "a header of nested objects": with_header(b'{"a":' * 1200),
    "JSON in place of base64": f"{json.dumps(HEADER)}.{json.dumps(claims())}.{SIGNATURE}",
    "another secret": jwt.encode(claims(), OTHER, algorithm="HS256", headers={"kid": kid()}),
    "the secret's fingerprint as the secret": jwt.encode(
        claims(), kid() * 2, algorithm="HS256", headers={"kid": kid()}
    ),
    "no signature": f"{HEAD}.{PAYLOAD}.",
    "no signature and no dot": f"{HEAD}.{PAYLOAD}",
    "half a signature": GOOD[: -len(SIGNATURE) // 2],
    "one character less": GOOD[:-1],
    "one character more": GOOD + "A",
    "another last character": GOOD[:-1] + ("A" if GOOD[-1] != "A" else "B"),
    "a signature of zeros": f"{HEAD}.{PAYLOAD}.{'A' * 43}",
    "a signature that leaves bits over": GOOD[:-1] + chr(ord(GOOD[-1]) + 1),
    "padding": GOOD + "==",
    "a blank inside": GOOD.replace(".", ". ", 1),
    "a line break at the end": GOOD + "\n",
    "a dot less": GOOD.replace(".", "", 1),
    "a segment more": GOOD + ".x",
    "a segment more in the middle": f"{HEAD}.{PAYLOAD}.{PAYLOAD}.{SIGNATURE}",
    "the signature of another payload": f"{HEAD}.{segment(claims(sub='user_1'))}.{SIGNATURE}",
    "an empty payload": f"{HEAD}..{SIGNATURE}",
    "the header as payload": f"{HEAD}.{HEAD}.{SIGNATURE}",
    "base64 of the other kind": f"{HEAD}.{PAYLOAD.replace('J', '+', 1)}.{SIGNATURE}",
    "expired": with_claims(exp=int(time.time()) - 3600),
    "expired long ago": with_claims(exp=0),
    "without an end": with_claims(exp=None),
    "an end that is text": with_claims(exp="tomorrow"),
    "an end that is a list": with_claims(exp=[9999999999]),
    "an endless end": compact(HEADER, b'{"exp":1e999,' + json.dumps(claims(exp=None)).encode()[1:], hs256),
    "of the future": with_claims(iat=int(time.time()) + 3600),
    "without a beginning": with_claims(iat=None),
    "not yet": with_claims(nbf=int(time.time()) + 3600),
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
    "a payload that is a list": with_header(HEADER, b"[]"),
    "a payload that is no JSON": with_header(HEADER, b"{"),
    "a payload that is no UTF-8": with_header(HEADER, b'{"sub":"\xff"}'),
}


@pytest.mark.parametrize("token", ATTACKS.values(), ids=ATTACKS.keys())
def test_no_other_token_holds(token: str) -> None:
    started = time.perf_counter()
    assert read(token) is None
    assert time.perf_counter() - started < 0.1


@pytest.mark.parametrize("length", [MAX_TOKEN, MAX_TOKEN + 1, 10_000_000])
def test_the_longest_token_is_refused_in_no_time(length: int) -> None:
    started = time.perf_counter()
    assert read(f"{HEAD}.".ljust(length, "A")) is None
    assert time.perf_counter() - started < 0.1
