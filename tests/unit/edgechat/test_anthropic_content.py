"""What comes in for each kind of block."""

from typing import Any

import msgspec
import pytest

from edgechat.errors import StreamFormatError
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.parts import (
    Custom,
    Error,
    Finish,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    TextDelta,
    TextEnd,
    TextStart,
    ToolCall,
    ToolInputDelta,
    ToolInputEnd,
    ToolInputStart,
    ToolResult,
)
from edgechat.model.types import JSONFormat, ModelCall, ProviderTool

type JSON = dict[str, Any]

START: JSON = {"type": "message_start", "message": {"id": "msg_1", "usage": {"input_tokens": 1}}}
END: JSON = {"type": "message_stop"}
PLAIN = ModelCall(messages=[])
AS_TOOL = ModelCall(
    messages=[],
    response_format=JSONFormat(schema={"type": "object", "properties": {}}),
    provider_options={"anthropic": {"structuredOutputMode": "jsonTool"}},
)


def decode(*events: JSON, call: ModelCall = PLAIN) -> list[ModelPart]:
    """The parts after those of `message_start`."""
    decoder = AnthropicMessages("claude-sonnet-4-5", api_key="k").decoder(call, {})
    parts = [part for event in (START, *events) for part in decoder.feed(b"data: %b\n\n" % msgspec.json.encode(event))]
    return parts[2:]


def start(block: JSON, index: int = 0) -> JSON:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int = 0, **delta: Any) -> JSON:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def stop(index: int = 0) -> JSON:
    return {"type": "content_block_stop", "index": index}


def block(block: JSON, *deltas: JSON, index: int = 0) -> list[JSON]:
    return [start(block, index), *deltas, stop(index)]


def json_delta(text: str, index: int = 0) -> JSON:
    return delta(index, type="input_json_delta", partial_json=text)


def text_delta(text: str, index: int = 0) -> JSON:
    return delta(index, type="text_delta", text=text)


def test_text_comes_in_deltas() -> None:
    assert decode(*block({"type": "text", "text": ""}, text_delta("Hel"), text_delta("lo"))) == [
        TextStart("0"),
        TextDelta("0", "Hel"),
        TextDelta("0", "lo"),
        TextEnd("0"),
    ]


def test_thinking_ends_with_a_signature() -> None:
    thought = delta(type="thinking_delta", thinking="Hm.")
    signature = delta(type="signature_delta", signature="sig")
    assert decode(*block({"type": "thinking", "thinking": "", "signature": ""}, thought, signature)) == [
        ReasoningStart("0"),
        ReasoningDelta("0", "Hm."),
        ReasoningDelta("0", "", {"anthropic": {"signature": "sig"}}),
        ReasoningEnd("0"),
    ]
    assert decode(*block({"type": "text", "text": ""}, signature)) == [TextStart("0"), TextEnd("0")]


def test_redacted_thinking_keeps_its_data() -> None:
    assert decode(*block({"type": "redacted_thinking", "data": "secret"})) == [
        ReasoningStart("0", {"anthropic": {"redactedData": "secret"}}),
        ReasoningEnd("0"),
    ]


def test_the_input_of_a_tool_comes_as_it_is_written_and_then_the_call() -> None:
    tool = {"type": "tool_use", "id": "c1", "name": "weather", "input": {}}
    deltas = [json_delta(""), json_delta('{"city": "'), json_delta('Rome"}')]
    assert decode(*block(tool, *deltas)) == [
        ToolInputStart("c1", "weather"),
        ToolInputDelta("c1", '{"city": "'),
        ToolInputDelta("c1", 'Rome"}'),
        ToolInputEnd("c1"),
        ToolCall("c1", "weather", '{"city": "Rome"}'),
    ]


def test_no_input_is_an_empty_object() -> None:
    assert decode(*block({"type": "tool_use", "id": "c1", "name": "now"}))[-1] == ToolCall("c1", "now", "{}")


def test_tools_that_code_calls_have_their_input_at_once() -> None:
    caller = {"type": "code_execution_20260120", "tool_id": "s1"}
    tool = {"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Köln"}, "caller": caller}
    assert decode(*block(tool)) == [
        ToolInputStart("c1", "weather"),
        ToolInputEnd("c1"),
        ToolCall(
            "c1",
            "weather",
            '{"city":"Köln"}',
            provider_metadata={"anthropic": {"caller": {"type": "code_execution_20260120", "toolId": "s1"}}},
        ),
    ]


