"""A TCP proxy that is far away: what it passes on arrives half a round trip later, as much at a time as before.

Its own handshake is this machine's and takes no time, so what a client says on a new connection waits for the round
trip that a handshake would have taken. Nothing is lost, and no window has to grow.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

_LARGEST_READ = 2**16


class DelayProxy:
    """Of a server on this machine. `round_trip` is in seconds."""

    def __init__(self, port: int, round_trip: float) -> None:
        self.opened = 0
        """Connections, so far."""
        self._port = port
        self._round_trip = round_trip
        self._clients: set[asyncio.StreamWriter] = set()

    @classmethod
    @asynccontextmanager
    async def listening(cls, port: int, round_trip: float) -> AsyncIterator[tuple[Self, int]]:
        """The proxy and its port, until the block ends."""
        proxy = cls(port, round_trip)
        listener = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
        try:
            yield proxy, listener.sockets[0].getsockname()[1]
        finally:
            listener.close()
            proxy.hang_up()
            await listener.wait_closed()

    def hang_up(self) -> None:
        """Ends all connections: whoever goes on needs a new one."""
        for client in self._clients:
            client.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        established = asyncio.get_running_loop().time() + self._round_trip
        self.opened += 1
        self._clients.add(writer)
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                async with asyncio.TaskGroup() as directions:
                    directions.create_task(self._pass_on(reader, server_writer, established))
                    directions.create_task(self._pass_on(server_reader, writer))
            finally:
                server_writer.close()
        except* ConnectionError:
            pass  # one of both has gone, and the other is told by the end of its connection
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, established: float = 0.0
    ) -> None:
        """One direction, until its end has arrived."""
        loop = asyncio.get_running_loop()
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def send() -> None:
            while True:
                data = await reader.read(_LARGEST_READ)
                sent = max(loop.time(), established)
                under_way.put_nowait((sent + self._round_trip / 2, data))
                if not data:
                    break

        async def arrive() -> None:
            while True:
                due, data = await under_way.get()
                await asyncio.sleep(due - loop.time())
                if not data:
                    break
                writer.write(data)
                await writer.drain()
            writer.write_eof()

        async with asyncio.TaskGroup() as ends:
            ends.create_task(send())
            ends.create_task(arrive())
