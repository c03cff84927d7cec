import json
import time
from typing import Any

import pytest
from attacks import ORDER, id_token_attacks
from issuing import AUDIENCE, ISSUER, ECKey, RSAKey, claims, ec_key, rsa_key, verify

from edgechat.ids import generate_id
from edgechat.testing import FakeFetch, FakeKV
from service.auth.base64url import encode
from service.auth.id_tokens import Identity, Issuer, RefusedError, identify
from service.auth.jwks import KeySets

RSA, EC = rsa_key(), ec_key()
ATTACKS = id_token_attacks(ISSUER)


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
        {"nonce": "n"},
        {"email": "ada@example.org", "groups": [{"name": "a"}]},
    ],
)
async def test_such_tokens_hold_too(changes: dict[str, Any]) -> None:
    assert (await Network().identify(EC.token(claims(**changes)))).subject == "ada"


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, None),
        ({"name": "Ada Lovelace", "email": "ada@example.org"}, "Ada Lovelace"),
        ({"preferred_username": "ada", "email": "ada@example.org"}, "ada"),
        ({"name": " \n", "email": "ada@example.org"}, "ada@example.org"),
        ({"name": 5, "email": ["ada"], "preferred_username": {"a": 1}}, None),
        ({"name": "x" * 1000}, "x" * 100),
        ({"name": "\ud83d"}, "?"),
    ],
)
async def test_a_name_is_taken_as_far_as_it_is_one(changes: dict[str, Any], name: str | None) -> None:
    assert (await Network().identify(EC.token(claims(**changes)))).name == name


@pytest.mark.parametrize(("name", "seconds"), [("nbf", -5), ("exp", -30), ("iat", 30), ("iat", 0)])
async def test_clocks_may_differ_by_a_minute(name: str, seconds: float) -> None:
    changes: dict[str, Any] = {name: time.time() + seconds if seconds == 0 else int(time.time() + seconds)}
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
    signed = EC.token(claims()).rpartition(".")[0]
    signature = EC.sign(signed.encode())
    r, s = signature[:32], int.from_bytes(signature[32:])
    twin = f"{signed}.{encode(r + (ORDER - s).to_bytes(32))}"
    assert (await Network().identify(twin)).subject == "ada", "nothing goes by the signature, so it may have two forms"


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
