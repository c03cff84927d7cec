"""Results of tools that Anthropic runs."""

from typing import Any

import msgspec
import pytest

from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.parts import ModelPart, Source, ToolResult
from edgechat.model.types import ModelCall, ProviderTool

type JSON = dict[str, Any]


def decode(*blocks: JSON, tools: tuple[ProviderTool, ...] = ()) -> list[ModelPart]:
    ids = iter(f"id-{number}" for number in range(9))
    api = AnthropicMessages("claude-sonnet-4-5", api_key="k", generate_id=lambda: next(ids))
    decoder = api.decoder(ModelCall(messages=[], tools=[*tools]), {})
    events = [{"type": "content_block_start", "index": i, "content_block": block} for i, block in enumerate(blocks)]
    return [part for event in events for part in decoder.feed(b"data: %b\n\n" % msgspec.json.encode(event))]


def test_found_pages_are_a_result_and_sources() -> None:
    page = {
        "type": "web_search_result",
        "url": "https://x",
        "title": "X",
        "encrypted_content": "E",
        "page_age": "1 day",
    }
    block = {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [page, {**page, "title": None}]}
    found = {"type": "web_search_result", "url": "https://x", "encryptedContent": "E", "pageAge": "1 day"}
    metadata = {"anthropic": {"pageAge": "1 day"}}
    assert decode(block) == [
        ToolResult("s1", "web_search", [found | {"title": "X"}, found]),
        Source("url", "id-0", url="https://x", title="X", provider_metadata=metadata),
        Source("url", "id-1", url="https://x", provider_metadata=metadata),
    ]


def test_a_fetched_page_is_a_document() -> None:
    document = {
        "type": "document",
        "title": None,
        "citations": {"enabled": True},
        "source": {"type": "text", "media_type": "text/plain", "data": "D"},
    }
    page = {"type": "web_fetch_result", "url": "https://x", "retrieved_at": "2025", "content": document, "extra": 1}
    caller = {"type": "code_execution_20250825", "tool_id": "s0"}
    block = {"type": "web_fetch_tool_result", "tool_use_id": "s1", "content": page, "caller": caller}
    assert decode(block) == [
        ToolResult(
            "s1",
            "web_fetch",
            {
                "type": "web_fetch_result",
                "url": "https://x",
                "retrievedAt": "2025",
                "content": {**document, "source": {"type": "text", "mediaType": "text/plain", "data": "D"}},
            },
            provider_metadata={"anthropic": {"caller": {"type": "code_execution_20250825", "toolId": "s0"}}},
        )
    ]


@pytest.mark.parametrize(
    ("type", "name", "content"),
    [
        (
            "code_execution_tool_result",
            "code_execution",
            {"type": "code_execution_result", "stdout": "1", "stderr": "", "return_code": 0, "content": []},
        ),
        (
            "code_execution_tool_result",
            "code_execution",
            {
                "type": "encrypted_code_execution_result",
                "encrypted_stdout": "E",
                "stderr": "",
                "return_code": 0,
                "content": [{"type": "code_execution_output", "file_id": "f"}],
            },
        ),
        (
            "bash_code_execution_tool_result",
            "code_execution",
            {"type": "bash_code_execution_result", "content": [], "stdout": "1", "stderr": "", "return_code": 0},
        ),
        (
            "bash_code_execution_tool_result",
            "code_execution",
            {"type": "bash_code_execution_tool_result_error", "error_code": "unavailable"},
        ),
        (
            "text_editor_code_execution_tool_result",
            "code_execution",
            {
                "type": "text_editor_code_execution_view_result",
                "content": "x",
                "file_type": "text",
                "num_lines": 1,
                "start_line": None,
                "total_lines": 1,
            },
        ),
    ],
)
def test_results_of_code_come_in_anthropics_own_words(type: str, name: str, content: JSON) -> None:
    assert decode({"type": type, "tool_use_id": "s1", "content": content}) == [ToolResult("s1", name, content)]


@pytest.mark.parametrize(
    ("block", "name"),
    [
        ("web_search_tool_result", "web_search"),
        ("web_fetch_tool_result", "web_fetch"),
        ("code_execution_tool_result", "code_execution"),
        ("tool_search_tool_result", "tool_search_tool_regex"),
        ("advisor_tool_result", "advisor"),
    ],
)
def test_what_went_wrong_is_a_result_too(block: str, name: str) -> None:
    content = {"type": f"{block}_error", "error_code": "unavailable"}
    result = {"type": f"{block}_error", "errorCode": "unavailable"}
    assert decode({"type": block, "tool_use_id": "s1", "content": content}) == [
        ToolResult("s1", name, result, is_error=True)
    ]


def test_found_tools_go_by_the_search_that_was_called() -> None:
    call = {"type": "server_tool_use", "id": "s1", "name": "tool_search_tool_bm25", "input": {}}
    references = [{"type": "tool_reference", "tool_name": "weather"}]
    content = {"type": "tool_search_tool_search_result", "tool_references": references}
    block = {"type": "tool_search_tool_result", "tool_use_id": "s1", "content": content}
    result = [{"type": "tool_reference", "toolName": "weather"}]
    assert decode(call, block)[-1] == ToolResult("s1", "tool_search_tool_bm25", result)
    assert decode(block) == [ToolResult("s1", "tool_search_tool_regex", result)]


@pytest.mark.parametrize(
    ("content", "result"),
    [
        ({"type": "advisor_result", "text": "Wait."}, {"type": "advisor_result", "text": "Wait."}),
        (
            {"type": "advisor_redacted_result", "encrypted_content": "E", "stop_reason": "end_turn"},
            {"type": "advisor_redacted_result", "encryptedContent": "E", "stopReason": "end_turn"},
        ),
    ],
)
def test_advice_is_a_result(content: JSON, result: JSON) -> None:
    block = {"type": "advisor_tool_result", "tool_use_id": "s1", "content": content}
    assert decode(block) == [ToolResult("s1", "advisor", result)]
