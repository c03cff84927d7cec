"""Tools that Anthropic ran go back."""

from typing import Any

import msgspec
import pytest

from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.prompt import (
    AssistantContent,
    AssistantMessage,
    ErrorJSONOutput,
    ErrorTextOutput,
    JSONOutput,
    ModelMessage,
    TextOutput,
    TextPart,
    ToolCallPart,
    ToolOutput,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import ModelCall, ModelRequest, ProviderTool

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


def test_calls_of_anthropics_tools_go_back_under_anthropics_names() -> None:
    call = ToolCallPart(tool_call_id="s1", tool_name="look_up", input={"query": "q"}, provider_executed=True)
    found = {"url": "https://x", "title": "X", "pageAge": None, "encryptedContent": "E", "type": "web_search_result"}
    result = ToolResultPart(tool_call_id="s1", tool_name="look_up", output=JSONOutput(value=[found]))
    tool = ProviderTool(id="anthropic.web_search_20250305", name="look_up")
    assert messages_of(AssistantMessage([call, result]), HI, tools=[tool])[0]["content"] == [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
        {
            "type": "web_search_tool_result",
            "tool_use_id": "s1",
            "content": [
                {
                    "url": "https://x",
                    "title": "X",
                    "page_age": None,
                    "encrypted_content": "E",
                    "type": "web_search_result",
                }
            ],
        },
    ]


@pytest.mark.parametrize(
    ("given", "name", "sent"),
    [
        ({"type": "bash_code_execution", "command": "ls"}, "bash_code_execution", {"command": "ls"}),
        ({"type": "text_editor_code_execution", "path": "a"}, "text_editor_code_execution", {"path": "a"}),
        ({"type": "programmatic-tool-call", "code": "x"}, "code_execution", {"code": "x"}),
        ({"code": "x"}, "code_execution", {"code": "x"}),
    ],
)
def test_each_way_to_run_code_has_its_own_name(given: Any, name: str, sent: Any) -> None:
    call = ToolCallPart(tool_call_id="s1", tool_name="code_execution", input=given, provider_executed=True)
    assert said(call) == [{"type": "server_tool_use", "id": "s1", "name": name, "input": sent}]


RESULTS: list[tuple[str, ToolOutput, dict[str, Any]]] = [
    (
        "web_fetch",
        JSONOutput(
            value={
                "type": "web_fetch_result",
                "url": "https://x",
                "retrievedAt": "2025",
                "content": {
                    "type": "document",
                    "title": "T",
                    "source": {"type": "text", "mediaType": "text/plain", "data": "D"},
                },
            }
        ),
        {
            "type": "web_fetch_tool_result",
            "content": {
                "type": "web_fetch_result",
                "url": "https://x",
                "retrieved_at": "2025",
                "content": {
                    "type": "document",
                    "title": "T",
                    "source": {"type": "text", "media_type": "text/plain", "data": "D"},
                },
            },
        },
    ),
    (
        "web_search",
        ErrorJSONOutput(value={"type": "web_search_tool_result_error", "errorCode": "max_uses_exceeded"}),
        {
            "type": "web_search_tool_result",
            "content": {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"},
        },
    ),
    (
        "web_fetch",
        ErrorJSONOutput(value='{"errorCode":"unavailable"}'),
        {
            "type": "web_fetch_tool_result",
            "content": {"type": "web_fetch_tool_result_error", "error_code": "unavailable"},
        },
    ),
    (
        "code_execution",
        JSONOutput(
            value={"type": "code_execution_result", "stdout": "1", "stderr": "", "return_code": 0, "content": []}
        ),
        {
            "type": "code_execution_tool_result",
            "content": {"type": "code_execution_result", "stdout": "1", "stderr": "", "return_code": 0, "content": []},
        },
    ),
    (
        "code_execution",
        JSONOutput(value={"type": "text_editor_code_execution_create_result", "is_file_update": True}),
        {
            "type": "text_editor_code_execution_tool_result",
            "content": {"type": "text_editor_code_execution_create_result", "is_file_update": True},
        },
    ),
    (
        "code_execution",
        ErrorJSONOutput(value={"type": "code_execution_tool_result_error", "errorCode": "unavailable"}),
        {
            "type": "code_execution_tool_result",
            "content": {"type": "code_execution_tool_result_error", "error_code": "unavailable"},
        },
    ),
    (
        "code_execution",
        ErrorTextOutput(value="it broke"),
        {
            "type": "bash_code_execution_tool_result",
            "content": {"type": "bash_code_execution_tool_result_error", "error_code": "unknown"},
        },
    ),
    (
        "tool_search_tool_regex",
        JSONOutput(value=[{"type": "tool_reference", "toolName": "weather"}]),
        {
            "type": "tool_search_tool_result",
            "content": {
                "type": "tool_search_tool_search_result",
                "tool_references": [{"type": "tool_reference", "tool_name": "weather"}],
            },
        },
    ),
    (
        "tool_search_tool_bm25",
        ErrorJSONOutput(value={}),
        {
            "type": "tool_search_tool_result",
            "content": {"type": "tool_search_tool_result_error", "error_code": "unavailable"},
        },
    ),
    (
        "advisor",
        JSONOutput(value={"type": "advisor_result", "text": "Wait.", "stopReason": "end_turn"}),
        {
            "type": "advisor_tool_result",
            "content": {"type": "advisor_result", "text": "Wait.", "stop_reason": "end_turn"},
        },
    ),
]


@pytest.mark.parametrize(("name", "output", "block"), RESULTS)
def test_results_of_anthropics_tools_go_back_as_they_came(name: str, output: ToolOutput, block: dict[str, Any]) -> None:
    result = ToolResultPart(tool_call_id="s1", tool_name=name, output=output)
    assert said(result) == [{"tool_use_id": "s1", **block}]


@pytest.mark.parametrize(
    "part",
    [
        ToolResultPart(tool_call_id="s1", tool_name="web_search", output=TextOutput(value="x")),
        ToolResultPart(tool_call_id="s1", tool_name="web_search", output=JSONOutput(value={"no": "list"})),
        ToolResultPart(tool_call_id="s1", tool_name="code_execution", output=JSONOutput(value={"type": "x"})),
        ToolResultPart(tool_call_id="s1", tool_name="weather", output=JSONOutput(value=1)),
        ToolCallPart(tool_call_id="s1", tool_name="weather", input={}, provider_executed=True),
    ],
)
def test_what_other_providers_ran_is_left_out_with_a_warning(part: AssistantContent) -> None:
    sent = request(HI, AssistantMessage([part, TextPart(text="So.")]), HI)
    assert msgspec.json.decode(sent.body)["messages"][1]["content"] == [text("So.")]
    assert len(sent.warnings) == 1


def test_calls_of_mcp_tools_name_their_server() -> None:
    server = {"anthropic": {"type": "mcp-tool-use", "serverName": "docs"}}
    call = ToolCallPart(
        tool_call_id="m1", tool_name="search", input={"q": 1}, provider_executed=True, provider_options=server
    )
    result = ToolResultPart(tool_call_id="m1", tool_name="search", output=JSONOutput(value="Found"))
    assert said(call, result) == [
        {"type": "mcp_tool_use", "id": "m1", "name": "search", "input": {"q": 1}, "server_name": "docs"},
        {"type": "mcp_tool_result", "tool_use_id": "m1", "is_error": False, "content": "Found"},
    ]
    empty = msgspec.structs.replace(call, input=msgspec.UNSET)
    assert said(empty)[0]["input"] == {}
    nowhere = msgspec.structs.replace(call, provider_options={"anthropic": {"type": "mcp-tool-use"}})
    assert said(nowhere) == []
