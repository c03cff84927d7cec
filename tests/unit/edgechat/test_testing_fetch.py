import pytest

from edgechat.errors import APICallError
from edgechat.http import FetchResponse
from edgechat.model.remote import http_sender
from edgechat.model.types import ModelRequest
from edgechat.testing import FakeClock, FakeFetch, FakeRequest, HTTPAnswer, drop, wait


async def read_all(response: FetchResponse) -> list[bytes]:
    chunks = []
    while (chunk := await response.read()) is not None:
        chunks.append(chunk)
    return chunks


async def test_an_answer_is_read_chunk_by_chunk() -> None:
    fetch = FakeFetch(HTTPAnswer(b"a", "é", status=201, headers={"X-Id": "7"}))
    async with fetch("http://x/") as response:
        assert (response.status, response.headers) == (201, {"x-id": "7"})
        assert await read_all(response) == [b"a", "é".encode()]
    assert fetch.aborted == [False]


async def test_requests_are_noted() -> None:
    fetch = FakeFetch("one", b"two")
    async with fetch("http://x/1", method="POST", headers={"a": "b"}, body=b'{"n": 1}') as response:
        assert await response.text() == "one"
    async with fetch("http://x/2") as response:
        assert await read_all(response) == [b"two"]
    assert fetch.requests == [
        FakeRequest("http://x/1", "POST", {"a": "b"}, b'{"n": 1}'),
        FakeRequest("http://x/2", "GET", {}, None),
    ]
    assert [request.json() for request in fetch.requests] == [{"n": 1}, None]


async def test_a_function_answers_by_the_request() -> None:
    fetch = FakeFetch(lambda request: HTTPAnswer(request.url, status=404 if "nothing" in request.url else 200))
    for url, status in (("http://x/a", 200), ("http://x/nothing", 404)):
        async with fetch(url) as response:
            assert (response.status, await response.text()) == (status, url)


async def test_a_server_can_be_out_of_reach() -> None:
    with pytest.raises(APICallError, match="refused"):
        async with FakeFetch(APICallError("refused"))("http://x/"):
            pytest.fail("there was an answer")


async def test_one_request_too_many_is_an_error() -> None:
    with pytest.raises(AssertionError, match="The network has 0 answers"):
        async with FakeFetch()("http://x/"):
            pytest.fail("there was an answer")


@pytest.mark.parametrize(
    ("size", "chunks"),
    [(0, []), (1, [b"a"]), (2, [b"ab"]), (3, [b"ab", b"c"]), (4, [b"ab", b"cd"]), (9, [b"ab", b"cd"])],
)
async def test_a_connection_drops_after_so_many_bytes(size: int, chunks: list[bytes]) -> None:
    found = []
    async with FakeFetch(HTTPAnswer(b"ab", b"cd", drop_after=size))("http://x/") as response:
        with pytest.raises(APICallError, match="lost"):
            while (chunk := await response.read()) is not None:
                found.append(chunk)
    assert found == chunks


async def test_time_passes_between_chunks() -> None:
    clock = FakeClock(now=0)
    fetch = FakeFetch(HTTPAnswer(wait(1), b"a", wait(2), drop()), clock=clock)
    async with fetch("http://x/") as response:
        assert (await response.read(), clock()) == (b"a", 1)
        with pytest.raises(APICallError):
            await response.read()
        assert clock() == 3


async def test_leaving_early_is_noted() -> None:
    fetch = FakeFetch(HTTPAnswer(b"a", b"b"), HTTPAnswer(status=204))
    async with fetch("http://x/") as response:
        await response.read()
    async with fetch("http://x/"):
        pass
    assert fetch.aborted == [True, False]


async def test_it_carries_the_requests_of_models() -> None:
    fetch = FakeFetch("hi")
    async with http_sender(fetch)(ModelRequest(model="m", url="http://x/", body=b"{}")) as response:
        assert await response.text() == "hi"
    assert fetch.requests == [FakeRequest("http://x/", "POST", {}, b"{}")]
