import json
import time

from hypothesis import given
from hypothesis import strategies as st

from edgechat.json import MAX_DEPTH, is_too_deep

values = st.recursive(st.none() | st.text(alphabet='[]{}"\\a'), lambda x: st.lists(x) | st.dictionaries(st.text(), x))


def depth_of(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    return 0


@given(values, st.integers(0, MAX_DEPTH + 10))
def test_the_depth_is_that_of_the_value(value: object, more: int) -> None:
    padding = b",[]" * (MAX_DEPTH + 1)  # so that the brackets have to be looked at
    text = b"[" * more + b"[" + json.dumps(value).encode() + padding + b"]" + b"]" * more
    assert is_too_deep(text) == (more + 1 + max(depth_of(value), 1) > MAX_DEPTH)


@given(st.text(alphabet='[]{}"\\a', max_size=50))
def test_the_time_is_linear_in_the_length(unit: str) -> None:
    text = unit * (200_000 // max(len(unit), 1))
    started = time.perf_counter()
    is_too_deep(text)
    assert time.perf_counter() - started < 1
