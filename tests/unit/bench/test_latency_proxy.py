import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.latency.proxy import DelayProxy

ROUND_TRIP = 0.04
MUCH = 4_000_000


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(2**16):
        writer.write(data)
        await writer.drain()
    writer.write(b"the end")
    writer.close()


@asynccontextmanager
async def far_away() -> AsyncIterator[tuple[DelayProxy, int]]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, DelayProxy.listening(server.sockets[0].getsockname()[1], ROUND_TRIP) as (proxy, port):
        yield proxy, port


async def ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> float:
    """Seconds there and back."""
    started = time.monotonic()
    writer.write(b"ping")
    assert await reader.readexactly(4) == b"ping"
    return time.monotonic() - started


async def test_what_is_said_comes_back_a_round_trip_later() -> None:
    async with far_away() as (_, port):
        connection = await asyncio.open_connection("127.0.0.1", port)
        await ping(*connection)
        times = [await ping(*connection) for _ in range(5)]
        connection[1].close()
    assert min(times) >= ROUND_TRIP
    assert min(times) < 2 * ROUND_TRIP


async def test_a_new_connection_pays_the_round_trip_of_its_handshake() -> None:
    times = []
    async with far_away() as (_, port):
        for _ in range(5):
            connection = await asyncio.open_connection("127.0.0.1", port)
            times.append(await ping(*connection))
            connection[1].close()
    assert min(times) >= 2 * ROUND_TRIP
    assert min(times) < 3 * ROUND_TRIP


async def test_much_travels_together_and_in_order() -> None:
    sent = bytes(range(256)) * (MUCH // 256)
    async with far_away() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        started = time.monotonic()
        writer.write(sent)
        assert await reader.readexactly(len(sent)) == sent
        writer.close()
    # One read after the other would take a round trip for each.
    assert time.monotonic() - started < ROUND_TRIP * MUCH / 2**16


async def test_who_has_said_all_still_hears_the_rest() -> None:
    async with far_away() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"all")
        writer.write_eof()
        assert await reader.read() == b"allthe end"
        writer.close()


async def test_who_was_hung_up_on_needs_a_new_connection() -> None:
    async with far_away() as (proxy, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await ping(reader, writer)
        proxy.hang_up()
        assert await reader.read() == b""
        writer.close()
        again = await asyncio.open_connection("127.0.0.1", port)
        assert await ping(*again) >= 2 * ROUND_TRIP
        again[1].close()


async def test_a_server_that_is_not_there_ends_the_connection() -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with DelayProxy.listening(port, ROUND_TRIP) as (_, near):
        reader, writer = await asyncio.open_connection("127.0.0.1", near)
        assert await reader.read() == b""
        writer.close()
