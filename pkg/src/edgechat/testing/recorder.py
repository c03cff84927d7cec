"""Recordings of real answers, to be played in tests: a line of JSON for each request.

A line has the request without its credentials, and the answer's status, headers and chunks as they were read, with the
seconds since the request was sent.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import msgspec

from edgechat.errors import APICallError
from edgechat.http import Fetch, FetchResponse
from edgechat.testing.fetch import BodyStep, ByPieces, FakeResponse, HTTPAnswer
from edgechat.testing.script import Sleep, wait

type _Answer = AbstractAsyncContextManager[FetchResponse]

_SECRET_HEADER = re.compile(r"authorization|api-?key|cookie|secret|token$", re.IGNORECASE)
_SECRET_IN_URL = re.compile(
    r"(?<=//)[^/@]*(?=@)|(?<=[?&])([^=&#]*(?:key|secret|signature|token)=)[^&#]*", re.IGNORECASE
)
_REDACTED = "REDACTED"


class _Data(msgspec.Struct, kw_only=True, omit_defaults=True):
    text: str | None = None
    base64: bytes | None = None
    """What is no UTF-8, such as half a character."""
    at: float = 0.0
    """When it was read."""

    @classmethod
    def of(cls, data: bytes, at: float = 0.0) -> "_Data":
        try:
            return cls(text=data.decode(), at=at)
        except UnicodeDecodeError:
            return cls(base64=data, at=at)


class _Exchange(msgspec.Struct, rename="camel", kw_only=True, omit_defaults=True):
    method: str
    url: str
    headers: dict[str, str]
    body: _Data | None = None
    status: int | None = None
    answered_at: float = 0.0
    response_headers: dict[str, str] = {}
    chunks: list[_Data] = []
    error: str | None = None
    """How the connection was lost, if it was."""
    is_whole: bool = False
    """Whether the answer was read to its end."""


def record(fetch: Fetch, path: str | Path, *, clock: Callable[[], float] = time.perf_counter) -> Fetch:
    """A `Fetch` that writes all that passes through it to a new file."""
    file = _new(path)

    def recorded(
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        credentials: str | None = None,
    ) -> _Answer:
        answer = fetch(url, method=method, headers=headers, body=body, credentials=credentials)
        return _record(answer, _request(method, url, headers, body), file, clock)

    return recorded


def replay(path: str | Path, *, speed: float = 0, sleep: Sleep = asyncio.sleep) -> Fetch:
    """A `Fetch` that gives the answers of a recording in their order: at once, or `speed` times as fast as they came.

    Raises `AssertionError` for a request to another address than the recorded one, and for one too many.
    """
    exchanges = _load(path)

    def replayed(
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        credentials: str | None = None,  # noqa: ARG001 - none are recorded
    ) -> _Answer:
        return _replay(exchanges, _request(method, url, headers, body), speed, sleep)

    return replayed


def _new(path: str | Path) -> Path:
    file = Path(path)
    file.write_bytes(b"")
    return file


def _load(path: str | Path) -> Iterator[_Exchange]:
    lines = Path(path).read_bytes().splitlines()
    return iter([msgspec.json.decode(line, type=_Exchange) for line in lines])


def _request(method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None) -> _Exchange:
    return _Exchange(
        method=method,
        url=_SECRET_IN_URL.sub(lambda found: (found[1] or "") + _REDACTED, url),
        headers=_without_secrets(headers or {}),
        body=None if body is None else _Data.of(body),
    )


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: _REDACTED if _SECRET_HEADER.search(name) else value for name, value in headers.items()}


@asynccontextmanager
async def _record(
    answer: _Answer, exchange: _Exchange, file: Path, clock: Callable[[], float]
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


class _Recorded(ByPieces):
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
            self._exchange.chunks.append(_Data.of(data, self.now()))
        return data


@asynccontextmanager
async def _replay(
    exchanges: Iterator[_Exchange], request: _Exchange, speed: float, sleep: Sleep
) -> AsyncGenerator[FetchResponse]:
    asked = f"{request.method} {request.url}"
    exchange = next(exchanges, None)
    if exchange is None:
        raise AssertionError(f"{asked} is one request more than the recording has.")
    if asked != f"{exchange.method} {exchange.url}":
        raise AssertionError(f"{asked} is not what was recorded: {exchange.method} {exchange.url}.")
    if exchange.status is None:
        raise APICallError(exchange.error or "")
    if speed:
        await sleep(exchange.answered_at / speed)
    answer = HTTPAnswer(*_steps(exchange, speed), status=exchange.status, headers=exchange.response_headers)
    yield FakeResponse(answer, sleep)


def _steps(exchange: _Exchange, speed: float) -> Iterator[BodyStep]:
    last = exchange.answered_at
    for chunk in exchange.chunks:
        if speed:
            yield wait((chunk.at - last) / speed)
        last = chunk.at
        yield chunk.base64 or chunk.text or ""
    if not exchange.is_whole:
        yield APICallError(exchange.error or "The recording ends here: more of the answer was not read.")
