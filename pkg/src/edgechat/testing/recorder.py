"""Recordings of real answers, to be played in tests: a line of JSON for each request.

A line has the request without its credentials, and the answer's status, headers and chunks as they were read, with the
seconds since the request was sent.
"""

import asyncio
import base64
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import msgspec

from edgechat.errors import APICallError
from edgechat.http import Fetch, FetchResponse
from edgechat.model.types import ModelRequest, Sender

_SECRET_HEADER = re.compile(r"authorization|api-?key|cookie|secret|token$", re.IGNORECASE)
_SECRET_IN_URL = re.compile(
    r"(?<=//)[^/@]*(?=@)|(?<=[?&])([^=&#]*(?:key|secret|signature|token)=)[^&#]*", re.IGNORECASE
)
_REDACTED = "REDACTED"


class _Data(msgspec.Struct, kw_only=True, omit_defaults=True):
    text: str | None = None
    encoded: str | None = msgspec.field(default=None, name="base64")
    """What is no UTF-8, such as half a character."""

    def __bytes__(self) -> bytes:
        return base64.b64decode(self.encoded or "") if self.text is None else self.text.encode()


class _Chunk(_Data, kw_only=True):
    at: float


class _Exchange(msgspec.Struct, rename="camel", kw_only=True, omit_defaults=True):
    method: str
    url: str
    headers: dict[str, str]
    body: _Data | None = None
    status: int | None = None
    answered_at: float = 0.0
    response_headers: dict[str, str] = {}
    chunks: list[_Chunk] = []
    error: str | None = None
    """How the connection was lost, if it was."""
    is_whole: bool = False
    """Whether the answer was read to its end."""


def record(fetch: Fetch, path: str | Path, *, clock: Callable[[], float] = time.perf_counter) -> Fetch:
    """A `Fetch` that writes all that passes through it to a new file."""
    file = _new(path)

    def recorded(
        url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> AbstractAsyncContextManager[FetchResponse]:
        answer = fetch(url, method=method, headers=headers, body=body)
        return _record(answer, _request(method, url, headers or {}, body), file, clock)

    return recorded


def record_sender(send: Sender, path: str | Path, *, clock: Callable[[], float] = time.perf_counter) -> Sender:
    """A `Sender` that writes all that passes through it to a new file."""
    file = _new(path)

    def recorded(request: ModelRequest) -> AbstractAsyncContextManager[FetchResponse]:
        return _record(send(request), _model_request(request), file, clock)

    return recorded


def replay(path: str | Path, *, speed: float = 0, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep) -> Fetch:
    """A `Fetch` that gives the answers of a recording in their order: at once, or `speed` times as fast as they came.

    Raises `AssertionError` for a request to another address than the recorded one, and for one too many.
    """
    exchanges = _load(path)

    def replayed(
        url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> AbstractAsyncContextManager[FetchResponse]:
        return _replay(exchanges, _request(method, url, headers or {}, body), speed, sleep)

    return replayed


def replay_sender(
    path: str | Path, *, speed: float = 0, sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> Sender:
    """Like `replay`, for models that are reached through a binding."""
    exchanges = _load(path)

    def replayed(request: ModelRequest) -> AbstractAsyncContextManager[FetchResponse]:
        return _replay(exchanges, _model_request(request), speed, sleep)

    return replayed


def _new(path: str | Path) -> Path:
    file = Path(path)
    file.write_bytes(b"")
    return file


def _load(path: str | Path) -> Iterator[_Exchange]:
    lines = Path(path).read_bytes().splitlines()
    return iter([msgspec.json.decode(line, type=_Exchange) for line in lines])


def _request(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> _Exchange:
    return _Exchange(
        method=method,
        url=_SECRET_IN_URL.sub(lambda found: (found[1] or "") + _REDACTED, url),
        headers=_without_secrets(headers),
        body=None if body is None else _Data(**_text_or_base64(body)),
    )


def _model_request(request: ModelRequest) -> _Exchange:
    return _request("POST", request.url or f"binding:{request.model}", request.headers, request.body)


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: _REDACTED if _SECRET_HEADER.search(name) else value for name, value in headers.items()}


def _text_or_base64(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"encoded": base64.b64encode(data).decode()}


@asynccontextmanager
async def _record(
    answer: AbstractAsyncContextManager[FetchResponse], exchange: _Exchange, file: Path, clock: Callable[[], float]
) -> AsyncGenerator[FetchResponse]:
    started = clock()
    try:
        async with AsyncExitStack() as stack:
            with _losses(exchange):
                response = await stack.enter_async_context(answer)
            recorded = _Recorded(response, exchange, lambda: round(clock() - started, 6))
            exchange.answered_at = recorded.now()
            exchange.status = response.status
            exchange.response_headers = _without_secrets(response.headers)
            yield recorded
    finally:
        with file.open("ab") as lines:
            lines.write(msgspec.json.encode(exchange) + b"\n")


@contextmanager
def _losses(exchange: _Exchange) -> Iterator[None]:
    try:
        yield
    except APICallError as error:
        exchange.error = str(error)
        raise


class _Recorded:
    """A `FetchResponse` that notes what is read of another."""

    def __init__(self, response: FetchResponse, exchange: _Exchange, now: Callable[[], float]) -> None:
        self.status = response.status
        self.headers = response.headers
        self.now = now
        self._response = response
        self._exchange = exchange

    async def read(self) -> bytes | None:
        with _losses(self._exchange):
            data = await self._response.read()
        if data is None:
            self._exchange.is_whole = True
        else:
            self._exchange.chunks.append(_Chunk(at=self.now(), **_text_or_base64(data)))
        return data

    async def text(self) -> str:
        with _losses(self._exchange):
            text = await self._response.text()
        self._exchange.is_whole = True
        self._exchange.chunks.append(_Chunk(at=self.now(), text=text))
        return text


@asynccontextmanager
async def _replay(
    exchanges: Iterator[_Exchange],
    request: _Exchange,
    speed: float,
    sleep: Callable[[float], Awaitable[object]],
) -> AsyncGenerator[FetchResponse]:
    exchange = next(exchanges, None)
    if exchange is None:
        raise AssertionError(f"{request.method} {request.url} is one request more than the recording has.")
    if (exchange.method, exchange.url) != (request.method, request.url):
        raise AssertionError(
            f"{request.method} {request.url} is not what was recorded: {exchange.method} {exchange.url}."
        )
    response = _Replayed(exchange, speed, sleep)
    if exchange.status is None:
        raise APICallError(exchange.error or "")
    await response.wait_until(exchange.answered_at)
    yield response


class _Replayed:
    """A `FetchResponse` from a recording."""

    def __init__(self, exchange: _Exchange, speed: float, sleep: Callable[[float], Awaitable[object]]) -> None:
        self.status = exchange.status or 0
        self.headers = exchange.response_headers
        self._exchange = exchange
        self._chunks = iter(exchange.chunks)
        self._speed = speed
        self._sleep = sleep
        self._at = 0.0

    async def wait_until(self, at: float) -> None:
        if self._speed:
            await self._sleep((at - self._at) / self._speed)
            self._at = at

    async def read(self) -> bytes | None:
        if chunk := next(self._chunks, None):
            await self.wait_until(chunk.at)
            return bytes(chunk)
        if self._exchange.is_whole:
            return None
        raise APICallError(self._exchange.error or "The recording ends here: more of the answer was not read.")

    async def text(self) -> str:
        pieces: list[bytes] = []
        while (piece := await self.read()) is not None:
            pieces.append(piece)
        return b"".join(pieces).decode(errors="replace")
