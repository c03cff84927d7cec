import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, MutableMapping
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edgechat.errors import MASKED, APICallError
from edgechat.platform.host import Fetch, StreamResponse, stream_response
from edgechat.ui import chunks as ui


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


HELLO: list[list[ui.UIChunk]] = [
    [ui.Start(message_id="m1"), ui.TextStart(id="t")],
    [ui.TextDelta(id="t", delta="Hello")],
    [ui.TextEnd(id="t"), ui.Finish()],
]


class Chunks:
    """An answer of these lists; a number is a pause in seconds, an event is waited for, an exception is raised."""

    def __init__(self, *steps: list[ui.UIChunk] | float | asyncio.Event | Exception) -> None:
        self.given = 0
        self.closed = False
        self._steps = steps

    async def stream(self) -> AsyncGenerator[list[ui.UIChunk]]:
        try:
            for step in self._steps:
                if isinstance(step, Exception):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                elif isinstance(step, list):
                    self.given += 1
                    yield step
                else:
                    await asyncio.sleep(step)
        finally:
            self.closed = True


class Client:
    """The other side of an ASGI application. It leaves when `gone` is set, or after so many messages; the application
    hears of it from `receive`, or from `send` if that is refused then."""

    def __init__(self, leaves_after: int | None = None, *, is_refused: bool = False) -> None:
        self.messages: list[MutableMapping[str, Any]] = []
        self.gone = asyncio.Event()
        self._leaves_after = leaves_after
        self._is_refused = is_refused

    async def receive(self) -> MutableMapping[str, Any]:
        await (asyncio.Event() if self._is_refused else self.gone).wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if self.gone.is_set() and self._is_refused:
            raise BrokenPipeError
        self.messages.append(message)
        if len(self.messages) == self._leaves_after:
            self.gone.set()
        await asyncio.sleep(0)

    async def call(self, response: StreamResponse) -> None:
        async with asyncio.timeout(5):
            await response({"type": "http"}, self.receive, self.send)

    @property
    def bodies(self) -> list[bytes]:
        start, *bodies = self.messages
        assert (start["type"], start["status"]) == ("http.response.start", 200)
        assert {body["type"] for body in bodies} <= {"http.response.body"}
        return [body["body"] for body in bodies]


async def test_there_is_one_send_for_each_list_of_chunks() -> None:
    client, chunks = Client(), Chunks(*HELLO)
    await client.call(stream_response(chunks.stream(), {"X-Id": "7", "Cache-Control": "no-store"}))
    assert client.bodies == [*map(ui.encode, HELLO), b"data: [DONE]\n\n"]
    assert [body["more_body"] for body in client.messages[1:]] == [True, True, True, False]
    headers = {name.decode(): value.decode() for name, value in client.messages[0]["headers"]}
    assert headers == ui.HEADERS | {"x-id": "7", "cache-control": "no-store"}
    assert chunks.closed


async def test_an_answer_goes_on_when_its_client_has_gone() -> None:
    client, chunks = Client(leaves_after=2), Chunks(*HELLO)
    await client.call(stream_response(chunks.stream()))
    assert client.bodies == [ui.encode(HELLO[0])]
    assert (chunks.given, chunks.closed) == (3, True)


async def test_a_server_may_refuse_what_is_for_nobody() -> None:
    client, chunks = Client(leaves_after=2, is_refused=True), Chunks(*HELLO)
    await client.call(stream_response(chunks.stream()))
    assert (chunks.given, chunks.closed) == (3, True)


@pytest.mark.parametrize("is_refused", [False, True])
async def test_an_answer_ends_with_its_client_if_so_wished(is_refused: bool) -> None:
    client, chunks = Client(leaves_after=2, is_refused=is_refused), Chunks(*HELLO, asyncio.Event())
    await client.call(stream_response(chunks.stream(), cancel_on_disconnect=True))
    assert client.bodies == [ui.encode(HELLO[0])]
    assert chunks.given < 3
    assert chunks.closed
    current = asyncio.current_task()
    assert current
    assert current.cancelling() == 0


async def test_silence_is_no_reason_not_to_hear_that_the_client_has_gone() -> None:
    client, chunks = Client(), Chunks(HELLO[0], asyncio.Event())
    asyncio.get_running_loop().call_later(0.01, client.gone.set)
    await client.call(stream_response(chunks.stream(), cancel_on_disconnect=True))
    assert chunks.closed


async def test_comments_keep_a_silent_connection_open() -> None:
    client, chunks = Client(), Chunks(HELLO[0], 0.05, *HELLO[1:])
    await client.call(stream_response(chunks.stream(), keep_alive=0.02))
    first, *comments, second, third, done = client.bodies
    assert [first, second, third] == [*map(ui.encode, HELLO)]
    assert done == b"data: [DONE]\n\n"
    assert set(comments) == {b": keep-alive\n\n"}


async def test_nobody_is_kept_alive_who_has_gone() -> None:
    client, chunks = Client(leaves_after=2), Chunks(HELLO[0], 0.05)
    await client.call(stream_response(chunks.stream(), keep_alive=0.01))
    assert client.bodies == [ui.encode(HELLO[0])]


async def test_nothing_follows_the_end_however_slowly_it_goes_out() -> None:
    class SlowClient(Client):
        async def send(self, message: MutableMapping[str, Any]) -> None:
            await super().send(message)
            await asyncio.sleep(0.03)

    client, chunks = SlowClient(), Chunks()
    await client.call(stream_response(chunks.stream(), keep_alive=0.01))
    assert client.messages[-1]["more_body"] is False


async def test_a_failure_is_logged_and_told_in_safe_words(caplog: pytest.LogCaptureFixture) -> None:
    client, chunks = Client(), Chunks(HELLO[0], TimeoutError("secret detail"))
    await client.call(stream_response(chunks.stream()))
    assert client.bodies == [ui.encode(HELLO[0]), ui.encode([ui.Error(error_text=MASKED)])]
    assert client.messages[-1]["more_body"] is False
    assert "secret detail" in caplog.text
    assert chunks.closed


async def test_a_server_that_ends_closes_the_answer() -> None:
    client, chunks = Client(), Chunks(HELLO[0], asyncio.Event())
    task = asyncio.create_task(client.call(stream_response(chunks.stream(), keep_alive=10)))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert chunks.closed
    assert asyncio.all_tasks() == {asyncio.current_task()}


def starlette_app(chunks: Chunks, done: list[str]) -> Starlette:
    async def note() -> None:
        done.append("background")

    async def answer(request: Request) -> Response:
        response = stream_response(chunks.stream(), background=note)
        response.set_cookie("seen", "yes")
        return response

    return Starlette(routes=[Route("/chat", answer, methods=["POST"])])


async def test_starlette_takes_it_for_a_response() -> None:
    chunks, done = Chunks(*HELLO), list[str]()
    transport = httpx.ASGITransport(starlette_app(chunks, done))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        response = await client.post("/chat", json={})
    assert response.content == b"".join(map(ui.encode, HELLO)) + b"data: [DONE]\n\n"
    assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert response.cookies["seen"] == "yes"
    assert done == ["background"]
