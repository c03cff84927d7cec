import json
from collections.abc import Callable
from typing import Any

import pytest
from issuing import ECKey, RSAKey, ec_key, rsa_key

from edgechat.ids import generate_id
from edgechat.testing import FakeClock, FakeFetch, FakeKV, HTTPAnswer, JsException, drop
from service.auth import jwks
from service.auth.jwks import PAUSE, TTL, Algorithm, KeySets
from service.auth.remote import MAX_SIZE, UnavailableError

RSA, EC = rsa_key(), ec_key()


def document(*keys: Any) -> str:
    return json.dumps({"keys": list(keys)})


def address() -> str:
    """One that this isolate has not heard of yet."""
    return f"https://id.example.org/{generate_id()}"


class Issuer:
    """Its keys may change; `asked` is how often they were asked for."""

    def __init__(self, *keys: Any, kv: FakeKV | None = None) -> None:
        self.keys = list(keys)
        self.clock = FakeClock()
        self.kv = kv or FakeKV(clock=self.clock)
        self.url = address()
        self.is_out_of_reach = False
        self._fetch = FakeFetch(lambda request: drop() if self.is_out_of_reach else document(*self.keys))

    @property
    def asked(self) -> int:
        return len(self._fetch.requests)

    async def find(self, key_id: str, algorithm: Algorithm = "ES256") -> Any:
        return await KeySets(self._fetch, self.kv, self.clock).find(self.url, algorithm, key_id)

    def move_to_another_isolate(self) -> None:
        jwks._memory.clear()


async def test_a_key_is_found_by_its_id_and_only_its_public_part_is_handed_on() -> None:
    issuer = Issuer(RSA.jwk, EC.jwk | {"d": "secret", "x5c": ["c"], "key_ops": ["verify"]})
    assert await issuer.find(EC.id) == {name: EC.jwk[name] for name in ("kty", "crv", "x", "y")}
    assert await issuer.find(RSA.id, "RS256") == {name: RSA.jwk[name] for name in ("kty", "n", "e")}


async def test_keys_are_asked_for_once() -> None:
    issuer = Issuer(EC.jwk)
    for _ in range(3):
        assert await issuer.find(EC.id)
    issuer.move_to_another_isolate()
    assert await issuer.find(EC.id), "they are in KV"
    assert issuer.asked == 1


async def test_after_an_hour_a_key_that_was_withdrawn_does_not_hold_any_more() -> None:
    issuer = Issuer(EC.jwk)
    await issuer.find(EC.id)
    issuer.keys.clear()
    issuer.clock.advance(TTL - 1)
    assert await issuer.find(EC.id)
    issuer.clock.advance(1)
    assert await issuer.find(EC.id) is None
    assert issuer.asked == 2


async def test_a_new_key_is_found_within_a_minute() -> None:
    issuer = Issuer(RSA.jwk)
    assert await issuer.find(EC.id) is None
    issuer.keys.append(EC.jwk)
    assert await issuer.find(EC.id) is None
    issuer.clock.advance(PAUSE)
    assert await issuer.find(EC.id)
    assert await issuer.find(RSA.id, "RS256")
    assert issuer.asked == 2


@pytest.mark.parametrize("is_out_of_reach", [False, True])
async def test_made_up_keys_are_asked_for_once_a_minute(is_out_of_reach: bool) -> None:
    issuer = Issuer(EC.jwk)
    await issuer.find(EC.id)
    issuer.is_out_of_reach = is_out_of_reach
    issuer.clock.advance(PAUSE)
    for number in range(100):
        assert await issuer.find(f"made-up-{number}") is None
    assert issuer.asked == 2
    assert await issuer.find(EC.id)


async def test_an_issuer_that_fails_is_none_without_keys_from_before() -> None:
    issuer = Issuer(EC.jwk)
    issuer.is_out_of_reach = True
    with pytest.raises(UnavailableError):
        await issuer.find(EC.id)
    issuer.is_out_of_reach = False
    assert await issuer.find(EC.id), "the next one may try at once"
    issuer.is_out_of_reach = True
    issuer.clock.advance(TTL)
    with pytest.raises(UnavailableError):
        await issuer.find(EC.id)


def broken_kv() -> FakeKV:
    kv = FakeKV()
    kv.fail_on("", JsException("KV is down"))
    return kv


async def test_without_kv_keys_are_found_too(caplog: pytest.LogCaptureFixture) -> None:
    issuer = Issuer(EC.jwk, kv=broken_kv())
    assert await issuer.find(EC.id)
    assert await issuer.find(EC.id)
    assert issuer.asked == 1
    assert "KV is down" in caplog.text


