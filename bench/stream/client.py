"""A client that costs little next to what it measures: it looks at an answer only after its end."""

import asyncio
import time
from dataclasses import dataclass
from typing import Self

_LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    first_byte: float
    """Seconds from the request to the first byte of the body."""
    first_token: float
    """Seconds to the first text; for an answer without any, to its end."""
    total: float
    body: bytes


class Connection:
    """One connection to a server on this machine, kept alive: opening it is not measured."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, url: str) -> Self:
        host, _, port = url.removeprefix("http://").partition(":")
        return cls(*await asyncio.open_connection(host, int(port), limit=2**20))

    async def ask(self, query: str) -> Answer:
        started = time.perf_counter()
        self._writer.write(f"GET /?{query} HTTP/1.1\r\nhost: bench\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"The Worker answered {head.decode()}")
        pieces: list[bytes] = []
        first_byte = first_token = 0.0
        while not (pieces and b"".join(pieces[-2:]).endswith(_LAST_CHUNK)):
            piece = await self._reader.read(2**20)
            if not piece:
                raise RuntimeError("The Worker cut its answer off.")
            pieces.append(piece)
            first_byte = first_byte or time.perf_counter() - started
            if not first_token and b"text-delta" in piece:
                first_token = time.perf_counter() - started
        total = time.perf_counter() - started
        return Answer(first_byte, first_token or total, total, _without_framing(b"".join(pieces)))

    def close(self) -> None:
        self._writer.close()


def _without_framing(body: bytes) -> bytes:
    """The body without the chunks in which HTTP/1.1 sent it."""
    pieces = []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        pieces.append(rest[:length])
        body = rest[length + 2 :]
    return b"".join(pieces)
