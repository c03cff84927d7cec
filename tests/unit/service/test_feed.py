import asyncio

from service.feed import Feed


async def test_what_was_sent_since_the_last_read_comes_in_one_piece() -> None:
    feed = Feed()
    pieces = feed.pieces()
    feed.send(b"a")
    feed.send(b"b")
    assert await anext(pieces) == b"ab"
    later = asyncio.ensure_future(anext(pieces))
    await asyncio.sleep(0)
    feed.send(b"c")
    assert await later == b"c"
    feed.send(b"d")
    feed.close()
    assert [piece async for piece in pieces] == [b"d"]


async def test_a_feed_ends_while_its_reader_waits() -> None:
    feed = Feed()
    reading = asyncio.ensure_future(anext(feed.pieces(), None))
    await asyncio.sleep(0)
    feed.close()
    assert await reading is None