@pytest.mark.parametrize(
    "stored", ["", "{", "[]", '{"keys":[]}', '{"keys":1,"fetched_at":0,"asked_at":0}', "[" * 10_000]
)
async def test_what_else_is_in_kv_is_overwritten(stored: str) -> None:
    issuer = Issuer(EC.jwk)
    await issuer.find(EC.id)
    (entry,) = (await issuer.kv.list())["keys"]
    issuer.move_to_another_isolate()
    issuer.clock.advance(1)
    await issuer.kv.put(entry["name"], stored)
    issuer.clock.advance(1)
    assert await issuer.find(EC.id)
    issuer.move_to_another_isolate()
    assert await issuer.find(EC.id)
    assert issuer.asked == 2


WEAK = RSAKey(id="ec-1", bits=1024)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (EC.jwk | {"kid": "other"}, "ES256"),
        (EC.jwk | {"kid": None}, "ES256"),
        (EC.jwk | {"kid": 1}, "ES256"),
        (EC.jwk | {"use": "enc"}, "ES256"),
        (EC.jwk | {"key_ops": ["sign"]}, "ES256"),
        (EC.jwk | {"alg": "ES384"}, "ES256"),
        (EC.jwk | {"crv": "P-384"}, "ES256"),
        (EC.jwk | {"crv": "secp256k1"}, "ES256"),
        (EC.jwk | {"crv": None}, "ES256"),
        (EC.jwk | {"kty": "OKP"}, "ES256"),
        (EC.jwk | {"kty": "RSA"}, "ES256"),
        (EC.jwk | {"x": None}, "ES256"),
        (EC.jwk | {"alg": None}, "RS256"),
        (RSA.jwk | {"kid": EC.id}, "ES256"),
        (RSA.jwk | {"kid": EC.id, "alg": None}, "ES256"),
        (WEAK.jwk, "RS256"),
        (RSA.jwk | {"kid": EC.id, "n": "AAAA" * 500}, "RS256"),
        (RSA.jwk | {"kid": EC.id, "n": "_" * 20_000}, "RS256"),
        (RSA.jwk | {"kid": EC.id, "n": "no base64"}, "RS256"),
        (RSA.jwk | {"kid": EC.id, "n": None}, "RS256"),
        (RSA.jwk | {"kid": EC.id, "e": "AQ"}, "RS256"),
        (RSA.jwk | {"kid": EC.id, "e": "AQAA"}, "RS256"),
        (RSA.jwk | {"kid": EC.id, "e": ""}, "RS256"),
        ({"kty": "oct", "kid": EC.id, "k": "c2VjcmV0", "alg": "HS256"}, "RS256"),
        ([], "ES256"),
    ],
)
async def test_a_key_that_is_not_for_this_is_not_used(key: Any, algorithm: Algorithm) -> None:
    issuer = Issuer(key, RSA.jwk)
    if isinstance(key, dict):
        assert await issuer.find(EC.id, algorithm) is None
    else:
        with pytest.raises(UnavailableError):
            await issuer.find(EC.id, algorithm)


async def test_among_keys_of_one_id_the_right_one_is_found() -> None:
    issuer = Issuer(EC.jwk | {"use": "enc"}, RSA.jwk | {"kid": EC.id}, EC.jwk, ECKey(id="z").jwk)
    assert (await issuer.find(EC.id))["x"] == EC.jwk["x"]
    assert (await issuer.find(EC.id, "RS256"))["n"] == RSA.jwk["n"]


@pytest.mark.parametrize(
    "answer",
    [
        drop,
        lambda: HTTPAnswer(document(EC.jwk), status=500),
        lambda: HTTPAnswer(document(EC.jwk), status=404),
        lambda: HTTPAnswer(document(EC.jwk), drop_after=20),
        lambda: "",
        lambda: "<html>",
        lambda: "[]",
        lambda: '{"keys": {}}',
        lambda: '{"keys":[{"kid":"\xff"}',
        lambda: '{"keys":' + "[" * 10_000,
        lambda: HTTPAnswer(document(EC.jwk), *[b" " * 1024] * (MAX_SIZE // 1024)),
    ],
)
async def test_an_answer_that_has_no_keys_is_no_answer(answer: Callable[[], Any]) -> None:
    with pytest.raises(UnavailableError):
        await KeySets(FakeFetch(answer()), FakeKV()).find(address(), "ES256", EC.id)
