"""Server-sent events, both ways (WHATWG HTML, section 9.2: Server-sent events)."""

import codecs

import msgspec

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


class ServerSentEvent(msgspec.Struct, frozen=True):
    data: str
    event: str = "message"
    id: str | None = None
    """The last `id:` seen so far in the stream, as EventSource reports it."""


class SSEDecoder:
    """Bytes in, complete events out; the bytes may be cut anywhere.

    Follows the standard: CR, LF or CRLF end a line, a BOM may lead, comments and unknown fields are ignored, broken
    UTF-8 becomes U+FFFD, and an event that the end of the stream cuts off is dropped. Memory is bounded: an event of
    more than `max_event_size` bytes raises `StreamFormatError`.
    """

    def __init__(self, max_event_size: int = 16 * 1024 * 1024) -> None:
        self._max = max_event_size
        self._is_first_line = True
        self._line: list[bytes] = []  # the pieces of a line that has not ended
        self._line_size = 0
        self._after_cr = False
        self._data: list[bytes] = []
        self._data_size = 0
        self._event = ""
        self._id: str | None = None

    def feed(self, data: bytes) -> list[ServerSentEvent]:
        if self._after_cr or b"\r" in data:
            data = self._without_cr(data)
        lines = data.split(b"\n")
        rest = lines.pop()
        events: list[ServerSentEvent] = []
        if lines:
            if self._line:
                lines[0] = b"".join((*self._line, lines[0]))
                self._line.clear()
                self._line_size = 0
            if self._is_first_line:
                self._is_first_line = False
                lines[0] = lines[0].removeprefix(codecs.BOM_UTF8)
            for line in lines:
                if line:
                    self._field(line)
                    continue
                if self._data:
                    text = b"\n".join(self._data).decode(errors="replace")
                    events.append(ServerSentEvent(text, self._event or "message", self._id))
                    self._data.clear()
                    self._data_size = 0
                self._event = ""
        if rest:
            self._line.append(rest)
            self._line_size += len(rest)
        if self._line_size + self._data_size > self._max:
            raise StreamFormatError(f"A server-sent event is larger than {self._max} bytes.")
        return events

    def _without_cr(self, data: bytes) -> bytes:
        """The same with LF for each CR or CRLF. A CR at the end may be half of a CRLF: its LF comes next, if at all."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        if b"\r" in data:
            self._after_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        return data

    def _field(self, line: bytes) -> None:
        if line.startswith(b"data: "):  # nearly all
            self._data.append(line[6:])
            self._data_size += len(line)
            return
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
            self._data_size += len(line)
        elif name == b"event":
            self._event = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode(errors="replace")


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
