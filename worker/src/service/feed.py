"""Bytes on their way to one client, who may be slow: the sender does not wait."""

import asyncio
from collections.abc import AsyncGenerator


class Feed:
    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._is_closed = False
        self._news = asyncio.Event()

    def send(self, data: bytes) -> None:
        self._pieces.append(data)
        self._news.set()

    def close(self) -> None:
        self._is_closed = True
        self._news.set()

    async def pieces(self) -> AsyncGenerator[bytes]:
        """What has come since the last one."""
        while not self._is_closed or self._pieces:
            if self._pieces:
                data = b"".join(self._pieces)
                self._pieces.clear()
                yield data
            else:
                self._news.clear()
                await self._news.wait()
