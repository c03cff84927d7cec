"""Requests and responses as the service sees them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

import msgspec

from edgechat.json import JSONDecoder

MAX_BODY = 1024 * 1024
"""Bytes. An AI SDK client sends the whole conversation with each message."""

type EventStream = AsyncGenerator[bytes]
"""It is run to its end, also when the client has gone."""


class HTTPError(Exception):
    """Becomes `{"error": {"code", "message"}}`. The message is for the reader of the page."""

    def __init__(self, status: HTTPStatus, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = dict(headers or {})


class Unavailable(HTTPError):
    """A store does not answer, or not in time."""

    def __init__(self) -> None:
        super().__init__(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "unavailable",
            "The service cannot reach its data at the moment. Nothing is lost: please try again in a few seconds.",
            {"retry-after": "5"},
        )


class Store(Protocol):
    """Moves the body of a request into R2, under a key, unless there is something. `check` gets its first bytes and may
    raise. False, and nothing is stored, if it has not exactly `size` bytes."""

    async def __call__(
        self, bucket: Any, key: str, size: int, check: Callable[[bytes], None], options: Mapping[str, Any]
    ) -> bool: ...


async def _never() -> None:
    await asyncio.Future()


async def _no_store(*_: Any, **__: Any) -> bool:
    return False


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    read: Callable[[int], Awaitable[bytes | None]]
    """Reads the body, or gives None when it is larger than so many bytes."""
    origin: str = ""
    """Of the URL that it was sent to, such as "https://chat.example.org"."""
    store: Store = _no_store
    query: Mapping[str, str] = field(default_factory=dict)
    left: Callable[[], Awaitable[None]] = _never
    """Returns when the client has gone."""

    async def json[T](self, decoder: JSONDecoder[T], default: T | None = None) -> T:
        """The body, checked against a type. An empty one is the default, if there is one."""
        is_json = self.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
        if not is_json and default is None:
            raise _unsupported()
        body = await self.read(MAX_BODY)
        if body is None:
            raise HTTPError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", f"The body is larger than {MAX_BODY} bytes."
            )
        if default is not None and not body:
            return default
        if not is_json:
            raise _unsupported()
        return parse(body, decoder.decode)

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (pair.partition("=") for pair in self.headers.get("cookie", "").split(";"))
        return {name.strip(): value.strip() for name, _, value in pairs}


def parse[T](data: bytes | msgspec.Raw, decode: Callable[[bytes | msgspec.Raw], T]) -> T:
    """JSON checked against a type; what is wrong with it becomes a 400 that names the field."""
    try:
        return decode(data)
    except msgspec.ValidationError as error:
        raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_request", str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise HTTPError(HTTPStatus.BAD_REQUEST, "invalid_json", "The body is not valid JSON.") from None


@dataclass(frozen=True)
class Stream:
    """A body that the platform moves, such as that of an object in R2."""

    readable: Any


@dataclass(frozen=True)
class Download:
    """A body that is made while it is sent. It breaks off where that fails."""

    pieces: AsyncGenerator[bytes]


@dataclass(frozen=True)
class Response:
    body: bytes | EventStream | Stream | Download = b""
    status: HTTPStatus = HTTPStatus.OK
    headers: dict[str, str] = field(default_factory=dict)


def json_response(value: Any, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    fixed = {"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(msgspec.json.encode(value), status, fixed | dict(headers or {}))


def error_response(error: HTTPError) -> Response:
    return json_response({"error": {"code": error.code, "message": str(error)}}, error.status, error.headers)


def _unsupported() -> HTTPError:
    return HTTPError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Send application/json.")


def unknown_chat() -> HTTPError:
    return HTTPError(HTTPStatus.NOT_FOUND, "unknown_chat", "There is no such conversation.")
