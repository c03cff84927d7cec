import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from edgechat.generate.smooth import Chunking, smooth_stream
from edgechat.generate.stream_parts import StreamPart
from edgechat.model.parts import ReasoningDelta, Source, TextDelta, TextEnd, TextStart

SOURCE = Source("url", "s", url="https://example.com")


async def smoothed(
    *batches: list[StreamPart], delay: float | None = None, chunking: Chunking = "word"
) -> list[list[StreamPart]]:
    async def read() -> AsyncIterator[list[StreamPart]]:
        for batch in batches:
            yield batch

    return [batch async for batch in smooth_stream(delay=delay, chunking=chunking)(read())]


async def pieces(*deltas: str, chunking: Chunking) -> list[str]:
    """The deltas that become of one block."""
    reads: list[list[StreamPart]] = [[TextDelta("t", delta)] for delta in deltas]
    batches = await smoothed(*reads, [TextEnd("t")], chunking=chunking)
    assert batches[-1][-1] == TextEnd("t")
    return [part.delta for batch in batches for part in batch if isinstance(part, TextDelta)]


@pytest.mark.parametrize(
    ("deltas", "chunking", "expected"),
    [
        (["Hel", "lo wor", "ld"], "word", ["Hello ", "world"]),
        (["one two three"], "word", ["one ", "two ", "three"]),
        (["  one", " \n", "  two "], "word", ["  one \n", "  two "]),
        (["one\ntwo", "\n", "\nthree"], "line", ["one\n", "two\n", "\n", "three"]),
        (["漢", "字かな", " a b"], re.compile(r"[\u3040-\u9fff]|\S+\s+"), ["漢", "字", "か", "な", " a ", "b"]),
        (["abcde"], lambda text: text[:2] or None, ["ab", "cd", "e"]),
        (["abcde"], lambda text: None, ["abcde"]),
    ],
)
async def test_deltas_become_whole_pieces(deltas: list[str], chunking: Chunking, expected: list[str]) -> None:
    assert await pieces(*deltas, chunking=chunking) == expected


async def test_what_comes_in_one_read_stays_together() -> None:
    batches = await smoothed([TextStart("t"), TextDelta("t", "one two")], [TextDelta("t", " three")], [TextEnd("t")])
    assert batches == [
        [TextStart("t"), TextDelta("t", "one ")],
        [TextDelta("t", "two ")],
        [TextDelta("t", "three"), TextEnd("t")],
    ]


async def test_a_read_that_ends_no_piece_gives_nothing() -> None:
    assert await smoothed([TextDelta("t", "o")], [TextDelta("t", "ne ")]) == [[TextDelta("t", "one ")]]


async def test_blocks_are_not_mixed() -> None:
    parts: list[StreamPart] = [
        TextDelta("a", "one"),
        TextDelta("b", "two"),
        ReasoningDelta("b", "three"),
        SOURCE,
        ReasoningDelta("b", "four "),
    ]
    assert await smoothed(parts) == [parts]


async def test_metadata_stays_with_the_delta_it_came_with() -> None:
    signed = TextDelta("t", "two", {"fake": {"signature": "s"}})
    mark = TextDelta("t", "", {"fake": {"signature": "s"}})
    assert await smoothed([TextDelta("t", "one"), signed, TextDelta("t", "three"), mark, TextDelta("t", "four")]) == [
        [TextDelta("t", "one"), signed, TextDelta("t", "three"), mark],
        [TextDelta("t", "four")],
    ]


async def test_what_waits_at_the_end_of_the_stream_is_given() -> None:
    assert await smoothed([TextDelta("t", "one")]) == [[TextDelta("t", "one")]]


async def test_with_a_delay_each_piece_is_waited_for() -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    batches = await smoothed([TextStart("t"), TextDelta("t", "one two three"), TextEnd("t")], delay=0.01)
    assert batches == [
        [TextStart("t"), TextDelta("t", "one ")],
        [TextDelta("t", "two ")],
        [TextDelta("t", "three"), TextEnd("t")],
    ]
    assert loop.time() - start > 0.01


@pytest.mark.parametrize("chunking", [re.compile("x*"), lambda text: "", lambda text: "something else"])
async def test_a_chunking_that_finds_no_beginning_is_refused(chunking: Chunking) -> None:
    with pytest.raises(ValueError, match="no beginning of 'abc'"):
        await pieces("abc", chunking=chunking)
