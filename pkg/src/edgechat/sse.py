"""Server-sent events, both ways (WHATWG HTML, section 9.2: Server-sent events)."""

import codecs
from typing import NamedTuple

from edgechat.errors import StreamFormatError

DONE = b"data: [DONE]\n\n"
"""Ends a complete UI message stream, and most streams of model providers."""

HEADERS = {
    "content-type": "text/event-stream",
    "cache-control": "no-cache, no-transform",
    # Proxies and `wrangler dev` would compress, and so buffer, what is to be seen at once.
    "content-encoding": "identity",
    "x-accel-buffering": "no",
}


class ServerSentEvent(NamedTuple):
    data: str
    event: str = "message"
    id: str | None = None
    """The last `id:` seen so far in the stream, as EventSource reports it."""


class SSEDecoder:
    """Bytes in, complete events out; the bytes may be cut anywhere.

    Follows the standard: CR, LF or CRLF end a line, a BOM may lead, comments and unknown fields are ignored, broken
    UTF-8 becomes U+FFFD, and an event that the end of the stream cuts off is dropped. Memory is bounded: an event of
    more than `max_event_size` characters raises `StreamFormatError`.
    """

    def __init__(self, max_event_size: int = 16 * 1024 * 1024) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8-sig")(errors="replace").decode
        self._max = max_event_size
        self._line: list[str] = []  # the pieces of a line that has not ended
        self._line_size = 0
        self._after_cr = False
        self._data: list[str] = []
        self._data_size = 0
        self._event = ""
        self._id: str | None = None

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        text = self._decode(data)
        if self._after_cr and text:
            text = text.removeprefix("\n")
            self._after_cr = False
        if "\r" in text:
            self._after_cr = text.endswith("\r")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        *lines, rest = text.split("\n")
        events: list[ServerSentEvent] = []
        if lines:
            lines[0] = "".join((*self._line, lines[0]))
            self._line.clear()
            self._line_size = 0
            for line in lines:
                if line:
                    self._field(line)
                else:
                    self._dispatch(events)
        if rest:
            self._line.append(rest)
            self._line_size += len(rest)
        if self._line_size + self._data_size > self._max:
            raise StreamFormatError(f"A server-sent event is larger than {self._max} characters.")
        return events

    def _field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._data_size += len(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        if self._data:
            events.append(ServerSentEvent("\n".join(self._data), self._event or "message", self._id))
            self._data.clear()
            self._data_size = 0
        self._event = ""


def encode(data: bytes, *, id: str | None = None) -> bytes:
    """One event. JSON from `msgspec.json.encode` has no line breaks; other data may have, and becomes several lines."""
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\ndata: ")
    if id is None:
        return b"data: " + lines + b"\n\n"
    if "\n" in id or "\r" in id or "\0" in id:
        raise ValueError("The id of a server-sent event must be one line.")
    return b"id: " + id.encode() + b"\ndata: " + lines + b"\n\n"


def comment(text: str) -> bytes:
    """A line that clients ignore: it keeps an idle connection open."""
    return b": " + text.replace("\r", " ").replace("\n", " ").encode() + b"\n\n"
