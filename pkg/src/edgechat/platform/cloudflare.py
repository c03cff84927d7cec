"""In a Cloudflare Python Worker: the AI binding, and answers that stream.

Needs `workers-runtime-sdk` 1.9 or newer. The compatibility flag `enable_request_signal` lets a Worker hear that its
client has gone; Cloudflare then gives it 30 seconds to finish.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, closing, suppress
from typing import Any

import js
from pyodide.ffi import JsException, create_proxy, to_js
from workers import Response

from edgechat.errors import MASKED, APICallError
from edgechat.http import FetchResponse
from edgechat.model.types import ModelRequest
from edgechat.platform._fetch import JsResponse, fetch
from edgechat.platform._js import headers_of, js_object
from edgechat.platform._streams import Writer
from edgechat.sse import DONE
from edgechat.ui import chunks as ui

__all__ = [
    "AIBinding",
    "JsResponse",
    "Writer",
    "fetch",
    "headers_of",
    "js_object",
    "read_body",
    "store_body",
    "stream_bytes",
    "stream_response",
    "until_aborted",
]

log = logging.getLogger("edgechat")

START = 512
"""So many first bytes of what is stored are checked."""


class AIBinding:
    """Sends requests to `env.AI`. `gateway` is the id of an AI Gateway, which models of other providers need."""

    def __init__(self, ai: Any, *, gateway: str | None = None) -> None:
        self._ai = ai
        self._options = {"gateway": {"id": gateway}} if gateway else {}

    @asynccontextmanager
    async def __call__(self, request: ModelRequest) -> AsyncIterator[FetchResponse]:
        controller = js.AbortController.new()
        # The raw response has the status and the headers, and its setting is the same for all calls: the binding keeps
        # it on the instance, where two calls would cross.
        options = {
            **self._options,
            "returnRawResponse": True,
            "extraHeaders": dict(request.headers),
            "signal": controller.signal,
        }
        # One crossing for the whole history: converting dicts would walk each message in Python.
        inputs = js.JSON.parse(request.body.decode())
        try:
            try:
                raw = await self._ai.run(request.model, inputs, js_object(options))
            except JsException as error:
                raise APICallError(f"Workers AI could not be reached: {error}") from None
            with closing(JsResponse(raw.js_object)) as response:
                yield response
        finally:
            controller.abort()


async def until_aborted(signal: Any) -> None:
    """Returns when an `AbortSignal` is given: by that of its request a Worker hears that the client has gone."""
    if signal.aborted:
        return
    aborted = asyncio.get_running_loop().create_future()

    def end(_event: Any) -> None:
        if not aborted.done():
            aborted.set_result(None)

    listener = create_proxy(end)
    signal.addEventListener("abort", listener)
    try:
        await aborted
    finally:
        signal.removeEventListener("abort", listener)
        listener.destroy()


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


async def store_body(
    request: Any, bucket: Any, key: str, size: int, check: Callable[[bytes], None], options: Mapping[str, Any]
) -> bool:
    """Streams the body of a JavaScript `Request` into R2, past Python but for its first bytes, which `check` may refuse
    by raising. An object that is there already stays as it is.

    False, and nothing is stored, if the body has not exactly `size` bytes.
    """
    if not request.body:
        return False
    reader = request.body.getReader()
    start = b""
    while len(start) < START and not (result := await reader.read()).done:
        start += result.value.to_bytes()
    try:
        check(start)
    except Exception:
        # Who is still sending might not hear the answer.
        seen = len(start)
        while seen < size and not (result := await reader.read()).done:
            seen += result.value.length
        await reader.cancel()
        raise
    reader.releaseLock()
    exact = js.FixedLengthStream.new(size)

    async def feed() -> None:
        writer = exact.writable.getWriter()
        with suppress(JsException):  # `put` fails of the same
            await writer.write(to_js(start))
            writer.releaseLock()
            await request.body.pipeTo(exact.writable)

    putting = bucket.put(key, exact.readable, {**options, "onlyIf": {"etagDoesNotMatch": "*"}})
    feeding = asyncio.ensure_future(feed())
    try:
        await putting
    except JsException as error:
        if "FixedLengthStream" in str(error):
            return False
        raise
    finally:
        feeding.cancel()
    return True


def stream_bytes(ctx: Any, request: Any, pieces: AsyncGenerator[bytes], headers: dict[str, str]) -> Response:
    """A response that streams bytes, as long as its client is there. It breaks off where the generator fails."""
    writer = Writer(request.js_object.signal)

    async def pump() -> None:
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    await writer.write(piece)
                    if writer.is_left:
                        break
        except Exception:
            log.exception("A download failed")
            writer.fail()
        else:
            writer.close()

    ctx.waitUntil(pump())
    return Response(js.Response.new(writer.stream, js_object({"headers": headers})))


def stream_response(
    ctx: Any, request: Any, chunks: AsyncGenerator[list[ui.UIChunk]], headers: dict[str, str] | None = None
) -> Response:
    """A response that streams UI chunks: one write for each list.

    The iterator runs to its end also when the client has gone: what it does after its last chunk is done in any case.
    """
    writer = Writer(request.js_object.signal)

    async def pump() -> None:
        try:
            async with aclosing(chunks):
                async for batch in chunks:
                    await writer.write(ui.encode(batch))
            await writer.write(DONE)
        except Exception:
            log.exception("A streamed answer failed")
            await writer.write(ui.encode([ui.Error(error_text=MASKED)]))
        finally:
            writer.close()

    # Eager: the model is called before the response is returned.
    ctx.waitUntil(asyncio.Task(pump(), loop=asyncio.get_running_loop(), eager_start=True))
    # The SDK would convert the headers one by one.
    return Response(js.Response.new(writer.stream, js_object({"headers": ui.HEADERS | (headers or {})})))