def test_or_are_there_when_the_message_begins() -> None:
    decoder = AnthropicMessages("claude-sonnet-4-5", api_key="k").decoder(PLAIN, {})
    tool = {"type": "tool_use", "id": "c1", "name": "weather", "input": {"n": 1}, "caller": {"type": "direct"}}
    message = {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 1}, "content": [tool]}}
    assert decoder.feed(b"data: %b\n\n" % msgspec.json.encode(message))[2:] == [
        ToolInputStart("c1", "weather"),
        ToolInputDelta("c1", '{"n":1}'),
        ToolInputEnd("c1"),
        ToolCall("c1", "weather", '{"n":1}', provider_metadata={"anthropic": {"caller": {"type": "direct"}}}),
    ]


def test_anthropic_runs_its_tools_itself() -> None:
    tool = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}}
    assert decode(*block(tool, json_delta('{"query": "q"}'))) == [
        ToolInputStart("s1", "web_search", provider_executed=True),
        ToolInputDelta("s1", '{"query": "q"}'),
        ToolInputEnd("s1"),
        ToolCall("s1", "web_search", '{"query": "q"}', provider_executed=True),
    ]


def test_they_are_called_as_the_caller_named_them() -> None:
    call = ModelCall(messages=[], tools=[ProviderTool(id="anthropic.tool_search_tool_regex_20251119", name="find")])
    tool = {"type": "server_tool_use", "id": "s1", "name": "tool_search_tool_regex", "input": {}}
    assert decode(*block(tool), call=call)[-1] == ToolCall("s1", "find", "{}", provider_executed=True)


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("code_execution", "programmatic-tool-call"),
        ("bash_code_execution", "bash_code_execution"),
        ("text_editor_code_execution", "text_editor_code_execution"),
    ],
)
def test_the_input_of_code_execution_says_how_it_runs(name: str, type: str) -> None:
    tool = {"type": "server_tool_use", "id": "s1", "name": name, "input": {}}
    parts = decode(*block(tool, json_delta('{"a": '), json_delta("1}")))
    assert parts[1] == ToolInputDelta("s1", f'{{"type": "{type}","a": ')
    assert parts[-1] == ToolCall("s1", "code_execution", f'{{"type": "{type}","a": 1}}', provider_executed=True)


def test_so_does_code_that_comes_at_once() -> None:
    tool = {"type": "server_tool_use", "id": "s1", "name": "code_execution", "input": {"code": "1+1"}}
    call = decode(*block(tool))[-1]
    assert isinstance(call, ToolCall)
    assert call.input == '{"type":"programmatic-tool-call","code":"1+1"}'


@pytest.mark.parametrize("json", ["[1]", '{"type": 1, "code": 2}', "broken"])
def test_other_input_of_code_execution_stays_as_it_is(json: str) -> None:
    tool = {"type": "server_tool_use", "id": "s1", "name": "code_execution", "input": {"x": 1}}
    call = decode(*block(tool, json_delta(json)))[-1]
    assert isinstance(call, ToolCall)
    assert call.input == '{"x":1}' + json


def test_code_that_nobody_declared_is_run_for_the_newer_web_tools() -> None:
    web = ProviderTool(id="anthropic.web_fetch_20260209", name="web_fetch")
    code = ProviderTool(id="anthropic.code_execution_20260120", name="code_execution")
    tool = {"type": "server_tool_use", "id": "s1", "name": "code_execution", "input": {}}
    undeclared = decode(*block(tool), call=ModelCall(messages=[], tools=[web]))
    assert undeclared[0] == ToolInputStart("s1", "code_execution", provider_executed=True, dynamic=True)
    assert undeclared[-1] == ToolCall("s1", "code_execution", "{}", provider_executed=True, dynamic=True)
    declared = decode(*block(tool), call=ModelCall(messages=[], tools=[web, code]))
    assert declared[0] == ToolInputStart("s1", "code_execution", provider_executed=True)


def test_an_advisor_is_asked_without_words() -> None:
    tool = {"type": "server_tool_use", "id": "s1", "name": "advisor", "input": {"x": 1}}
    assert decode(*block(tool))[-1] == ToolCall("s1", "advisor", "{}", provider_executed=True)


def test_a_server_tool_that_is_not_known_is_passed_over() -> None:
    tool = {"type": "server_tool_use", "id": "s1", "name": "time_travel", "input": {}}
    assert decode(*block(tool, json_delta("{}"))) == []


