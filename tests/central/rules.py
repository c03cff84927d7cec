"""What the three APIs have in common: what they refuse, and who speaks."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec


class Refusal(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def refuse_unless(condition: object, message: str) -> None:
    """As a 400."""
    if not condition:
        raise Refusal(400, "invalid_request_error", message)


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A part of a request. Null is no value, but where a type has it."""


class Speaker(Protocol):
    """Answers one request, in the events of its API."""

    def begin(self) -> bytes: ...

    def say(self, text: str) -> bytes: ...

    def think(self, text: str) -> bytes: ...

    def call(self, name: str, input: Any) -> bytes: ...

    def end(self) -> bytes: ...

    def fail(self, code: str, message: str) -> bytes:
        """An error after an answer with status 200 has begun."""
        ...


class API(Protocol):
    path: str

    def answer(self, headers: Mapping[str, str], body: bytes) -> Speaker:
        """Raises `Refusal`."""
        ...

    def refusal(self, refusal: Refusal) -> bytes:
        """Its body."""
        ...


def decoded[T](body: bytes, type: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=type)
    except msgspec.DecodeError as error:
        raise Refusal(400, "invalid_request_error", str(error)) from None


def sse(event: dict[str, Any], *, name: str | None = None) -> bytes:
    data = b"data: " + msgspec.json.encode(event) + b"\n\n"
    return f"event: {name}\n".encode() + data if name else data


def check_base64(data: str) -> bytes:
    try:
        found = b64decode(data, validate=True)
    except Base64Error:
        found = b""
    refuse_unless(found, "an image is no Base64")
    return found


_SIGNATURES = {
    "image/png": b"\x89PNG",
    "image/jpeg": b"\xff\xd8",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}


def check_image(media_type: str, data: str) -> None:
    refuse_unless(media_type in _SIGNATURES, f"images of type {media_type} are not supported")
    is_one = check_base64(data).startswith(_SIGNATURES.get(media_type, b""))
    refuse_unless(is_one, f"the image was specified using the media type {media_type}, but does not appear to be one")


def check_image_url(url: str) -> None:
    if url.startswith("data:"):
        head, _, data = url.removeprefix("data:").partition(",")
        refuse_unless(head.endswith(";base64"), "a data URL has to be Base64")
        check_image(head.removesuffix(";base64"), data)
    else:
        refuse_unless(url.startswith("https://"), "an image is at no URL")
