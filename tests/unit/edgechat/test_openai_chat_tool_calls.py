from typing import Any

import pytest

from edgechat.errors import StreamFormatError
from edgechat.model.openai_chat.tool_calls import ToolCallTracker
from edgechat.model.parts import ModelPart, ToolCall, ToolInputStart


def calls(*pieces: dict[str, Any]) -> list[tuple[str, str]]:
    """Names and inputs of the calls that the pieces make."""
    tracker = ToolCallTracker()
    parts: list[ModelPart] = []
    for piece in pieces:
        given = {"index": None, "id": None, "name": None, "arguments": None} | piece
        tracker.feed(parts, **given)
    tracker.close(parts)
    return [(part.tool_name, part.input) for part in parts if isinstance(part, ToolCall)]


def test_pieces_belong_to_the_call_of_their_index() -> None:
    pieces = [
        {"index": 0, "id": "a", "name": "f", "arguments": "["},
        {"index": 1, "id": "b", "name": "g", "arguments": "["},
        {"index": 0, "arguments": "1]"},
        {"index": 1, "arguments": "2]"},
    ]
    assert calls(*pieces) == [("f", "[1]"), ("g", "[2]")]


def test_calls_come_in_the_order_of_their_index() -> None:
    assert calls({"index": 1, "id": "b", "name": "g"}, {"index": 0, "id": "a", "name": "f"}) == [("f", ""), ("g", "")]


def test_without_an_index_the_id_tells() -> None:
    pieces = [
        {"id": "a", "name": "f", "arguments": "["},
        {"id": "b", "name": "g", "arguments": "["},
        {"id": "a", "arguments": "1]"},
    ]
    assert calls(*pieces) == [("f", "[1]"), ("g", "[")]


def test_without_both_the_only_call_goes_on_and_a_name_begins_another() -> None:
    pieces = [{"name": "f", "arguments": "{"}, {"arguments": "}"}, {"name": "f", "arguments": "{}"}]
    assert calls(*pieces) == [("f", "{}"), ("f", "{}")]


def test_a_piece_that_could_belong_to_several_calls_is_left_out() -> None:
    assert calls({"name": "f", "arguments": "{"}, {"name": "g", "arguments": "{"}, {"arguments": "}"}) == [
        ("f", "{"),
        ("g", "{"),
    ]


def test_a_server_that_counts_all_calls_as_the_first_still_has_several() -> None:
    pieces = [
        {"index": 0, "id": "a", "name": "f", "arguments": '{"x":"}"}'},
        {"index": 0, "id": "b", "name": "f", "arguments": "{}"},
        {"index": 0, "id": "c", "name": "g", "arguments": ""},
    ]
    assert calls(*pieces) == [("f", '{"x":"}"}'), ("f", "{}"), ("g", "")]


def test_a_name_that_is_repeated_with_every_piece_begins_no_new_call() -> None:
    pieces = [{"index": 0, "id": "a", "name": "f", "arguments": piece} for piece in ('{"x"', ":", "[1", "]}")]
    assert calls(*pieces) == [("f", '{"x":[1]}')]


def test_an_id_that_is_used_twice_becomes_another() -> None:
    tracker = ToolCallTracker()
    parts: list[ModelPart] = []
    for index in range(2):
        tracker.feed(parts, index=index, id="a", name="f", arguments="{}")
    first, second = (part.id for part in parts if isinstance(part, ToolInputStart))
    assert first == "a"
    assert second not in ("a", "")


def test_a_blank_name_begins_nothing() -> None:
    assert calls({"index": 0, "name": " ", "arguments": "{}"}) == []


def test_a_call_without_a_name_is_refused() -> None:
    with pytest.raises(StreamFormatError, match="name"):
        calls({"index": 0, "id": "a", "arguments": "{}"})
