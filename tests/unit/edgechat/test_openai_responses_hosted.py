import json
from typing import Any

import pytest

from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.parts import (
    Custom,
    Finish,
    ModelPart,
    Source,
    ToolApprovalRequest,
    ToolCall,
    ToolInputEnd,
    ToolInputStart,
    ToolResult,
)
from edgechat.model.prompt import AssistantMessage, ModelMessage, ToolCallPart
from edgechat.model.prompt import ToolApprovalRequest as AskedBefore
from edgechat.model.types import FunctionTool, ModelCall, ProviderTool


def added(**item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.added", "output_index": 0, "item": item}


def done(**item: Any) -> dict[str, Any]:
    return {"type": "response.output_item.done", "output_index": 0, "item": item}


def of(item_id: str, **more: Any) -> dict[str, dict[str, Any]]:
    return {"openai": {"itemId": item_id, **more}}


def decode(
    *events: Any, tools: list[FunctionTool | ProviderTool] | None = None, messages: list[ModelMessage] | None = None
) -> list[ModelPart]:
    """All parts but the last, which is the end."""
    numbers = iter(range(100))
    api = OpenAIResponses("gpt-5", generate_id=lambda: f"gen-{next(numbers)}")
    decoder = api.decoder(ModelCall(messages=messages or [], tools=tools or []), {})
    parts = decoder.feed(b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events))
    *more, end = decoder.close()
    assert isinstance(end, Finish)
    return [*parts, *more]


WEB_SEARCH = {"type": "web_search_call", "id": "ws_1"}


@pytest.mark.parametrize(
    ("action", "result"),
    [
        (None, {}),
        (
            {"type": "search", "query": "q", "queries": None, "sources": [{"type": "api", "name": "n"}]},
            {"action": {"type": "search", "query": "q"}, "sources": [{"type": "api", "name": "n"}]},
        ),
        ({"type": "open_page", "url": None}, {"action": {"type": "openPage", "url": None}}),
        ({"type": "find_in_page", "pattern": "p"}, {"action": {"type": "findInPage", "pattern": "p"}}),
    ],
)
def test_openai_searches_the_web(action: Any, result: Any) -> None:
    begun, ended = added(**WEB_SEARCH, status="in_progress"), done(**WEB_SEARCH, status="completed", action=action)
    assert decode(begun, ended, tools=[ProviderTool(id="openai.web_search_preview", name="find")]) == [
        ToolInputStart("ws_1", "find", provider_executed=True),
        ToolInputEnd("ws_1"),
        ToolCall("ws_1", "find", "{}", provider_executed=True),
        ToolResult("ws_1", "find", result),
    ]


def test_a_search_that_fails_is_an_error() -> None:
    failed = decode(done(**WEB_SEARCH, status="failed"))
    assert failed == [ToolResult("ws_1", "web_search", {"status": "failed"}, is_error=True)]


def test_files_that_were_found_are_sources_each_once() -> None:
    found = {"attributes": {"a": 1}, "file_id": "f", "filename": "a.pdf", "score": 0.5, "text": "t"}
    item = {"type": "file_search_call", "id": "fs_1"}
    call, result, source = decode(added(**item), done(**item, queries=["q"], results=[found, found]))
    told = {"attributes": {"a": 1}, "fileId": "f", "filename": "a.pdf", "score": 0.5, "text": "t"}
    assert call == ToolCall("fs_1", "file_search", "{}", provider_executed=True)
    assert result == ToolResult("fs_1", "file_search", {"queries": ["q"], "results": [told, told]})
    assert isinstance(source, Source)
    assert source.provider_metadata == {"openai": {"type": "file_search", "fileId": "f"}}


def test_an_image_comes_in_ever_better_versions() -> None:
    item = {"type": "image_generation_call", "id": "ig_1"}
    event = "response.image_generation_call.partial_image"
    partial = {"type": event, "item_id": "ig_1", "output_index": 0, "partial_image_b64": "AA"}
    assert decode(added(**item), partial, done(**item, result="BB")) == [
        ToolCall("ig_1", "image_generation", "{}", provider_executed=True),
        ToolResult("ig_1", "image_generation", {"result": "AA"}, preliminary=True),
        ToolResult("ig_1", "image_generation", {"result": "BB"}),
    ]


MCP = {"type": "mcp_call", "id": "mcp_1", "status": "completed", "name": "t", "server_label": "s", "arguments": "{}"}
ASKED = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "t", "server_label": "s", "arguments": "{}"}
MCP_RESULT = {"type": "call", "serverLabel": "s", "name": "t", "arguments": "{}"}


def test_a_tool_of_an_mcp_server() -> None:
    listed = done(type="mcp_list_tools", id="l", server_label="s", tools=[{"name": "t", "input_schema": {}}])
    error = {"type": "http_error", "code": 424, "url": "u"}
    assert decode(listed, added(**MCP), done(**MCP, output="ok", error=error)) == [
        ToolCall("mcp_1", "mcp.t", "{}", provider_executed=True, dynamic=True),
        ToolResult("mcp_1", "mcp.t", MCP_RESULT | {"output": "ok", "error": error}, provider_metadata=of("mcp_1")),
    ]


def test_openai_asks_before_it_calls_one() -> None:
    assert decode(added(**ASKED), done(**ASKED)) == [
        ToolCall("gen-0", "mcp.t", "{}", provider_executed=True, dynamic=True),
        ToolApprovalRequest("mcpr_1", "gen-0"),
    ]


ASKED_BEFORE = AssistantMessage(
    [
        ToolCallPart(tool_call_id="old-1", tool_name="mcp.t", provider_executed=True),
        AskedBefore(approval_id="mcpr_1", tool_call_id="old-1"),
        ToolCallPart(
            tool_call_id="old-2", tool_name="mcp.t", provider_options={"openai": {"approvalRequestId": "mcpr_2"}}
        ),
    ]
)


@pytest.mark.parametrize(
    ("request_id", "call_id"), [("mcpr_1", "old-1"), ("mcpr_2", "old-2"), ("mcpr_3", "mcp_1"), (None, "mcp_1")]
)
def test_an_approved_call_goes_on_under_its_id(request_id: str | None, call_id: str) -> None:
    call, result = decode(done(**MCP, approval_request_id=request_id), messages=[ASKED_BEFORE])
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert (call.tool_call_id, result.tool_call_id) == (call_id, call_id)


def test_a_program_of_the_model() -> None:
    program = done(type="program", id="p_1", call_id="call_1", code="x", fingerprint="f")
    output = done(type="program_output", id="po_1", call_id="call_1", result="r", status="completed")
    name, arguments = "programmatic_tool_calling", '{"code":"x","fingerprint":"f"}'
    assert decode(program, output) == [
        ToolCall("call_1", name, arguments, provider_executed=True, provider_metadata=of("p_1")),
        ToolResult("call_1", name, {"result": "r", "status": "completed"}, provider_metadata=of("po_1")),
    ]


def test_a_compaction_is_kept_for_the_next_call() -> None:
    metadata = of("cmp_1", type="compaction", encryptedContent="xyz")
    compaction = done(type="compaction", id="cmp_1", encrypted_content="xyz")
    assert decode(compaction) == [Custom("openai.compaction", metadata)]
