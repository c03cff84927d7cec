from contextlib import suppress
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edgechat.errors import InvalidChunkError
from edgechat.sse import DONE
from edgechat.ui import chunks as ui

chunks = st.lists(
    st.builds(ui.TextDelta, id=st.text(), delta=st.text())
    | st.builds(ui.Data, type=st.text().map("data-".__add__), data=st.none() | st.text() | st.lists(st.integers(0, 9)))
    | st.sampled_from([ui.Start(message_id="m"), ui.ToolOutputDenied(tool_call_id="\r\n: x\n\ndata: y")]),
    max_size=10,
)
places = st.lists(st.integers(0, 10_000), max_size=20)


@given(chunks, places, st.none() | st.integers(0, 1000))
def test_where_a_stream_is_cut_does_not_matter(sent: list[ui.UIChunk], where: list[int], first_id: int | None) -> None:
    data = ui.STREAM_OPEN + ui.encode(sent, first_id=first_id) + ui.KEEP_ALIVE + DONE
    decoder = ui.ChunkDecoder()
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in where)})
    assert [chunk for a, b in pairwise(edges) for chunk in decoder.feed(data[a:b])] == sent
    assert decoder.done


@given(st.binary() | st.text() | st.binary().map(b'{"type":"text-delta","id":"'.__add__))
def test_any_text_is_a_chunk_or_an_invalid_one(text: bytes | str) -> None:
    with suppress(InvalidChunkError):
        ui.decode(text)


@given(st.lists(st.binary().map(b"data: ".__add__)))
def test_any_bytes_are_chunks_or_an_invalid_one(pieces: list[bytes]) -> None:
    decoder = ui.ChunkDecoder()
    with suppress(InvalidChunkError):
        for piece in pieces:
            decoder.feed(piece + b"\n\n")
