import json
from typing import Any

import msgspec
import pytest

from edgechat.errors import TypeValidationError
from edgechat.ui.messages import DataPart, TextPart, ToolPart, UIMessage
from edgechat.ui.validate import UNREADABLE, ToolTypes, safe_validate_ui_messages, validate_ui_messages

USER = {"id": "u", "role": "user", "parts": [{"type": "text", "text": "hi"}]}


class Weather(msgspec.Struct):
    city: str


TOOLS = {"weather": ToolTypes(Weather, int)}


def answer(*parts: Any, **fields: Any) -> dict[str, Any]:
    return {"id": "a", "role": "assistant", "parts": list(parts), **fields}


def call(state: str, **fields: Any) -> dict[str, Any]:
    return {"type": "tool-weather", "toolCallId": "c", "state": state, "input": {"city": "Rome"}, **fields}


def test_messages_may_come_as_json_or_decoded() -> None:
    expected = [UIMessage(id="u", role="user", parts=[TextPart(text="hi")])]
    assert validate_ui_messages([USER]) == expected
    assert validate_ui_messages(json.dumps([USER])) == expected
    assert validate_ui_messages(json.dumps([USER]).encode()) == expected


def test_half_an_emoji_does_not_make_a_chat_unreadable() -> None:
    text = json.dumps([USER]).replace("hi", "hi \\ud83d")
    assert validate_ui_messages(text)[0].text == "hi \ufffd"


@pytest.mark.parametrize("data", [None, [], {}, "", "{", "[" * 1000, b"\xff"])
def test_what_is_no_list_of_messages_is_refused(data: Any) -> None:
    with pytest.raises(TypeValidationError, match="messages"):
        validate_ui_messages(data)


def test_the_safe_way_returns_the_error() -> None:
    assert isinstance(safe_validate_ui_messages([{**USER, "id": 1}]), TypeValidationError)
    assert safe_validate_ui_messages([USER]) == validate_ui_messages([USER])


def test_metadata_and_data_become_what_they_are_said_to_be() -> None:
    data = [answer({"type": "data-weather", "data": {"city": "Rome"}}, metadata={"city": "Oslo"})]
    (message,) = validate_ui_messages(data, metadata_type=Weather, data_types={"weather": Weather})
    assert message.metadata == Weather("Oslo")
    assert message.parts == [DataPart(type="data-weather", data=Weather("Rome"))]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (answer(metadata={"city": 1}), "messages[1].metadata.city: Expected `str`, got `int`"),
        (answer(), "messages[1].metadata: Expected `object`, got `null`"),
        (
            answer({"type": "data-weather", "data": {}}, metadata={"city": ""}),
            "messages[1].parts[0].data: Object missing required field `city`",
        ),
        (
            answer({"type": "data-other", "data": {}}, metadata={"city": ""}),
            "messages[1].parts[0].data: there is no type for data-other",
        ),
    ],
)
def test_metadata_and_data_that_do_not_fit_are_refused(message: Any, error: str) -> None:
    first = {**USER, "metadata": {"city": ""}}
    found = safe_validate_ui_messages([first, message], metadata_type=Weather, data_types={"weather": Weather})
    assert str(found) == error


@pytest.mark.parametrize(
    "part",
    [
        call("input-streaming", input={"ci": 1}),
        call("input-available"),
        call("output-available", output=1),
        call("output-error", errorText="boom"),
    ],
)
def test_calls_that_fit_their_tool_are_left_as_they_are(part: Any) -> None:
    assert validate_ui_messages([answer(part)], tools=TOOLS) == validate_ui_messages([answer(part)])


@pytest.mark.parametrize(
    ("part", "error"),
    [
        (call("input-available", input={}), "input: Object missing required field `city`"),
        (call("output-available", output="1"), "output: Expected `int`, got `str`"),
        (call("output-available", input={"city": 1}, output=1), "input.city: Expected `str`, got `int`"),
        ({**call("input-available"), "type": "tool-gone"}, "there is no tool 'gone'"),
        (
            call("approval-requested", approval={"id": "a", "inputSchemaInput": {"city": "Oslo"}}),
            "input: not what the tool makes of inputSchemaInput",
        ),
    ],
)
def test_calls_that_do_not_fit_their_tool_are_refused(part: Any, error: str) -> None:
    found = str(safe_validate_ui_messages([answer(part)], tools=TOOLS))
    assert found.startswith("messages[0].parts[0]")
    assert found.endswith(error)


@pytest.mark.parametrize(
    "part",
    [
        {**call("output-available", output="x"), "type": "tool-gone"},
        call("output-error", input=1, errorText="boom"),
        call("output-available", input={}, output=1),
    ],
)
def test_calls_of_the_past_are_kept_as_dynamic_ones(part: Any) -> None:
    (message,) = validate_ui_messages([answer(part)], tools=TOOLS)
    (kept,) = message.parts
    assert isinstance(kept, ToolPart)
    assert (kept.type, kept.name, kept.dynamic) == ("dynamic-tool", part["type"].removeprefix("tool-"), False)
    assert kept.input == part["input"]


def test_a_message_that_cannot_be_read_says_so_and_the_others_are_there() -> None:
    broken = [answer({"type": "nonsense"}), {"role": "king"}, 5]
    messages = validate_ui_messages([USER, *broken, USER], tombstones=True)
    assert [(message.id, message.role) for message in messages] == [
        ("u", "user"),
        ("a", "assistant"),
        ("unreadable-2", "assistant"),
        ("unreadable-3", "assistant"),
        ("u", "user"),
    ]
    assert [message.text for message in messages[1:4]] == [UNREADABLE] * 3
    assert messages[1].metadata == {"error": "messages[1].parts[0].type: unknown part type 'nonsense'"}
