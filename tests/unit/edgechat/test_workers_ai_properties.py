from hypothesis import given
from hypothesis import strategies as st

from edgechat.model.parts import Finish, TextDelta
from edgechat.model.workers_ai import WorkersAIDecoder


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_any_bytes_end_in_one_finish_and_never_raise(pieces: list[bytes]) -> None:
    decoder = WorkersAIDecoder()
    parts = [part for piece in pieces for part in decoder.feed(piece)] + decoder.close()
    assert [part for part in parts if isinstance(part, Finish)] == parts[-1:]


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), lambda x: st.lists(x)))
def test_any_json_value_as_an_event_does_not_raise(value: object) -> None:
    import json

    decoder = WorkersAIDecoder()
    for shape in (value, {"response": value}, {"choices": value}, {"usage": value}):
        decoder.feed(b"data: " + json.dumps(shape).encode() + b"\n\n")
    assert isinstance(decoder.close()[-1], Finish)


@given(st.text(min_size=1))
def test_the_text_of_a_response_arrives_unchanged(text: str) -> None:
    import json

    decoder = WorkersAIDecoder()
    parts = decoder.feed(b"data: " + json.dumps({"response": text}).encode() + b"\n\n")
    deltas = [part.delta for part in parts if isinstance(part, TextDelta)]
    assert deltas in ([text], []) if any("\ud800" <= c <= "\udfff" for c in text) else deltas == [text]
