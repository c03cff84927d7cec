import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgechat.errors import TypeValidationError
from edgechat.ui.validate import UNREADABLE, safe_validate_ui_messages, validate_ui_messages

words = st.sampled_from(["text", "tool-t", "dynamic-tool", "data-x", "output-error", "user", "assistant", "c", ""])
keys = st.sampled_from(["id", "role", "parts", "type", "text", "state", "input", "approval", "toolCallId", "data"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | words, lambda inner: st.lists(inner) | st.dictionaries(keys, inner)
)
messages = st.fixed_dictionaries(
    {"id": words, "role": words, "parts": st.lists(st.dictionaries(keys, values) | values)} | {}
)


@given(st.lists(messages | values, min_size=1))
def test_whatever_comes_is_valid_or_says_where_it_is_not(data: Any) -> None:
    result = safe_validate_ui_messages(json.dumps(data))
    if isinstance(result, TypeValidationError):
        assert str(result).startswith("messages[")
    else:
        assert len(result) == len(data)


@given(st.lists(messages | values, min_size=1))
def test_with_tombstones_every_chat_can_be_loaded(data: Any) -> None:
    result = validate_ui_messages(data, tombstones=True)
    assert len(result) == len(data)
    unreadable = [message for message in result if message.text == UNREADABLE]
    assert bool(unreadable) == isinstance(safe_validate_ui_messages(data), TypeValidationError)


@pytest.mark.parametrize(
    "unit",
    [
        '{"type":"text","text":""},',
        '{"type":"text"},',
        '{"type":"tool-t","state":"output-error"},',
        "5,",
        '{"type":"text","text":"","providerMetadata":{"p":{"a":[[],[{}]]}}},',
    ],
)
def test_the_time_and_the_error_do_not_grow_faster_than_the_input(unit: str) -> None:
    started = time.perf_counter()
    parts = f'{{"id":"m","role":"assistant","parts":[{unit * 20_000}{{}}]}}'
    error = safe_validate_ui_messages(f"[{parts}]")
    assert time.perf_counter() - started < 2
    assert isinstance(error, TypeValidationError)
    assert len(str(error)) < 200


@pytest.mark.parametrize("text", ["x" * 100_000, "[" * 100_000])
def test_a_long_field_does_not_make_a_long_error(text: str) -> None:
    for part in ({"type": text}, {"type": "tool-t", "state": text}, {"type": "text", "text": "", "state": text}):
        error = safe_validate_ui_messages([{"id": "m", "role": "assistant", "parts": [part]}])
        assert isinstance(error, TypeValidationError)
        assert len(str(error)) < 300
