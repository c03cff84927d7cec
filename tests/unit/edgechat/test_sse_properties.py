from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edgechat.sse import ServerSentEvent, SSEDecoder, encode


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in pairwise(edges)]


def decode(pieces: list[bytes]) -> list[ServerSentEvent]:
    decoder = SSEDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


places = st.lists(st.integers(0, 10_000), max_size=20)
lines = st.lists(st.sampled_from([b"data: a", b"data:b\xc3\xa9", b"event: x", b"id: 1", b": c", b"", b"\xff\xfe"]))


@given(st.binary(max_size=500), places)
def test_where_the_bytes_are_cut_does_not_matter(data: bytes, where: list[int]) -> None:
    assert decode(cut(data, where)) == decode([data])


@given(lines, st.sampled_from([b"\n", b"\r", b"\r\n"]), places)
def test_which_line_end_is_used_does_not_matter(content: list[bytes], end: bytes, where: list[int]) -> None:
    text = [line + b"\n" for line in content]
    assert decode(cut(end.join([*content, b""]), where)) == decode(text)


@given(st.lists(st.text(), max_size=10), places)
def test_what_was_encoded_comes_back(texts: list[str], where: list[int]) -> None:
    data = b"".join(encode(text.encode(errors="replace")) for text in texts)
    expected = [text.encode(errors="replace").decode().replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    assert [event.data for event in decode(cut(data, where))] == expected