def test_mcp_tools_are_called_and_answer_in_the_stream() -> None:
    call = {"type": "mcp_tool_use", "id": "m1", "name": "search", "server_name": "docs", "input": {"q": "x"}}
    content = [{"type": "text", "text": "Found", "extra": 1}]
    result = {"type": "mcp_tool_result", "tool_use_id": "m1", "is_error": False, "content": content}
    metadata = {"anthropic": {"type": "mcp-tool-use", "serverName": "docs"}}
    assert decode(*block(call), *block(result, index=1)) == [
        ToolCall("m1", "search", '{"q":"x"}', provider_executed=True, dynamic=True, provider_metadata=metadata),
        ToolResult(
            "m1",
            "search",
            [{"type": "text", "text": "Found"}],
            is_error=False,
            dynamic=True,
            provider_metadata=metadata,
        ),
    ]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "mcp_tool_result", "tool_use_id": "m1", "is_error": False, "content": "x"},
        {"type": "tool_use", "id": "c1", "name": "left_click", "toolset_name": "computer", "input": {}},
    ],
)
def test_a_block_that_fits_to_nothing_is_an_error_and_the_end(block: JSON) -> None:
    [error] = decode(start(block), text_delta("Hello"))
    assert isinstance(error, Error)
    assert isinstance(error.error, StreamFormatError)


def test_a_summary_of_the_conversation_is_text_that_says_so() -> None:
    summary = delta(type="compaction_delta", content="Summary")
    assert decode(*block({"type": "compaction"}, summary)) == [
        TextStart("0", {"anthropic": {"type": "compaction"}}),
        TextDelta("0", "Summary"),
        TextEnd("0"),
    ]


def test_a_summary_on_demand_comes_at_once() -> None:
    assert decode(*block({"type": "compaction", "content": "Summary", "signature": "sig"})) == [
        TextStart("0", {"anthropic": {"type": "compaction", "signature": "sig"}}),
        TextDelta("0", "Summary"),
        TextEnd("0"),
    ]


def test_another_model_may_step_in() -> None:
    models = {"from": {"model": "a"}, "to": {"model": "b"}}
    assert decode(*block({"type": "fallback", **models})) == [
        Custom("anthropic.fallback", {"anthropic": {"type": "fallback", **models}})
    ]


def test_the_tool_for_json_is_the_answer_and_what_was_said_before_it_is_not() -> None:
    said = block({"type": "text", "text": ""}, text_delta("I will use the tool."))
    tool = {"type": "tool_use", "id": "c1", "name": "json", "input": {}}
    change = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 1}}
    parts = decode(*said, *block(tool, json_delta('{"a": 1}', 1), index=1), change, END, call=AS_TOOL)
    assert parts[:-1] == [TextStart("1"), TextDelta("1", '{"a": 1}'), TextEnd("1")]
    assert isinstance(parts[-1], Finish)
    assert (parts[-1].finish_reason, parts[-1].raw_finish_reason) == ("stop", "tool_use")


def test_thoughts_come_in_json_mode_too() -> None:
    thought = block({"type": "thinking", "thinking": ""}, delta(type="thinking_delta", thinking="Hm."))
    assert decode(*thought, call=AS_TOOL) == [ReasoningStart("0"), ReasoningDelta("0", "Hm."), ReasoningEnd("0")]


def test_text_is_the_answer_if_the_tool_for_json_was_not_called() -> None:
    said = block({"type": "text", "text": ""}, text_delta("I "), text_delta("cannot."))
    parts = decode(*said, END, call=AS_TOOL)
    assert parts[:-1] == [TextStart("0"), TextDelta("0", "I cannot."), TextEnd("0")]


def test_text_before_the_call_of_another_tool_is_no_answer() -> None:
    said = block({"type": "text", "text": ""}, text_delta("Let me see."))
    tool = block({"type": "tool_use", "id": "c1", "name": "weather", "input": {}}, index=1)
    parts = decode(*said, *tool, END, call=AS_TOOL)
    assert not any(isinstance(part, TextDelta) for part in parts)


def test_nor_is_text_of_a_message_that_will_go_on() -> None:
    said = block({"type": "text", "text": ""}, text_delta("Let me see."))
    change = {"type": "message_delta", "delta": {"stop_reason": "pause_turn"}, "usage": {"output_tokens": 1}}
    [finish] = decode(*said, change, END, call=AS_TOOL)
    assert isinstance(finish, Finish)
