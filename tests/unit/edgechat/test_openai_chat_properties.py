import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgechat.errors import APICallError
from edgechat.model.openai_chat.compatible import OpenAICompatibleDecoder
from edgechat.model.openai_chat.decoder import OpenAIChatDecoder
from edgechat.model.parts import Error, Finish, ModelPart, TextDelta
from edgechat.model.types import Decoder

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
TEXTS = st.none() | st.text(max_size=5)


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


FUNCTIONS = objects(
    name=st.sampled_from(["f", "g", "", " ", None]), arguments=st.sampled_from(["{", "}", '"', "1", None])
)
CALLS = st.lists(
    objects(index=st.integers(0, 2) | VALUES, id=st.sampled_from(["a", "b", "", None]), function=FUNCTIONS)
)
DELTAS = objects(content=TEXTS | VALUES, reasoning=TEXTS, refusal=VALUES, tool_calls=CALLS | VALUES, annotations=VALUES)
CHOICES = st.lists(objects(index=st.just(0), delta=DELTAS, finish_reason=TEXTS, logprobs=VALUES), max_size=2)
CHUNKS = objects(id=TEXTS, created=st.integers() | VALUES, choices=CHOICES | VALUES, usage=VALUES, error=VALUES)

DECODERS = pytest.mark.parametrize("decoder_of", [OpenAIChatDecoder, lambda: OpenAICompatibleDecoder("p")])


def decode(decoder: Decoder, pieces: list[bytes]) -> list[ModelPart]:
    return [part for piece in pieces for part in decoder.feed(piece)] + decoder.close()


@DECODERS
@given(st.lists(st.binary(max_size=50), max_size=20))
def test_any_bytes_end_in_one_finish(decoder_of: Any, pieces: list[bytes]) -> None:
    parts = decode(decoder_of(), pieces)
    assert [part for part in parts if isinstance(part, Finish)] == parts[-1:]


@DECODERS
@given(st.lists(CHUNKS, max_size=6))
def test_any_chunks_end_in_a_finish_or_an_error(decoder_of: Any, chunks: list[object]) -> None:
    with suppress(APICallError):
        parts = decode(decoder_of(), [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks])
        assert isinstance(parts[-1], Finish | Error)


@DECODERS
@given(st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])), st.integers(min_value=1, max_value=9))
def test_a_text_arrives_unchanged_however_it_is_cut(decoder_of: Any, text: str, size: int) -> None:
    chunks = [{"choices": [{"index": 0, "delta": {"content": character}}]} for character in text]
    data = "".join(f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n" for chunk in chunks).encode()
    parts = decode(decoder_of(), [data[at : at + size] for at in range(0, len(data), size)])
    assert "".join(part.delta for part in parts if isinstance(part, TextDelta)) == text
