"""On CPython: requests by httpx, and answers that stream through any ASGI server. Install `edgechat[host]`."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import httpx

from edgechat import sse
from edgechat.errors import MASKED, APICallError
from edgechat.ui import chunks as ui

try:
    # FastAPI passes on what is a response of Starlette, and makes JSON of all else.
    from starlette.responses import Response
except ImportError:
    Response = object  # type: ignore[assignment, misc]

log = logging.getLogger("edgechat")

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]


class HttpxResponse:
    """An httpx response that is read as it comes in."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._chunks = response.aiter_bytes()
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    async def read(self) -> bytes | None:
        """What has come since the last read, or None at the end. Raises `APICallError` when the connection drops."""
        try:
            return await anext(self._chunks, None)
        except httpx.HTTPError as error:
            raise APICallError(f"The connection was lost: {error}") from None

    async def text(self) -> str:
        await self._response.aread()
        return self._response.text


class Fetch:
    """Sends requests by one httpx client, which the caller closes."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    @asynccontextmanager
    async def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        credentials: str | None = None,  # noqa: ARG002 - the cookies of the client go with each request
    ) -> AsyncIterator[HttpxResponse]:
        """Sends a request. Leaving the context before the end of the answer cancels it."""
        try:
            response = await self._client.send(
                self._client.build_request(method, url, headers=headers, content=body), stream=True
            )
        except httpx.HTTPError as error:
            raise APICallError(f"{url} could not be reached: {error}") from None
        try:
            yield HttpxResponse(response)
        finally:
            await response.aclose()


def stream_response(
    chunks: AsyncGenerator[list[ui.UIChunk]],
    headers: Mapping[str, str] | None = None,
    *,
    keep_alive: float | None = None,
    cancel_on_disconnect: bool = False,
    background: Callable[[], Awaitable[None]] | None = None,
) -> "StreamResponse":
    """A response for Starlette and FastAPI, and an ASGI application, that streams UI chunks: one `send` for each list.

    The iterator runs to its end also when the client has gone, unless `cancel_on_disconnect`; it is closed in any case.
    After `keep_alive` seconds of silence a comment keeps the connection open. `background` is awaited in the end.
    """
    return StreamResponse(chunks, headers or {}, keep_alive, cancel_on_disconnect, background)


class StreamResponse(Response):
    status_code = 200

    def __init__(
        self,
        chunks: AsyncGenerator[list[ui.UIChunk]],
        headers: Mapping[str, str],
        keep_alive: float | None,
        cancel_on_disconnect: bool,
        background: Any,
    ) -> None:
        given = ui.HEADERS | {name.lower(): value for name, value in headers.items()}
        self.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given.items()]
        self.background = background
        self._chunks = chunks
        self._keep_alive = keep_alive
        self._cancels = cancel_on_disconnect

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:  # noqa: ARG002
        connection = _Connection(send)
        helpers: list[asyncio.Task[None]] = []
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(None) as patience:
                    helpers.append(asyncio.create_task(self._watch(receive, connection, patience)))
                    if self._keep_alive is not None:
                        helpers.append(asyncio.create_task(connection.keep_alive(self._keep_alive)))
                    await self._stream(connection)
        finally:
            for helper in helpers:
                helper.cancel()
            await asyncio.gather(*helpers, return_exceptions=True)
        if self.background:
            await self.background()

    async def _watch(self, receive: Receive, connection: "_Connection", patience: asyncio.Timeout) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        connection.is_open = False
        if self._cancels:
            patience.reschedule(asyncio.get_running_loop().time())

    async def _stream(self, connection: "_Connection") -> None:
        last = sse.DONE
        async with aclosing(self._chunks):
            start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            await connection.send(start)
            try:
                async for batch in self._chunks:
                    await connection.write(ui.encode(batch))
                    if self._cancels and not connection.is_open:
                        return
            except Exception:
                log.exception("A streamed answer failed")
                last = ui.encode([ui.Error(error_text=MASKED)])
        await connection.write(last, more=False)


class _Connection:
    """Sends one message after the other. What is for a client that has gone is dropped."""

    def __init__(self, send: Send) -> None:
        self.is_open = True
        self._send = send
        self._lock = asyncio.Lock()
        self._time = asyncio.get_running_loop().time
        self._last = self._time()

    async def send(self, message: Message) -> None:
        async with self._lock:
            if not self.is_open:
                return
            try:
                await self._send(message)
            except OSError:  # how some servers tell that the client has gone
                self.is_open = False
            self._last = self._time()

    async def write(self, data: bytes, *, more: bool = True) -> None:
        await self.send({"type": "http.response.body", "body": data, "more_body": more})

    async def keep_alive(self, seconds: float) -> None:
        while self.is_open:
            idle = self._time() - self._last
            if idle >= seconds:
                await self.write(sse.comment("keep-alive"))
            else:
                await asyncio.sleep(seconds - idle)
