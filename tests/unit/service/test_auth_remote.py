import asyncio
from typing import Any

import pytest

from edgechat.json import JSONDecoder
from edgechat.testing import FakeFetch, HTTPAnswer, hang
from service.auth import remote
from service.auth.remote import UnavailableError, get_json

URL = "https://id.example.org/keys"

decoder = JSONDecoder[dict[str, int]](dict[str, int])


async def test_a_document_comes_in_pieces() -> None:
    fetch = FakeFetch(HTTPAnswer(b'{"a"', b": 1}"))
    assert await get_json(fetch, URL, decoder) == {"a": 1}
    assert fetch.requests[0].url == URL


async def test_a_server_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "TIMEOUT", 0.02)
    fetch = FakeFetch(HTTPAnswer(b'{"a"', hang()))
    async with asyncio.timeout(2):
        with pytest.raises(UnavailableError, match="did not answer"):
            await get_json(fetch, URL, decoder)
    assert fetch.aborted == [True]


@pytest.mark.parametrize(
    "answer", [HTTPAnswer("{}", status=302), HTTPAnswer('{"a": "b"}'), HTTPAnswer("{"), HTTPAnswer()]
)
async def test_another_answer_is_none(answer: Any) -> None:
    with pytest.raises(UnavailableError, match="answered with"):
        await get_json(FakeFetch(answer), URL, decoder)
