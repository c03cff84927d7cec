import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edgechat.errors import APICallError
from edgechat.model.parts import Finish, ModelPart, TextDelta
from edgechat.model.workers_ai.decoder import WorkersAIDecoder

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
CALLS = st.fixed_dictionaries(
    {},
    optional={"index": VALUES, "id": VALUES, "name": VALUES, "arguments": VALUES, "function": VALUES},
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "response": VALUES,
    "usage": VALUES | st.fixed_dictionaries({}, optional={"prompt_tokens": VALUES, "prompt_tokens_details": VALUES}),
    "tool_calls": VALUES | st.lists(CALLS),
    "finish_reason": VALUES,
}
DELTAS = st.fixed_dictionaries({}, optional={"content": VALUES, "reasoning": VALUES, "tool_calls": st.lists(CALLS)})
CHOICES = st.lists(st.fixed_dictionaries({}, optional={"delta": DELTAS, "message": DELTAS, "finish_reason": VALUES}))
ANSWERS = st.fixed_dictionaries(
    {}, optional=FIELDS | {"choices": VALUES | CHOICES, "result": VALUES, "error": VALUES, "errors": VALUES}
)


def decode(pieces: list[bytes], forced_tools: frozenset[str] = frozenset()) -> list[ModelPart]:
    decoder = WorkersAIDecoder(forced_tools=forced_tools)
    return [part for piece in pieces for part in decoder.feed(piece)] + decoder.close()


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_any_bytes_end_in_one_finish(pieces: list[bytes]) -> None:
    with suppress(APICallError):
        parts = decode(pieces)
        assert [part for part in parts if isinstance(part, Finish)] == parts[-1:]


@given(st.lists(ANSWERS, max_size=4), st.frozensets(st.just("f")))
def test_any_events_end_in_one_finish(events: list[object], forced_tools: frozenset[str]) -> None:
    with suppress(APICallError):
        parts = decode([b"data: " + json.dumps(event).encode() + b"\n\n" for event in events], forced_tools)
        assert [part for part in parts if isinstance(part, Finish)] == parts[-1:]


@given(ANSWERS)
def test_any_document_ends_in_one_finish(document: object) -> None:
    with suppress(APICallError):
        assert isinstance(decode([json.dumps(document).encode()])[-1], Finish)


@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])), st.integers(min_value=1, max_value=9))
def test_a_text_arrives_unchanged_however_it_is_cut(text: str, size: int) -> None:
    data = "".join(
        f"data: {json.dumps({'response': character}, ensure_ascii=False)}\n\n" for character in text
    ).encode()
    parts = decode([data[at : at + size] for at in range(0, len(data), size)])
    assert "".join(part.delta for part in parts if isinstance(part, TextDelta)) == text
