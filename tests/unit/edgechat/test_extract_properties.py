from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edgechat.model.extract import extract_json, extract_reasoning
from edgechat.model.middleware import Middleware
from edgechat.model.parts import ReasoningDelta, ReasoningEnd, ReasoningStart, TextDelta, TextEnd, TextStart
from edgechat.model.types import ModelCall


def blocks(middleware: Middleware, text: str, places: list[int]) -> list[str]:
    assert middleware.transform_stream
    transform = middleware.transform_stream(ModelCall(messages=[]))
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    parts = transform.feed([TextStart("t"), *(TextDelta("t", text[a:b]) for a, b in pairwise(edges)), TextEnd("t")])
    result: list[str] = []
    for part in parts:
        if isinstance(part, TextStart | ReasoningStart):
            result.append(f"{type(part).__name__}: ")
        elif isinstance(part, TextDelta | ReasoningDelta):
            result[-1] += part.delta
        else:
            assert isinstance(part, TextEnd | ReasoningEnd)
    return result


places = st.lists(st.integers(0, 1000), max_size=30)
tagged = st.lists(st.sampled_from(["<think>", "</think>", "<", "/", "think", ">", "a", " ", "\n"]), max_size=15)
fenced = st.lists(st.sampled_from(["```", "`", "json", "{", "}", "a", " ", "\n"]), max_size=15)


@given(tagged, places, st.booleans())
def test_where_reasoning_is_cut_does_not_matter(words: list[str], where: list[int], start: bool) -> None:
    text = "".join(words)
    middleware = extract_reasoning(start_with_reasoning=start)
    assert blocks(middleware, text, where) == blocks(middleware, text, [])


@given(fenced, places)
def test_where_json_is_cut_does_not_matter(words: list[str], where: list[int]) -> None:
    text = "".join(words)
    cut, whole = blocks(extract_json(), text, where), blocks(extract_json(), text, [])
    assert [block.split() for block in cut] == [block.split() for block in whole]
