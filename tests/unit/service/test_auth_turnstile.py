from urllib.parse import parse_qs

import pytest

from edgechat.testing import FakeFetch, HTTPAnswer
from service.auth import turnstile
from service.auth.remote import UnavailableError


async def test_cloudflare_is_asked_whether_the_widget_was_solved() -> None:
    fetch = FakeFetch('{"success": true, "hostname": "chat.example.org"}')
    assert await turnstile.is_passed(fetch, "s&cret", "to=ken", "203.0.113.7")
    (request,) = fetch.requests
    assert (request.method, request.url) == ("POST", turnstile.URL)
    form = {"secret": ["s&cret"], "response": ["to=ken"], "remoteip": ["203.0.113.7"]}
    assert parse_qs((request.body or b"").decode()) == form


async def test_without_an_address_it_is_asked_too() -> None:
    fetch = FakeFetch('{"success": false, "error-codes": ["timeout-or-duplicate"]}')
    assert not await turnstile.is_passed(fetch, "secret", "token", None)
    assert b"remoteip" not in (fetch.requests[0].body or b"")


@pytest.mark.parametrize("token", ["", "x" * 2049])
async def test_what_is_no_token_is_not_sent(token: str) -> None:
    assert not await turnstile.is_passed(FakeFetch(), "secret", token, None)


@pytest.mark.parametrize("token", ["é", "a&secret=b", "\r\nx: y", "\ud83d"])
async def test_a_token_stays_within_its_field(token: str) -> None:
    fetch = FakeFetch('{"success": false}')
    assert not await turnstile.is_passed(fetch, "secret", token, None)
    assert parse_qs((fetch.requests[0].body or b"").decode()).keys() == {"secret", "response"}


@pytest.mark.parametrize("answer", [HTTPAnswer(status=500), HTTPAnswer("{}"), HTTPAnswer('{"success": "true"}')])
async def test_another_answer_is_no_pass(answer: HTTPAnswer) -> None:
    with pytest.raises(UnavailableError):
        await turnstile.is_passed(FakeFetch(answer), "secret", "token", None)
