import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgechat.partial_json import ParseState, PartialJSON, parse_partial_json

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='ab"\\é🙂'), inner),
)
texts = st.builds(json.dumps, values, ensure_ascii=st.booleans(), indent=st.none() | st.just(1))
careless = st.text(alphabet='{}[]":, \n\\ue+-.019tfnrualsedc', max_size=40)
places = st.lists(st.integers(0, 1000), max_size=8)


def parse_in_pieces(text: str, where: list[int]) -> tuple[Any, ParseState]:
    parser = PartialJSON()
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in where)})
    for start, end in zip(edges, [*edges[1:], len(text)], strict=True):
        parser.feed(text[start:end])
        assert parser.state != "undefined-input"
    return parser.value, parser.state


@given(texts, places)
def test_a_complete_text_is_the_value_that_was_written(text: str, where: list[int]) -> None:
    assert parse_in_pieces(text, where) == (json.loads(text), "successful-parse")


@given(texts | careless, places)
def test_where_the_text_is_cut_does_not_matter(text: str, where: list[int]) -> None:
    assert parse_in_pieces(text, where) == parse_partial_json(text)


@given(texts.filter(lambda text: text[0] in '[{"'), st.integers(0, 1000))
def test_what_was_written_once_stays(text: str, place: int) -> None:
    prefix = text[: place % len(text)]
    value, state = parse_partial_json(prefix)
    if state == "repaired-parse":
        assert is_beginning(value, json.loads(text))


def is_beginning(value: Any, whole: Any) -> bool:
    match value, whole:
        case dict(), dict():
            return all(key in whole and is_beginning(value[key], whole[key]) for key in value)
        case list(), list():
            return len(value) <= len(whole) and all(map(is_beginning, value, whole))
        case str(), str():
            return whole.encode("utf-16-le", "surrogatepass").startswith(value.encode("utf-16-le", "surrogatepass"))
    return not isinstance(whole, dict | list | str)  # half a number is another number


@pytest.mark.parametrize(
    "unit", ['"', "\\u", "\\ud83d", "[", "{", '{"a":', "1", "1e+", "tru", " ", "x", "[],", '"a\\"', "1,"]
)
@pytest.mark.parametrize("start", ["", "[", '{"a":1,', '{"a":"', '{"'])
def test_the_time_is_linear_in_the_length(start: str, unit: str) -> None:
    parser = PartialJSON()
    started = time.perf_counter()
    parser.feed(start)
    for _ in range(20_000):
        parser.feed(unit)
        parser.value  # noqa: B018
    assert time.perf_counter() - started < 1
