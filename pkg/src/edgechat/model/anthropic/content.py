"""The content blocks of an answer, open and closed."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from edgechat.errors import StreamFormatError
from edgechat.json import JSONDecoder
from edgechat.model.anthropic import blocks, events
from edgechat.model.anthropic.metadata import Citations
from edgechat.model.anthropic.settings import JSON_TOOL, ToolNames, camel
from edgechat.model.parts import (
    Custom,
    ModelPart,
    ProviderMetadata,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    TextDelta,
    TextStart,
    ToolCall,
    ToolInputDelta,
    ToolInputEnd,
    ToolInputStart,
    ToolResult,
)

# Ways to run code are one tool, whose input says which way it is.
_CODE = {
    "code_execution": "programmatic-tool-call",
    "bash_code_execution": "bash_code_execution",
    "text_editor_code_execution": "text_editor_code_execution",
}
_WEB = ("web_fetch", "web_search")
_SEARCH = ("tool_search_tool_regex", "tool_search_tool_bm25")

_ERRORS = (
    blocks.WebFetchError,
    blocks.WebSearchError,
    blocks.CodeError,
    blocks.ToolSearchError,
    blocks.AdvisorError,
)

_json = JSONDecoder[Any](Any)


class _Text(msgspec.Struct):
    citations: list[events.Citation] = []


class _Reasoning(msgspec.Struct):
    pass


class _Tool(msgspec.Struct, kw_only=True):
    id: str
    name: str
    input: list[str]
    provider_name: str | None = None
    """Of a tool that Anthropic runs."""
    input_type: str | None = None
    """To be put first into the input, which is yet to come."""
    dynamic: bool | None = None
    caller: blocks.Caller | UnsetType = UNSET


class _Held(msgspec.Struct):
    """Text that is the answer only if nothing else than thinking follows."""

    id: str
    text: list[str] = []
    citations: list[events.Citation] = []


class Content:
    """`has_json_tool`: the answer is to be the input of the tool "json", which then comes as text.

    `runs_code`: the model may run code although that is not declared.
    """

    def __init__(self, names: ToolNames, citations: Citations, *, has_json_tool: bool, runs_code: bool) -> None:
        self.has_output = False
        self.is_json_answer = False
        self._names = names
        self._citations = citations
        self._has_json_tool = has_json_tool
        self._runs_code = runs_code
        self._blocks: dict[int, _Text | _Reasoning | _Tool] = {}
        self._is_thinking = False
        self._held: list[_Held] = []
        self._held_at: dict[int, _Held] = {}
        self._mcp_calls: dict[str, ToolCall] = {}
        self._search_tools: dict[str, str] = {}

    def begin(self, calls: list[events.CalledTool], parts: list[ModelPart]) -> None:
        """A message begins, perhaps with calls that are complete."""
        self.has_output = bool(calls)
        self._held_at.clear()
        for call in calls:
            json = _stringify({} if call.input is None else call.input)
            parts += (
                ToolInputStart(call.id, call.name),
                ToolInputDelta(call.id, json),
                ToolInputEnd(call.id),
                ToolCall(call.id, call.name, json, provider_metadata=_caller(call.caller)),
            )

    def delta(self, index: int, delta: events.Delta, parts: list[ModelPart]) -> None:
        if isinstance(delta, events.TextDelta):
            if not self._has_json_tool:
                self._text(index, delta.text, parts)
            elif held := self._held_at.get(index):
                held.text.append(delta.text)
        elif isinstance(delta, events.InputJSONDelta):
            if delta.partial_json:
                self._input(index, delta.partial_json, parts)
        elif isinstance(delta, events.ThinkingDelta):
            parts.append(ReasoningDelta(str(index), delta.thinking))
            if delta.thinking:
                self.has_output = True
        elif isinstance(delta, events.SignatureDelta):
            if self._is_thinking:
                parts.append(ReasoningDelta(str(index), "", {"anthropic": {"signature": delta.signature}}))
        elif isinstance(delta, events.CompactionDelta):
            if delta.content is not None:
                self._text(index, delta.content, parts)
        else:
            self._cite(index, delta.citation, parts)

    def _text(self, index: int, text: str, parts: list[ModelPart]) -> None:
        parts.append(TextDelta(str(index), text))
        if text:
            self.has_output = True

    def _input(self, index: int, json: str, parts: list[ModelPart]) -> None:
        block = self._blocks.get(index)
        if self.is_json_answer:
            if isinstance(block, _Text):
                self._text(index, json, parts)
        elif isinstance(block, _Tool):
            if block.input_type:
                json = f'{{"type": "{block.input_type}",{json[1:]}'
                block.input_type = None
            block.input.append(json)
            parts.append(ToolInputDelta(block.id, json))
            self.has_output = True

    def _cite(self, index: int, citation: events.Citation, parts: list[ModelPart]) -> None:
        block = self._blocks.get(index)
        if isinstance(block, _Text):
            block.citations.append(citation)
        if held := self._held_at.get(index):
            held.citations.append(citation)
        if source := self._citations.cite(citation):
            parts.append(source)

    def start(self, index: int, block: blocks.ContentBlock, parts: list[ModelPart]) -> None:
        """Raises `StreamFormatError` for a block that fits to nothing before it."""
        if isinstance(block, blocks.Fallback):
            models = {"from": {"model": block.source.model}, "to": {"model": block.target.model}}
            parts.append(Custom("anthropic.fallback", {"anthropic": {"type": "fallback", **models}}))
            return
        self._is_thinking = isinstance(block, blocks.Thinking)
        if not isinstance(block, blocks.Text | blocks.Thinking | blocks.RedactedThinking):
            self._held.clear()
        match block:
            case blocks.Text() if self._has_json_tool:
                self._held_at[index] = _Held(str(index))
                self._held.append(self._held_at[index])
            case blocks.Text():
                self._blocks[index] = _Text()
                parts.append(TextStart(str(index)))
            case blocks.Thinking():
                self._blocks[index] = _Reasoning()
                parts.append(ReasoningStart(str(index)))
            case blocks.RedactedThinking():
                self._blocks[index] = _Reasoning()
                parts.append(ReasoningStart(str(index), {"anthropic": {"redactedData": block.data}}))
            case blocks.Compaction():
                self._compaction(index, block, parts)
            case blocks.ToolUse():
                self._tool_use(index, block, parts)
            case blocks.ServerToolUse():
                self._server_tool_use(index, block, parts)
            case blocks.MCPToolUse():
                self._mcp_tool_use(block, parts)
            case blocks.MCPToolResult():
                self._mcp_tool_result(block, parts)
            case _:
                self._tool_result(block, parts)

    def _compaction(self, index: int, block: blocks.Compaction, parts: list[ModelPart]) -> None:
        self._blocks[index] = _Text()
        signature = {} if block.signature is None else {"signature": block.signature}
        parts.append(TextStart(str(index), {"anthropic": {"type": "compaction", **signature}}))
        if signature and block.content:
            self._text(index, block.content, parts)

    def _tool_use(self, index: int, block: blocks.ToolUse, parts: list[ModelPart]) -> None:
        if self._has_json_tool and block.name == JSON_TOOL:
            self.is_json_answer = True
            self._blocks[index] = _Text()
            parts.append(TextStart(str(index)))
            return
        if block.toolset_name is not None:
            raise StreamFormatError(f"Anthropic called {block.name} of the undeclared toolset {block.toolset_name}.")
        tool = _Tool(
            id=block.id,
            name=block.name,
            input=[_stringify(block.input)] if block.input else [],
            caller=block.caller,
        )
        self._begin_tool(index, tool, parts)

    def _server_tool_use(self, index: int, block: blocks.ServerToolUse, parts: list[ModelPart]) -> None:
        name = block.name
        given = [_stringify(block.input)] if block.input else []
        tool = _Tool(id=block.id, name=self._names.custom(name), input=given, provider_name=name, caller=block.caller)
        if name in _CODE:
            tool.provider_name = "code_execution"
            tool.name = self._names.custom("code_execution")
            tool.input_type = None if given else _CODE[name]
            tool.dynamic = self._runs_code or None
        elif name in _SEARCH:
            tool.input = []
            self._search_tools[block.id] = name
        elif name == "advisor":
            tool.input = ["{}"]
        elif name not in _WEB:
            return
        self._begin_tool(index, tool, parts)

    def _begin_tool(self, index: int, tool: _Tool, parts: list[ModelPart]) -> None:
        self._blocks[index] = tool
        executed = True if tool.provider_name else None
        parts.append(ToolInputStart(tool.id, tool.name, provider_executed=executed, dynamic=tool.dynamic))

    def _mcp_tool_use(self, block: blocks.MCPToolUse, parts: list[ModelPart]) -> None:
        call = ToolCall(
            block.id,
            block.name,
            _stringify(block.input),
            provider_executed=True,
            dynamic=True,
            provider_metadata={"anthropic": {"type": "mcp-tool-use", "serverName": block.server_name}},
        )
        self._mcp_calls[block.id] = call
        self.has_output = True
        parts.append(call)

    def _mcp_tool_result(self, block: blocks.MCPToolResult, parts: list[ModelPart]) -> None:
        call = self._mcp_calls.get(block.tool_use_id)
        if call is None:
            raise StreamFormatError(
                f"Anthropic sent the result of an MCP tool that was not called: {block.tool_use_id}"
            )
        parts.append(
            ToolResult(
                block.tool_use_id,
                call.tool_name,
                msgspec.to_builtins(block.content),
                is_error=block.is_error,
                dynamic=True,
                provider_metadata=call.provider_metadata,
            )
        )

    def _tool_result(self, block: blocks.ToolResultBlock, parts: list[ModelPart]) -> None:
        name = "code_execution"
        caller: blocks.Caller | UnsetType = UNSET
        match block:
            case blocks.WebFetchToolResult():
                name, caller = "web_fetch", block.caller
                self._citations.fetched(block.content)
            case blocks.WebSearchToolResult():
                name, caller = "web_search", block.caller
            case blocks.ToolSearchToolResult():
                name = self._search_tools.get(block.tool_use_id, _SEARCH[0])
            case blocks.AdvisorToolResult():
                name = "advisor"
        parts.append(
            ToolResult(
                block.tool_use_id,
                self._names.custom(name),
                _result(block.content),
                is_error=isinstance(block.content, _ERRORS) or None,
                provider_metadata=_caller(caller),
            )
        )
        if isinstance(block, blocks.WebSearchToolResult):
            parts += self._citations.found(block.content)

    def stop(self, index: int, parts: list[ModelPart]) -> None:
        self._is_thinking = False
        block = self._blocks.pop(index, None)
        if isinstance(block, _Text):
            parts.append(self._citations.text_end(str(index), block.citations))
        elif isinstance(block, _Reasoning):
            parts.append(ReasoningEnd(str(index)))
        elif block:
            self._end_tool(block, parts)

    def _end_tool(self, tool: _Tool, parts: list[ModelPart]) -> None:
        json = "".join(tool.input) or "{}"
        parts += (
            ToolInputEnd(tool.id),
            ToolCall(
                tool.id,
                tool.name,
                _with_type(json) if tool.provider_name == "code_execution" else json,
                provider_executed=True if tool.provider_name else None,
                dynamic=tool.dynamic,
                provider_metadata=_caller(tool.caller),
            ),
        )
        self.has_output = True

    def end(self, parts: list[ModelPart], *, goes_on: bool) -> None:
        """The message is complete. Text that was held is the answer, unless it `goes_on`."""
        parts += self._citations.web_sources()
        if not (self.is_json_answer or goes_on):
            for held in self._held:
                if text := "".join(held.text):
                    end = self._citations.text_end(held.id, held.citations)
                    parts += (TextStart(held.id), TextDelta(held.id, text), end)
        self._held.clear()
        self.has_output = False


def _with_type(json: str) -> str:
    """Code that came in one piece says so too."""
    try:
        parsed = _json.decode(json)
    except msgspec.DecodeError:
        return json
    if isinstance(parsed, dict) and "code" in parsed and "type" not in parsed:
        return _stringify({"type": _CODE["code_execution"], **parsed})
    return json


def _stringify(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _caller(caller: blocks.Caller | UnsetType) -> ProviderMetadata | None:
    return {"anthropic": {"caller": camel(caller)}} if caller else None


def _result(content: Any) -> Any:
    match content:
        case list():
            return [_without_none(camel(item), "title") for item in content]
        case blocks.ToolSearchResult():
            return camel(content.tool_references)
        case blocks.Advice() | blocks.RedactedAdvice():
            return _without_none(camel(content), "stopReason")
        case _ if isinstance(content, (blocks.WebFetchResult, *_ERRORS)):
            return camel(content)
        case _:  # of code, the results are in Anthropic's own words
            return msgspec.to_builtins(content)


def _without_none(result: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in result.items() if name != key or value is not None}
