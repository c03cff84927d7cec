"""What an assistant said goes back."""

from typing import Any

import msgspec
import pytest

from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.prompt import (
    AssistantContent,
    AssistantMessage,
    CustomPart,
    ModelMessage,
    ReasoningPart,
    TextPart,
    ToolApprovalRequest,
    ToolApprovalResponse,
    ToolCallPart,
    ToolMessage,
    UserMessage,
)
from edgechat.model.types import ModelCall, ModelRequest

HI = UserMessage("Hi")


def request(*messages: ModelMessage, **call: Any) -> ModelRequest:
    return AnthropicMessages("claude-sonnet-4-5", api_key="k").build(ModelCall(messages=[*messages], **call))


def messages_of(*messages: ModelMessage, **call: Any) -> Any:
    return msgspec.json.decode(request(*messages, **call).body)["messages"]


def said(*parts: AssistantContent) -> Any:
    """The blocks of an answer that the user went on from."""
    sent = messages_of(HI, AssistantMessage([*parts]), HI)
    return sent[1]["content"] if len(sent) == 3 else []


def text(value: str) -> dict[str, str]:
    return {"type": "text", "text": value}


def test_thinking_goes_back_with_its_signature() -> None:
    assert said(
        ReasoningPart(text="Hm.", provider_options={"anthropic": {"signature": "sig"}}),
        ReasoningPart(text="", provider_options={"anthropic": {"redactedData": "secret"}}),
        TextPart(text="Hello"),
    ) == [
        {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
        {"type": "redacted_thinking", "data": "secret"},
        text("Hello"),
    ]


def test_thinking_of_others_is_left_out_with_a_warning() -> None:
    sent = request(HI, AssistantMessage([ReasoningPart(text="Hm."), TextPart(text="Hello")]), HI)
    assert msgspec.json.decode(sent.body)["messages"][1]["content"] == [text("Hello")]
    assert len(sent.warnings) == 1


def test_thinking_can_be_kept_back() -> None:
    thought = ReasoningPart(text="Hm.", provider_options={"anthropic": {"signature": "sig"}})
    sent = request(
        AssistantMessage([thought, TextPart(text="Hi")]), provider_options={"anthropic": {"sendReasoning": False}}
    )
    assert msgspec.json.decode(sent.body)["messages"][0]["content"] == [text("Hi")]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ('{"city": "Rome"}', {"city": "Rome"}),
        ("{nonsense", {"rawInvalidInput": "{nonsense"}),
        ([1], {"rawInvalidInput": [1]}),
        (None, {"rawInvalidInput": None}),
        (msgspec.UNSET, {}),
    ],
)
def test_the_input_of_a_tool_is_an_object_whatever_the_model_wrote(given: Any, sent: Any) -> None:
    assert said(ToolCallPart(tool_call_id="c1", tool_name="t", input=given))[0]["input"] == sent


def test_calls_come_after_what_was_said_but_not_before_the_next_thought() -> None:
    thought = ReasoningPart(text="Hm.", provider_options={"anthropic": {"signature": "s"}})
    call = ToolCallPart(tool_call_id="c1", tool_name="t", input={})
    kinds = [block["type"] for block in said(call, TextPart(text="One"), thought, TextPart(text="Two"), call)]
    assert kinds == ["text", "tool_use", "thinking", "text", "tool_use"]


def test_requests_for_approval_are_not_for_the_model() -> None:
    assert said(TextPart(text="Hi"), ToolApprovalRequest(approval_id="a", tool_call_id="c1")) == [text("Hi")]
    assert messages_of(ToolMessage([ToolApprovalResponse(approval_id="a", approved=True)]))[0]["content"] == []


def test_a_call_says_which_code_made_it_while_that_code_is_still_there() -> None:
    caller = {"anthropic": {"caller": {"type": "code_execution_20260120", "toolId": "s1"}}}
    code = ToolCallPart(tool_call_id="s1", tool_name="code_execution", input={"code": "x"}, provider_executed=True)
    call = ToolCallPart(tool_call_id="c1", tool_name="weather", input={}, provider_options=caller)
    sent = {"type": "tool_use", "id": "c1", "name": "weather", "input": {}}
    called = {"caller": {"type": "code_execution_20260120", "tool_id": "s1"}}
    assert said(code, call)[1] == sent | called
    assert said(call) == [sent]
    assert messages_of(HI, AssistantMessage([call]))[1]["content"] == [sent | called]


def test_compactions_and_citations_go_back() -> None:
    citation = {"type": "char_location", "cited_text": "x"}
    assert said(
        TextPart(text="Summary", provider_options={"anthropic": {"type": "compaction", "signature": "sig"}}),
        TextPart(text="Fact", provider_options={"anthropic": {"citations": [citation]}}),
    ) == [
        {"type": "compaction", "content": "Summary", "signature": "sig"},
        {"type": "text", "text": "Fact", "citations": [citation]},
    ]


def test_a_fallback_goes_back_where_it_was() -> None:
    models = {"from": {"model": "a"}, "to": {"model": "b"}}
    part = CustomPart(kind="anthropic.fallback", provider_options={"anthropic": {"type": "fallback", **models}})
    assert said(part, CustomPart(kind="anthropic.message_start"), TextPart(text="Hi")) == [
        {"type": "fallback", **models},
        text("Hi"),
    ]
    assert said(CustomPart(kind="anthropic.fallback")) == []
