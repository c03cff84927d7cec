"""Results of tools that Anthropic ran, as it takes them back (npm `@ai-sdk/anthropic` 4.0.105,
`convert-to-anthropic-prompt.ts`). The opposite of `results.py`."""

from typing import Any

import msgspec

from edgechat.json import JSONDecoder
from edgechat.model.anthropic.names import snake
from edgechat.model.prompt import ErrorJSONOutput, ErrorTextOutput, JSONOutput, ToolOutput

_CODE = {
    "code_execution_": "code_execution_tool_result",
    "encrypted_code_execution_": "code_execution_tool_result",
    "bash_code_execution_": "bash_code_execution_tool_result",
    "text_editor_code_execution_": "text_editor_code_execution_tool_result",
}

_json = JSONDecoder[Any](Any)


def parsed(json: str) -> Any:
    """None for what is no JSON."""
    try:
        return _json.decode(json)
    except msgspec.DecodeError:
        return None


def result_block(name: str, output: ToolOutput) -> dict[str, Any] | None:
    """The block of a result of the tool `name`, without the id of the call; None where it fits into none."""
    match name, output:
        case "mcp", JSONOutput() | ErrorJSONOutput():
            is_error = isinstance(output, ErrorJSONOutput)
            return {"type": "mcp_tool_result", "is_error": is_error, "content": output.value}
        case "code_execution", ErrorTextOutput() | ErrorJSONOutput():
            return _code_error(_error(output.value))
        case "code_execution", JSONOutput(value={"type": str() as kind}):
            blocks = [block for start, block in _CODE.items() if kind.startswith(start)]
            return {"type": blocks[0], "content": output.value} if blocks else None
        case "web_fetch" | "web_search", ErrorJSONOutput():
            return _failed(f"{name}_tool_result", _error(output.value))
        case "web_fetch", JSONOutput(value=dict()):
            return {"type": "web_fetch_tool_result", "content": snake(output.value)}
        case "web_search", JSONOutput(value=list()):
            return {"type": "web_search_tool_result", "content": snake(output.value)}
        case "tool_search_tool_regex" | "tool_search_tool_bm25", JSONOutput(value=list()):
            found = {"type": "tool_search_tool_search_result", "tool_references": snake(output.value)}
            return {"type": "tool_search_tool_result", "content": found}
        case "tool_search_tool_regex" | "tool_search_tool_bm25", JSONOutput(value=dict()) | ErrorJSONOutput():
            return _failed("tool_search_tool_result", _error(output.value))
        case "advisor", JSONOutput(value=dict()) | ErrorJSONOutput(value=dict()):
            return {"type": "advisor_tool_result", "content": snake(output.value)}
    return None


def _error(value: Any) -> dict[str, Any]:
    """`{type, errorCode}`, if that is what the value is, or its JSON."""
    error = parsed(value) if isinstance(value, str) else value
    return error if isinstance(error, dict) else {}


def _failed(type: str, error: dict[str, Any], default: str = "unavailable") -> dict[str, Any]:
    return {"type": type, "content": {"type": f"{type}_error", "error_code": error.get("errorCode", default)}}


def _code_error(error: dict[str, Any]) -> dict[str, Any]:
    is_code = error.get("type") == "code_execution_tool_result_error"
    return _failed("code_execution_tool_result" if is_code else "bash_code_execution_tool_result", error, "unknown")
