"""What an assistant said goes back."""

from typing import Any

import msgspec
import pytest

from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.prompt import (
    AssistantContent,
    AssistantMessage,
    CustomPart,
    ErrorJSONOutput,
    ErrorTextOutput,
    JSONOutput,
    ModelMessage,
    ReasoningPart,
    TextOutput,
    TextPart,
    ToolApprovalRequest,
    ToolApprovalResponse,
    ToolCallPart,
    ToolMessage,
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
    assert messages_of(ToolMessage([ToolApprovalResponse(approval_id="a", approved=True)])) == []


def test_a_call_says_which_code_made_it() -> None:
    caller = {"anthropic": {"caller": {"type": "code_execution_20260120", "toolId": "s1"}}}
    code = ToolCallPart(tool_call_id="s1", tool_name="code_execution", input={"code": "x"}, provider_executed=True)
    call = ToolCallPart(tool_call_id="c1", tool_name="weather", input={}, provider_options=caller)
    sent = {"type": "tool_use", "id": "c1", "name": "weather", "input": {}}
    called = {"caller": {"type": "code_execution_20260120", "tool_id": "s1"}}
    assert said(code, call)[1] == sent | called


def test_compactions_and_citations_go_back() -> None:
    citation = {"type": "char_location", "cited_text": "x"}
    assert said(
        TextPart(text="Summary", provider_options={"anthropic": {"type": "compaction", "signature": "sig"}}),
        TextPart(text="Fact", provider_options={"anthropic": {"citations": [citation]}}),
    ) == [
        {"type": "compaction", "content": "Summary", "signature": "sig"},
        {"type": "text", "text": "Fact", "citations": [citation]},
    ]


def test_what_anthropic_said_of_itself_stays_here() -> None:
    assert said(CustomPart(kind="anthropic.message_start"), TextPart(text="Hi")) == [text("Hi")]


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
            "type": "code_execution_tool_result",
            "content": {"type": "code_execution_tool_result_error", "error_code": "unavailable"},
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
