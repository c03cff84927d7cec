from typing import Any

import pytest

from edgechat.errors import TypeValidationError
from edgechat.ui.messages import TextPart, ToolPart
from edgechat.ui.validate import message

TOOL = {"type": "tool-t", "toolCallId": "c"}
SOURCE = {"type": "source", "sourceType": "url", "id": "1", "url": "u"}


def read(part: Any) -> Any:
    return message({"id": "m", "role": "assistant", "parts": [part]}, "m").parts[0]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text", "text": "", "state": "done", "providerMetadata": {"p": {"x": None}}},
        {"type": "text", "text": "", "citations": [{"source": SOURCE, "startIndex": 0}]},
        {"type": "data-x", "data": None},
        {"type": "steering-message", "id": "s", "parts": [{"type": "text", "text": "", "state": 5}]},
        {**TOOL, "state": "input-streaming"},
        {**TOOL, "state": "input-available", "input": None, "preliminary": "not of this state"},
        {**TOOL, "state": "approval-requested", "input": 1, "approval": {"id": "a", "descriptor": None}},
        {**TOOL, "state": "approval-responded", "input": 1, "approval": {"id": "a", "approved": False}},
        {**TOOL, "state": "output-available", "input": 1, "output": None},
        {**TOOL, "state": "output-error", "errorText": "", "rawInput": None},
        {**TOOL, "state": "output-denied", "input": 1, "approval": {"id": "a", "approved": False, "reason": ""}},
        {**TOOL, "type": "dynamic-tool", "toolName": "t", "dynamic": False, "state": "input-streaming"},
    ],
)
def test_valid_parts(part: Any) -> None:
    assert read(part)


@pytest.mark.parametrize(
    ("part", "error"),
    [
        (5, "m.parts[0]: expected an object with a `type`"),
        ({"type": "x"}, "m.parts[0].type: unknown part type 'x'"),
        ({"type": "text"}, "m.parts[0]: Object missing required field `text`"),
        ({"type": "text", "text": 1}, "m.parts[0].text: Expected `str`, got `int`"),
        ({"type": "text", "text": "", "state": None}, "m.parts[0].state: null"),
        ({"type": "text", "text": "", "state": "x"}, "m.parts[0].state: Invalid enum value 'x'"),
        ({"type": "text", "text": "", "providerMetadata": {"p": 1}}, "m.parts[0].providerMetadata[...]: Expected"),
        ({"type": "text", "text": "", "citations": [{"source": {}}]}, "m.parts[0].citations[0].source: "),
        ({"type": "text", "text": "", "citations": [{"source": SOURCE, "endIndex": -1}]}, "citations[0].endIndex: "),
        ({"type": "data-x"}, "m.parts[0]: Object missing required field `data`"),
        ({"type": "steering-message", "id": "s", "parts": [{"type": "data-x"}]}, "m.parts[0].parts[0].type: "),
        ({**TOOL, "state": "done"}, "m.parts[0].state: expected one of input-streaming"),
        ({**TOOL, "state": "input-streaming", "rawInput": None}, "m.parts[0].rawInput: expected a string"),
        ({**TOOL, "state": "input-available"}, "m.parts[0].input: missing in state input-available"),
        ({**TOOL, "state": "input-available", "input": 1, "output": 1}, "m.parts[0].output: not in state"),
        ({**TOOL, "state": "input-available", "input": 1, "approval": {"id": "a"}}, "m.parts[0].approval: not in"),
        ({**TOOL, "state": "output-available", "input": 1}, "m.parts[0].output: missing"),
        ({**TOOL, "state": "output-error", "errorText": "", "output": 1}, "m.parts[0].output: not in state"),
        (
            {**TOOL, "state": "approval-requested", "input": 1, "approval": {"id": "a", "reason": ""}},
            "m.parts[0].approval.reason: only with an answer",
        ),
        (
            {**TOOL, "state": "output-denied", "input": 1, "approval": {"id": "a", "approved": True}},
            "m.parts[0].approval.approved: not so in this state",
        ),
        (
            {**TOOL, "state": "approval-requested", "input": 1, "approval": {"id": "a", "signature": None}},
            "m.parts[0].approval.signature: null",
        ),
        ({**TOOL, "type": "dynamic-tool", "state": "input-streaming"}, "m.parts[0]: A dynamic-tool part needs"),
        (
            {**TOOL, "type": "dynamic-tool", "toolName": "t", "dynamic": True, "state": "input-streaming"},
            "m.parts[0].dynamic: expected false",
        ),
    ],
)
def test_the_first_wrong_field_of_a_part_is_named(part: Any, error: str) -> None:
    with pytest.raises(TypeValidationError) as caught:
        read(part)
    assert error in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (None, "m: Expected `object`, got `null`"),
        ({"id": "m", "role": "assistant"}, "m: Object missing required field `parts`"),
        ({"id": 1, "role": "assistant", "parts": []}, "m.id: Expected `str`, got `int`"),
        ({"id": "m", "role": "tool", "parts": []}, "m.role: Invalid enum value 'tool'"),
        ({"id": "m", "role": "user", "parts": []}, "m.parts: a user message needs at least one part"),
    ],
)
def test_the_first_wrong_field_of_a_message_is_named(raw: Any, error: str) -> None:
    with pytest.raises(TypeValidationError) as caught:
        message(raw, "m")
    assert str(caught.value) == error


def test_an_answer_may_be_empty() -> None:
    assert message({"id": "m", "role": "assistant", "parts": []}, "m").parts == []


def test_fields_that_are_not_of_the_part_or_of_its_state_are_dropped() -> None:
    assert read({"type": "text", "text": "x", "extra": 1}) == TextPart(text="x")
    assert read({**TOOL, "state": "input-available", "input": 1, "toolName": "t", "preliminary": True}) == ToolPart(
        type="tool-t", tool_call_id="c", state="input-available", input=1
    )
