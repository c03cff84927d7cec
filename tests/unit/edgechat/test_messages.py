from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from edgechat.ui.messages import (
    CustomPart,
    DataPart,
    FilePart,
    ReasoningFilePart,
    ReasoningPart,
    SourceDocumentPart,
    SourceURLPart,
    SteeringMessagePart,
    StepStartPart,
    TextPart,
    ToolApproval,
    ToolPart,
    UIMessage,
    UIPart,
    decode_message,
    decode_messages,
    decode_part,
)

WIRE: list[tuple[UIPart, dict[str, Any]]] = [
    (TextPart(text="Hi", state="done"), {"type": "text", "text": "Hi", "state": "done"}),
    (
        TextPart(text="", citations=[{"citedText": "c"}]),
        {"type": "text", "text": "", "citations": [{"citedText": "c"}]},
    ),
    (ReasoningPart(text="hm", id="r"), {"type": "reasoning", "text": "hm", "id": "r"}),
    (
        FilePart(media_type="image", url="u", filename="f", provider_reference={"p": "1"}),
        {"type": "file", "mediaType": "image", "url": "u", "filename": "f", "providerReference": {"p": "1"}},
    ),
    (ReasoningFilePart(media_type="image", url="u"), {"type": "reasoning-file", "mediaType": "image", "url": "u"}),
    (SourceURLPart(source_id="s", url="u"), {"type": "source-url", "sourceId": "s", "url": "u"}),
    (
        SourceDocumentPart(source_id="s", media_type="text/plain", title="T"),
        {"type": "source-document", "sourceId": "s", "mediaType": "text/plain", "title": "T"},
    ),
    (
        CustomPart(kind="p.k", provider_metadata={"p": {"x": 1}}),
        {"type": "custom", "kind": "p.k", "providerMetadata": {"p": {"x": 1}}},
    ),
    (
        SteeringMessagePart(id="s", parts=[TextPart(text="a")]),
        {"type": "steering-message", "id": "s", "parts": [{"type": "text", "text": "a"}]},
    ),
    (StepStartPart(), {"type": "step-start"}),
    (DataPart(type="data-x", data=None), {"type": "data-x", "data": None}),
    (
        ToolPart(type="tool-add", tool_call_id="c", state="input-streaming", raw_input="[1", input_encoding="json"),
        {
            "type": "tool-add",
            "toolCallId": "c",
            "state": "input-streaming",
            "rawInput": "[1",
            "inputEncoding": "json",
        },
    ),
    (
        ToolPart(type="tool-add", tool_call_id="c", state="output-available", input=None, output=None),
        {"type": "tool-add", "toolCallId": "c", "state": "output-available", "input": None, "output": None},
    ),
    (
        ToolPart(
            type="dynamic-tool",
            tool_name="add",
            tool_call_id="c",
            state="approval-responded",
            input=[1],
            approval=ToolApproval(id="a", approved=False, input_schema_input=None, request_reason="why"),
        ),
        {
            "type": "dynamic-tool",
            "toolName": "add",
            "toolCallId": "c",
            "state": "approval-responded",
            "input": [1],
            "approval": {"id": "a", "approved": False, "inputSchemaInput": None, "requestReason": "why"},
        },
    ),
]


@pytest.mark.parametrize(("part", "wire"), WIRE)
def test_a_part_has_the_names_of_the_wire(part: UIPart, wire: dict[str, Any]) -> None:
    assert msgspec.to_builtins(part) == wire
    assert decode_part(msgspec.json.encode(wire)) == part


def test_a_message_is_decoded_with_all_its_parts() -> None:
    message = UIMessage(id="m", role="assistant", parts=[part for part, _ in WIRE], metadata={"a": 1})
    wire = {"id": "m", "role": "assistant", "parts": [part for _, part in WIRE], "metadata": {"a": 1}}
    assert msgspec.to_builtins(message) == wire
    assert decode_message(msgspec.json.encode(wire)) == message
    assert decode_messages(msgspec.json.encode([wire, wire])) == [message, message]


def test_a_message_without_parts_says_so() -> None:
    assert msgspec.to_builtins(UIMessage(id="m", role="user")) == {"id": "m", "role": "user", "parts": []}


def test_what_an_older_or_newer_program_has_saved_is_passed_over() -> None:
    text = (
        '{"id":"m","role":"user","createdAt":1,"parts":[{"type":"text","text":"a","x":{},"state":null},'
        '{"type":"tool-a","toolCallId":"c","state":"input-available","input":1,"new":[]}]}'
    )
    assert decode_message(text).parts == [
        TextPart(text="a"),
        ToolPart(type="tool-a", tool_call_id="c", state="input-available", input=1),
    ]


def test_a_tool_has_a_name_and_tells_nothing_from_null() -> None:
    static = ToolPart(type="tool-get-weather", tool_call_id="c", state="input-available")
    dynamic = ToolPart(type="dynamic-tool", tool_name="add", tool_call_id="c", state="input-available", input=None)
    assert (static.name, static.input) == ("get-weather", UNSET)
    assert (dynamic.name, dynamic.input) == ("add", None)


def test_the_text_of_a_message_is_that_of_its_text_parts() -> None:
    parts: list[UIPart] = [TextPart(text="H"), ReasoningPart(text="no"), StepStartPart(), TextPart(text="i")]
    assert UIMessage(id="m", role="assistant", parts=parts).text == "Hi"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"id":"m","role":"robot","parts":[]}', "Invalid enum value 'robot'"),
        ('{"id":"m","role":"user"}', "missing required field `parts`"),
        ('{"id":"m","role":"user","parts":[{"type":"text"}]}', "missing required field `text`"),
        ('{"id":"m","role":"user","parts":[{"type":"surprise"}]}', "Unknown type 'surprise'"),
        ('{"id":"m","role":"user","parts":[{"type":"tool-a"}]}', "missing required field `toolCallId`"),
        (
            '{"id":"m","role":"user","parts":[{"type":"dynamic-tool","toolCallId":"c","state":"output-denied"}]}',
            "needs a `toolName`",
        ),
    ],
)
def test_a_bad_message_is_refused_with_its_reason(text: str, complaint: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=complaint):
        decode_message(text)
