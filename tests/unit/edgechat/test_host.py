from collections.abc import AsyncIterator

import httpx
import pytest

from edgechat.errors import APICallError
from edgechat.platform.host import Fetch


class Pieces(httpx.AsyncByteStream):
    def __init__(self, *pieces: bytes | Exception) -> None:
        self.closed = False
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def aclose(self) -> None:
        self.closed = True


def fetch_of(stream: Pieces | Exception) -> Fetch:
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(stream, Exception):
            raise stream
        return httpx.Response(201, headers={"X-Method": request.method}, stream=stream)

    return Fetch(httpx.AsyncClient(transport=httpx.MockTransport(handler)))


async def test_a_response_is_read_as_it_comes() -> None:
    stream = Pieces(b"a", b"b")
    async with fetch_of(stream)("http://x/", method="POST", body=b"{}") as response:
        assert response.status == 201
        assert response.headers["x-method"] == "POST"
        assert [await response.read(), await response.read(), await response.read()] == [b"a", b"b", None]
    assert stream.closed


async def test_leaving_early_closes_the_connection() -> None:
    stream = Pieces(b"a", b"b")
    async with fetch_of(stream)("http://x/") as response:
        assert await response.read() == b"a"
        assert not stream.closed
    assert stream.closed


async def test_the_whole_text_can_be_had() -> None:
    async with fetch_of(Pieces(b"h", b"i"))("http://x/") as response:
        assert await response.text() == "hi"


async def test_a_server_that_cannot_be_reached_is_a_retryable_error() -> None:
    with pytest.raises(APICallError, match="could not be reached") as caught:
        async with fetch_of(httpx.ConnectError("refused"))("http://x/"):
            pass
    assert caught.value.is_retryable


async def test_a_connection_that_drops_is_a_retryable_error() -> None:
    async with fetch_of(Pieces(b"a", httpx.ReadError("reset")))("http://x/") as response:
        assert await response.read() == b"a"
        with pytest.raises(APICallError, match="lost"):
            await response.read()
