import pytest

from edgechat.errors import StreamFormatError
from edgechat.sse import ServerSentEvent, SSEDecoder, comment, encode


def decode(*pieces: bytes) -> list[ServerSentEvent]:
    decoder = SSEDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


def data_of(*pieces: bytes) -> list[str]:
    return [event.data for event in decode(*pieces)]


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_any_line_end_ends_a_line(end: bytes) -> None:
    assert data_of(b"data: a" + end + b"data: b" + end + end + b"data: c" + end + end + b"data: rest") == ["a\nb", "c"]


def test_a_crlf_that_is_cut_in_two_is_one_line_end() -> None:
    assert data_of(b"data: a\r", b"\ndata: b\r", b"\n\r", b"\n") == ["a\nb"]


def test_an_event_has_a_name_and_the_last_id_of_the_stream() -> None:
    events = decode(b"event: tick\nid: 7\ndata: a\n\ndata: b\n\nid: no\0good\ndata: c\n\n")
    assert events == [
        ServerSentEvent("a", "tick", "7"),
        ServerSentEvent("b", "message", "7"),
        ServerSentEvent("c", "message", "7"),
    ]


def test_comments_and_unknown_fields_and_empty_events_are_ignored() -> None:
    assert data_of(b": hello\nretry: 5\nfoo: bar\nevent: x\n\nnonsense\ndata:a\ndata\n\n") == ["a\n"]


def test_a_byte_order_mark_may_lead() -> None:
    assert data_of(b"\xef\xbb", b"\xbfdata: a\n\n") == ["a"]


def test_characters_cut_anywhere_are_put_together() -> None:
    whole = "data: São 🙂 東京\n\n".encode()
    assert data_of(*(whole[i : i + 1] for i in range(len(whole)))) == ["São 🙂 東京"]


def test_broken_utf8_is_replaced() -> None:
    assert data_of(b"data: a\xffb\n\n") == ["a\ufffdb"]


def test_an_event_that_the_end_cuts_off_is_dropped() -> None:
    assert data_of(b"data: a\n\ndata: half", b"") == ["a"]


def test_an_endless_line_is_refused_before_memory_runs_out() -> None:
    decoder = SSEDecoder(max_event_size=1000)
    with pytest.raises(StreamFormatError, match="larger than 1000"):
        for _ in range(100):
            decoder.feed(b"x" * 100)


def test_an_endless_event_is_refused() -> None:
    decoder = SSEDecoder(max_event_size=1000)
    with pytest.raises(StreamFormatError):
        for _ in range(100):
            decoder.feed(b"data: " + b"x" * 100 + b"\n")


def test_many_comments_are_not_an_endless_event() -> None:
    decoder = SSEDecoder(max_event_size=1000)
    for _ in range(1000):
        assert decoder.feed(b": keep-alive") == []
        assert decoder.feed(b"\n") == []


def test_encoded_data_comes_back() -> None:
    assert data_of(encode(b'{"a":1}')) == ['{"a":1}']
    assert data_of(encode(b"a\r\nb\rc\n")) == ["a\nb\nc\n"]
    assert decode(encode(b"a", id="9")) == [ServerSentEvent("a", "message", "9")]


def test_an_id_of_two_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="one line"):
        encode(b"a", id="1\ndata: forged")


def test_a_comment_cannot_smuggle_an_event() -> None:
    assert data_of(comment("ping\n\ndata: forged\n\n")) == []
