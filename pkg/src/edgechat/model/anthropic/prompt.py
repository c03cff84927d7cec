"""Messages as Anthropic takes them.

User and assistant take turns: messages in a row become one, and results of tools are what a user says.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.json import JSONDecoder
from edgechat.model.anthropic.settings import Notes, ToolNames, options_of, snake
from edgechat.model.call_ids import portable_call_id
from edgechat.model.files import base64, full_media_type, inline, kind_of, reference_for
from edgechat.model.prompt import (
    AssistantContent,
    AssistantMessage,
    ContentOutput,
    CustomPart,
    ErrorJSONOutput,
    ErrorTextOutput,
    ExecutionDenied,
    FileData,
    FilePart,
    FileReference,
    FileText,
    FileURL,
    JSONOutput,
    ModelMessage,
    ProviderOptions,
    ReasoningPart,
    SystemMessage,
    TextOutput,
    TextPart,
    ToolCallPart,
    ToolContent,
    ToolOutput,
    ToolResultPart,
)
from edgechat.model.types import without_none

type Block = dict[str, Any]

_SERVER_TOOLS = ("code_execution", "web_fetch", "web_search")
_CODE_TYPES = ("bash_code_execution", "text_editor_code_execution")

_THINKING = ("thinking", "redacted_thinking")
"""Blocks that keep their place among others. They are no cache breakpoints either."""

_json = JSONDecoder[Any](Any)


class PromptBuilder:
    def __init__(self, names: ToolNames, notes: Notes, *, send_reasoning: bool) -> None:
        self.system: list[Block] = []
        self._messages: list[dict[str, Any]] = []
        self._names = names
        self._notes = notes
        self._send_reasoning = send_reasoning
        self._mcp_calls: set[str] = set()

    def add(self, message: ModelMessage) -> None:
        """Raises `UnsupportedFunctionalityError` for files that Anthropic does not take."""
        if isinstance(message, SystemMessage):
            self._put(self.system, _text(message.content), message.provider_options)
            return
        block_of: Callable[..., Block | None]
        role, block_of = "user", self._user_block
        if isinstance(message, AssistantMessage):
            role, block_of = "assistant", self._assistant_block
        parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
        blocks = [(block, part.provider_options) for part in parts if (block := block_of(part))]
        for number, (block, options) in enumerate(blocks, 1):
            # What is said of a message holds for its last part.
            of_message = message.provider_options if number == len(blocks) else None
            self._put(self._turn(role), block, options, of_message)

    def _turn(self, role: str) -> list[Block]:
        if not self._messages or self._messages[-1]["role"] != role:
            self._messages.append({"role": role, "content": []})
        content: list[Block] = self._messages[-1]["content"]
        return content

    def close(self) -> list[dict[str, Any]]:
        """The messages but for those of the system."""
        said = [message for message in self._messages if message["role"] == "assistant"]
        for message in said:
            message["content"] = _with_calls_last(message["content"])
        if said and said[-1] is self._messages[-1] and "text" in (last := said[-1]["content"][-1]):
            # Anthropic refuses an answer to be continued that ends in white space.
            last["text"] = last["text"].strip()
        return self._messages

    def _put(self, content: list[Block], block: Block, *options: ProviderOptions | None) -> None:
        if block["type"] not in _THINKING and (control := self._notes.cache_control(*options)):
            block["cache_control"] = control
        content.append(block)

    def _user_block(self, part: object) -> Block | None:
        match part:
            case TextPart():
                return _text(part.text)
            case FilePart():
                block = self._file(part)
                if block is None:
                    raise UnsupportedFunctionalityError(f"Anthropic takes no files of type {part.media_type}.")
                return block
            case ToolResultPart():
                return self._tool_result(part)
        return None

    def _tool_result(self, part: ToolResultPart) -> Block:
        match part.output:
            case ContentOutput(value=items):
                content: Any = [block for item in items if (block := self._tool_content(item))]
            case TextOutput(value=value) | ErrorTextOutput(value=value):
                content = value
            case ExecutionDenied(reason=reason):
                content = reason or "Tool call execution denied."
            case JSONOutput(value=value) | ErrorJSONOutput(value=value):
                content = msgspec.json.encode(value).decode()
        is_error = isinstance(part.output, ErrorTextOutput | ErrorJSONOutput) or None
        return without_none(
            {
                "type": "tool_result",
                "tool_use_id": portable_call_id(part.tool_call_id),
                "content": content,
                "is_error": is_error,
            }
        )

    def _tool_content(self, part: TextPart | FilePart | CustomPart) -> Block | None:
        if isinstance(part, TextPart):
            return _text(part.text)
        if isinstance(part, FilePart) and (block := self._file(part)):
            return block
        what = part.media_type if isinstance(part, FilePart) else part.kind
        self._notes.warnings.append(f"Anthropic takes no {what} as the result of a tool.")
        return None

    def _file(self, part: FilePart) -> Block | None:
        """None for a type that Anthropic does not take."""
        options = options_of(part.provider_options)
        source = self._source(part)
        if source is None or kind_of(part.media_type) == "image":
            return source and {"type": "image", "source": source}
        return without_none(
            {
                "type": "document",
                "source": source,
                "title": options.get("title", part.filename),
                "context": options.get("context"),
                "citations": options.get("citations"),
            }
        )

    def _source(self, part: FilePart) -> dict[str, Any] | None:
        source = inline(part.data)
        match source:
            case FileReference():
                self._notes.betas.append("files-api-2025-04-14")
                return {"type": "file", "file_id": reference_for("anthropic", source)}
            case FileURL():
                return {"type": "url", "url": source.url}
            case FileText():
                return {"type": "text", "media_type": "text/plain", "data": source.text}
            case FileData():
                media_type = full_media_type(part.media_type, source)
                if media_type == "text/plain":
                    return {"type": "text", "media_type": media_type, "data": source.data.decode(errors="replace")}
                if kind_of(media_type) == "image" or media_type == "application/pdf":
                    return {"type": "base64", "media_type": media_type, "data": base64(source.data)}
        return None

    def _assistant_block(self, part: AssistantContent | ToolContent) -> Block | None:
        """None for what Anthropic does not take back."""
        options = options_of(part.provider_options)
        match part:
            case TextPart():
                return _said(part.text, options) if part.text else None
            case ReasoningPart() if self._send_reasoning:
                return self._reasoning(part.text, options)
            case ToolCallPart():
                block = self._tool_call(part, options)
            case ToolResultPart():
                block = self._server_result(part, options)
            case _:
                return None
        if block is None:
            self._notes.warnings.append(f"Anthropic cannot be told this of the tool {part.tool_name}.")
        return block

    def _reasoning(self, text: str, options: dict[str, Any]) -> Block | None:
        if (signature := options.get("signature")) is not None:
            return {"type": "thinking", "thinking": text, "signature": signature}
        if (data := options.get("redacted_data")) is not None:
            return {"type": "redacted_thinking", "data": data}
        self._notes.warnings.append("Anthropic takes back its own reasoning only, which has a signature.")
        return None

    def _tool_call(self, part: ToolCallPart, options: dict[str, Any]) -> Block | None:
        given = {} if part.input is msgspec.UNSET else part.input
        call = {"id": part.tool_call_id, "name": part.tool_name, "input": given}
        if server := options.get("server_name"):
            self._mcp_calls.add(part.tool_call_id)
            return {"type": "mcp_tool_use", **call, "server_name": server}
        if "caller" in options:
            call["caller"] = options["caller"]
        if not part.provider_executed:
            return {"type": "tool_use", **call, "id": portable_call_id(part.tool_call_id), "input": _object(given)}
        name = self._names.provider(part.tool_name)
        if name not in _SERVER_TOOLS:
            return None
        if name == "code_execution" and isinstance(given, dict) and isinstance(kind := given.get("type"), str):
            # The input says which way it runs: the opposite of what `Content` does.
            given = {key: value for key, value in given.items() if key != "type"}
            name = kind if kind in _CODE_TYPES else name
        return {"type": "server_tool_use", **call, "name": name, "input": given}

    def _server_result(self, part: ToolResultPart, options: dict[str, Any]) -> Block | None:
        if part.tool_call_id in self._mcp_calls:
            block = _mcp_result(part.output)
        else:
            block = _result(self._names.provider(part.tool_name), part.output)
        if block and "caller" in options:
            block["caller"] = options["caller"]
        return block and {**block, "tool_use_id": part.tool_call_id}


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _said(text: str, options: dict[str, Any]) -> Block:
    if options.get("type") == "compaction":
        return without_none({"type": "compaction", "content": text, "signature": options.get("signature")})
    return without_none({**_text(text), "citations": options.get("citations")})


def _mcp_result(output: ToolOutput) -> Block | None:
    if not isinstance(output, JSONOutput | ErrorJSONOutput):
        return None
    return {"type": "mcp_tool_result", "is_error": isinstance(output, ErrorJSONOutput), "content": output.value}


def _result(tool: str, output: ToolOutput) -> Block | None:
    """Of a tool that Anthropic ran: the values say by their types which block they are in."""
    if tool not in _SERVER_TOOLS or not isinstance(output, JSONOutput | ErrorJSONOutput | ErrorTextOutput):
        return None
    value = snake(_parsed(output.value) if isinstance(output.value, str) else output.value)
    kind = value.get("type") if isinstance(value, dict) else None
    block = f"{next((each for each in _CODE_TYPES if str(kind).startswith(each)), tool)}_tool_result"
    if not isinstance(output, JSONOutput):
        code = value.get("error_code", "unavailable") if isinstance(value, dict) else "unavailable"
        return {"type": block, "content": {"type": f"{block}_error", "error_code": code}}
    return {"type": block, "content": value} if kind or isinstance(value, list) else None


def _object(value: Any) -> dict[str, Any]:
    """The input of a tool has to be an object, also where the model wrote nonsense."""
    given = _parsed(value) if isinstance(value, str) else value
    return given if isinstance(given, dict) else {"rawInvalidInput": value}


def _parsed(json: str) -> Any:
    """None for what is no JSON."""
    try:
        return _json.decode(json)
    except msgspec.DecodeError:
        return None


def _with_calls_last(content: list[Block]) -> list[Block]:
    """Tool calls come after all that was said, but stay behind the thinking that led to them."""
    result: list[Block] = []
    calls: list[Block] = []
    for block in content:
        if block["type"] in _THINKING:
            result += calls
            calls = []
        (calls if block["type"] == "tool_use" else result).append(block)
    return result + calls
