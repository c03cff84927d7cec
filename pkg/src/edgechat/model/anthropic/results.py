"""Results of tools that Anthropic runs (npm `@ai-sdk/anthropic` 4.0.105, `doStream`)."""

from typing import Any

import msgspec
from msgspec import UnsetType

from edgechat.model.anthropic import blocks
from edgechat.model.anthropic.names import camel
from edgechat.model.anthropic.tools import ToolNames
from edgechat.model.parts import ProviderMetadata, ToolResult

_ERRORS = (
    blocks.WebFetchError,
    blocks.WebSearchError,
    blocks.CodeError,
    blocks.ToolSearchError,
    blocks.AdvisorError,
)


def tool_result(block: blocks.ToolResultBlock, names: ToolNames, search_tools: dict[str, str]) -> ToolResult:
    """`search_tools`: by the id of their call, which kind of tool search was called."""
    caller: blocks.Caller | UnsetType = msgspec.UNSET
    match block:
        case blocks.WebFetchToolResult():
            name, caller = "web_fetch", block.caller
        case blocks.WebSearchToolResult():
            name, caller = "web_search", block.caller
        case blocks.ToolSearchToolResult():
            name = search_tools.get(block.tool_use_id) or _declared_search(names)
        case blocks.AdvisorToolResult():
            name = "advisor"
        case _:
            name = "code_execution"
    return ToolResult(
        block.tool_use_id,
        names.custom(name),
        _result(block.content),
        is_error=isinstance(block.content, _ERRORS) or None,
        provider_metadata=caller_metadata(caller),
    )


def caller_metadata(caller: blocks.Caller | UnsetType) -> ProviderMetadata | None:
    return {"anthropic": {"caller": camel(msgspec.to_builtins(caller))}} if caller else None


def _declared_search(names: ToolNames) -> str:
    """A search that was called in an earlier message goes by the kind that is declared."""
    bm25 = "tool_search_tool_bm25"
    return "tool_search_tool_regex" if names.custom(bm25) == bm25 else bm25


def _result(content: Any) -> Any:
    match content:
        case list():
            return [_without_none(camel(msgspec.to_builtins(item)), "title") for item in content]
        case blocks.ToolSearchResult():
            return camel(msgspec.to_builtins(content.tool_references))
        case blocks.Advice() | blocks.RedactedAdvice():
            return _without_none(camel(msgspec.to_builtins(content)), "stopReason")
        case _ if isinstance(content, (blocks.WebFetchResult, *_ERRORS)):
            return camel(msgspec.to_builtins(content))
        case _:  # of code, the results are in Anthropic's own words
            return msgspec.to_builtins(content)


def _without_none(result: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != key or value is not None}
