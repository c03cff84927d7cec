"""A client that is cut off after any byte, and comes back. It speaks HTTP itself: there are a thousand of it."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage


class Answer(NamedTuple):
    status: int
    body: bytes


async def ask(
    url: str, headers: Mapping[str, str], body: dict[str, Any] | None = None, *, cut_after: int | None = None
) -> Answer:
    """A GET, or a POST if there is a body. With `cut_after` the connection is cut after so many bytes of the answer."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        data = b"" if body is None else json.dumps(body).encode()
        lines = {"host": address.netloc, "content-length": str(len(data)), "content-type": "application/json"}
        head = [f"{'GET' if body is None else 'POST'} {address.path} HTTP/1.1"]
        head += [f"{name}: {value}" for name, value in ({**lines, **headers, "connection": "close"}).items()]
        writer.write("\r\n".join([*head, "", ""]).encode() + data)
        answered = await reader.readuntil(b"\r\n\r\n")
        status = int(answered.split(None, 2)[1])
        if b"transfer-encoding: chunked" in answered.lower():
            return Answer(status, await _read_chunked(reader, cut_after))
        return Answer(status, await reader.read())
    finally:
        writer.transport.abort()


async def _read_chunked(reader: asyncio.StreamReader, cut_after: int | None) -> bytes:
    body = b""
    while cut_after is None or len(body) < cut_after:
        size = int(await reader.readline(), 16)
        if size == 0:
            break
        body += (await reader.readexactly(size + 2))[:-2]
    return body[:cut_after]


class Client:
    """Folds what it gets, as a page does, to what it has. `cursor` is the number after which it wants to have more."""

    def __init__(self, cursor: int | None = None, *, message: UIMessage | None = None) -> None:
        self._decoder = ui.ChunkDecoder()
        self._fold = MessageFold(message or UIMessage(id="", role="assistant"))
        self.cursor = None if cursor is None else str(cursor)
        self.is_done = False

    def read(self, data: bytes) -> None:
        for chunk in self._decoder.feed(data):
            self._fold.apply(chunk)
        self.cursor = self._decoder.last_id or self.cursor
        self.is_done = self._decoder.done

    def come_back(self) -> dict[str, str]:
        """The headers with which it asks for the rest. What was cut in the middle comes again."""
        self._decoder = ui.ChunkDecoder()
        return {"last-event-id": self.cursor} if self.cursor else {}

    @property
    def message(self) -> UIMessage:
        self._fold.close()
        return self._fold.message
