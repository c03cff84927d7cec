"""In a Cloudflare Python Worker: the AI binding, and answers that stream.

Needs `workers-runtime-sdk` 1.9 or newer. The compatibility flag `enable_request_signal` lets a Worker hear that its
client has gone; Cloudflare then gives it 30 seconds to finish.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import js
from pyodide.ffi import JsException, create_proxy, to_js
from workers import Response

from edgechat.errors import MASKED, APICallError
from edgechat.http import FetchResponse
from edgechat.model.types import ModelRequest
from edgechat.platform._js import JsResponse, fetch, headers_of, js_object
from edgechat.sse import DONE
from edgechat.ui import chunks as ui

__all__ = ["AIBinding", "JsResponse", "fetch", "headers_of", "read_body", "stream_response"]

log = logging.getLogger("edgechat")

# Writes that may wait in a stream before the writer has to.
_HIGH_WATER_MARK = 16


class AIBinding:
    """Sends requests to `env.AI`."""

    def __init__(self, ai: Any) -> None:
        self._ai = ai

    @asynccontextmanager
    async def __call__(self, request: ModelRequest) -> AsyncIterator[FetchResponse]:
        controller = js.AbortController.new()
        # The raw response has the status and the headers, and its setting is the same for all calls: the binding keeps
        # it on the instance, where two calls would cross.
        options = {"returnRawResponse": True, "extraHeaders": dict(request.headers), "signal": controller.signal}
        # One crossing for the whole history: converting dicts would walk each message in Python.
        inputs = js.JSON.parse(request.body.decode())
        try:
            try:
                raw = await self._ai.run(request.model, inputs, js_object(options))
            except JsException as error:
                raise APICallError(f"Workers AI could not be reached: {error}") from None
            yield JsResponse(raw.js_object)
        finally:
            controller.abort()


async def read_body(request: Any, limit: int) -> bytes | None:
    """The body of a JavaScript `Request`, or None once it is larger than `limit` bytes; the rest is not read."""
    if not request.body:
        return b""
    reader = request.body.getReader()
    pieces: list[bytes] = []
    size = 0
    while not (result := await reader.read()).done:
        pieces.append(result.value.to_bytes())
        size += len(pieces[-1])
        if size > limit:
            await reader.cancel()
            return None
    return b"".join(pieces)


def stream_response(
    ctx: Any, request: Any, chunks: AsyncGenerator[list[ui.UIChunk]], headers: dict[str, str] | None = None
) -> Response:
    """A response that streams UI chunks: one write for each list.

    The iterator runs to its end also when the client has gone: what it does after its last chunk is done in any case.
    """
    stream = _Stream(request.js_object.signal)

    async def pump() -> None:
        try:
            async with aclosing(chunks):
                async for batch in chunks:
                    await stream.write(ui.encode(batch))
            await stream.write(DONE)
        except Exception:
            log.exception("A streamed answer failed")
            await stream.write(ui.encode([ui.Error(error_text=MASKED)]))
        finally:
            stream.close()

    # Eager: the model is called before the response is returned.
    ctx.waitUntil(asyncio.Task(pump(), loop=asyncio.get_running_loop(), eager_start=True))
    return Response(stream.body, headers=ui.HEADERS | (headers or {}))


class _Stream:
    """A ReadableStream that Python fills, with back-pressure. Writes to a client that has gone do nothing."""

    def __init__(self, signal: Any) -> None:
        self._controller: Any = None
        self._room: asyncio.Future[None] | None = None
        self._gone = False
        self._signal = signal
        self._on_gone = create_proxy(self._leave)
        self._source = [create_proxy(self._start), create_proxy(self._pull)]
        start, pull = self._source
        source = {"start": start, "pull": pull, "cancel": self._on_gone}
        self.body = js.ReadableStream.new(js_object(source), js_object({"highWaterMark": _HIGH_WATER_MARK}))
        signal.addEventListener("abort", self._on_gone)

    def _start(self, controller: Any) -> None:
        self._controller = controller

    def _pull(self, _controller: Any) -> None:
        if self._room and not self._room.done():
            self._room.set_result(None)

    def _leave(self, _reason: Any) -> None:
        self._gone = True
        self._pull(None)

    async def write(self, data: bytes) -> None:
        if self._gone:
            return
        self._controller.enqueue(to_js(data))
        if self._controller.desiredSize <= 0:
            self._room = asyncio.get_running_loop().create_future()
            await self._room

    def close(self) -> None:
        if not self._gone:
            self._controller.close()
        self._signal.removeEventListener("abort", self._on_gone)
        for proxy in (*self._source, self._on_gone):
            proxy.destroy()
