import pytest
from fakes import request
from limiting import Bursts, Env

from edgechat.testing import JsException
from service import bursts
from service.routes import respond
from service.web import HTTPError


async def test_what_is_too_much_of_one_key_is_refused() -> None:
    env = Env()
    env.bursts = Bursts(room=2)
    for _ in range(2):
        await bursts.check_burst(env, "a")
    with pytest.raises(HTTPError) as caught:
        await bursts.check_burst(env, "a")
    assert (caught.value.status, caught.value.code) == (429, "too_fast")
    assert caught.value.headers == {"retry-after": "60"}
    await bursts.check_burst(env, "b")


async def test_a_burst_limit_that_fails_or_is_not_there_lets_pass(caplog: pytest.LogCaptureFixture) -> None:
    env = Env()
    env.bursts = Bursts()
    env.bursts.error = JsException("no such luck")
    await bursts.check_burst(env, "a")
    assert "no such luck" in caplog.text
    env.bursts = None
    await bursts.check_burst(env, "a")


async def test_nobody_starts_one_session_after_the_other() -> None:
    env = Env()
    env.bursts = Bursts(room=1)
    for address, status in (("203.0.113.7", 200), ("203.0.113.7", 429), ("203.0.113.8", 200), ("127.0.0.1", 200)):
        response = await respond(request("POST", "/api/session", headers={"cf-connecting-ip": address}), env)
        assert response.status == status


def address_of(header: str) -> str | None:
    return bursts.address_of(request(headers={"cf-connecting-ip": header}), "s" * 32)


def test_an_address_is_kept_as_a_digest_only_its_holder_can_make() -> None:
    digest = address_of("203.0.113.7")
    assert digest == address_of("203.0.113.7")
    assert digest != address_of("203.0.113.8")
    assert digest is not None
    assert len(digest) == 32
    assert "203" not in digest


def test_all_addresses_of_an_ipv6_network_are_one() -> None:
    assert address_of("2001:db8::1") == address_of("2001:db8::ffff:2") != address_of("2001:db8:0:1::1")


@pytest.mark.parametrize("header", ["", "127.0.0.1", "::1", "nowhere", "1.2.3", "203.0.113.7, 10.0.0.1", "é" * 1000])
def test_what_is_no_address_of_somebody_else_does_not_count(header: str) -> None:
    assert address_of(header) is None
