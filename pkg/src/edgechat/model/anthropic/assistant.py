"""What an assistant said before, as Anthropic takes it (npm `@ai-sdk/anthropic` 4.0.105,
`convert-to-anthropic-prompt.ts`)."""

from typing import Any

import msgspec

from edgechat.model.anthropic.names import options_of
from edgechat.model.anthropic.replay import parsed, result_block
from edgechat.model.anthropic.tools import ToolNames
from edgechat.model.prompt import (
    AssistantContent,
    CustomPart,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from edgechat.model.types import without_none

_SERVER_TOOLS = (
    *("code_execution", "web_fetch", "web_search", "advisor"),
    *("tool_search_tool_regex", "tool_search_tool_bm25"),
)
_CODE_TYPES = ("bash_code_execution", "text_editor_code_execution")
_CALLERS = ("code_execution_20250825", "code_execution_20260120")


class AssistantBlocks:
    """Parts of assistant messages as blocks."""

    def __init__(self, names: ToolNames, warnings: list[str], betas: set[str], *, send_reasoning: bool) -> None:
        self._names = names
        self._warnings = warnings
        self._betas = betas
        self._send_reasoning = send_reasoning
        self._mcp_calls: set[str] = set()

    def of(self, part: AssistantContent) -> dict[str, Any] | None:
        """None for what Anthropic does not take back."""
        options = options_of(part.provider_options)
        match part:
            case TextPart():
                return self._text(part.text, options)
            case ReasoningPart():
                return self._reasoning(part, options)
            case ToolCallPart():
                return self._tool_call(part, options)
            case ToolResultPart():
                return self._tool_result(part, options)
            case CustomPart(kind="anthropic.fallback"):
                return self._fallback(options)
        return None

    def _text(self, text: str, options: dict[str, Any]) -> dict[str, Any]:
        if options.get("type") != "compaction":
            return without_none({"type": "text", "text": text, "citations": options.get("citations")})
        signature = options.get("signature")
        if signature is not None:
            self._betas.add("compact-2026-09-04")
        return without_none({"type": "compaction", "content": text, "signature": signature})

    def _reasoning(self, part: ReasoningPart, options: dict[str, Any]) -> dict[str, Any] | None:
        if not self._send_reasoning:
            self._warnings.append("Reasoning is not sent, as the options ask.")
            return None
        if options.get("cache_control"):
            self._warnings.append("Reasoning cannot be a cache breakpoint.")
        if (signature := options.get("signature")) is not None:
            return {"type": "thinking", "thinking": part.text, "signature": signature}
        if (data := options.get("redacted_data")) is not None:
            return {"type": "redacted_thinking", "data": data}
        self._warnings.append("Anthropic takes back its own reasoning only, which has a signature.")
        return None

    def _fallback(self, options: dict[str, Any]) -> dict[str, Any] | None:
        match options:
            case {"from": {"model": str() as source}, "to": {"model": str() as target}}:
                self._betas.add("server-side-fallback-2026-06-01")
                return {"type": "fallback", "from": {"model": source}, "to": {"model": target}}
        self._warnings.append("A fallback of Anthropic must say from.model and to.model.")
        return None

    def _tool_call(self, part: ToolCallPart, options: dict[str, Any]) -> dict[str, Any] | None:
        given = {} if part.input is msgspec.UNSET else part.input
        if not part.provider_executed:
            call: dict[str, Any] | None = {"type": "tool_use", "name": part.tool_name, "input": _object(given)}
        elif options.get("type") == "mcp-tool-use":
            self._mcp_calls.add(part.tool_call_id)
            return self._mcp_call(part, given, options.get("server_name"))
        else:
            call = self._server_call(part, given)
        return call and {"id": part.tool_call_id, **call, **_caller(options)}

    def _mcp_call(self, part: ToolCallPart, given: Any, server: Any) -> dict[str, Any] | None:
        if isinstance(server, str):
            call = {"type": "mcp_tool_use", "id": part.tool_call_id, "name": part.tool_name}
            return {**call, "input": given, "server_name": server}
        self._warnings.append(f"The call of the MCP tool {part.tool_name} does not say which server it is on.")
        return None

    def _server_call(self, part: ToolCallPart, given: Any) -> dict[str, Any] | None:
        name = self._names.provider(part.tool_name)
        if name not in _SERVER_TOOLS:
            self._warnings.append(f"Anthropic takes no calls of {part.tool_name} that a provider ran.")
            return None
        if name == "advisor":
            given = {}
        elif name == "code_execution" and isinstance(given, dict):
            kind = given.get("type")
            if kind in (*_CODE_TYPES, "programmatic-tool-call"):
                name = kind if kind in _CODE_TYPES else name
                given = {key: value for key, value in given.items() if key != "type"}
        return {"type": "server_tool_use", "name": name, "input": given}

    def _tool_result(self, part: ToolResultPart, options: dict[str, Any]) -> dict[str, Any] | None:
        is_mcp = part.tool_call_id in self._mcp_calls
        name = "mcp" if is_mcp else self._names.provider(part.tool_name)
        block = result_block(name, part.output)
        if block is None:
            self._warnings.append(f"Anthropic cannot be told this result of {part.tool_name}.")
            return None
        block["tool_use_id"] = part.tool_call_id
        if name in ("web_fetch", "web_search"):
            block |= _caller(options)
        return block


def _caller(options: dict[str, Any]) -> dict[str, Any]:
    match options.get("caller"):
        case {"type": "direct"}:
            return {"caller": {"type": "direct"}}
        case {"type": kind, "toolId": str() as tool_id} if kind in _CALLERS and tool_id:
            return {"caller": {"type": kind, "tool_id": tool_id}}
    return {}


def _object(value: Any) -> dict[str, Any]:
    """The input of a tool has to be an object, also where the model wrote nonsense."""
    given = parsed(value) if isinstance(value, str) else value
    return given if isinstance(given, dict) else {"rawInvalidInput": value}
