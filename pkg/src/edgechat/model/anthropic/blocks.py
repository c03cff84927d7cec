"""Content blocks of an answer, as they begin (npm `@ai-sdk/anthropic` 4.0.105, `anthropic-api.ts`)."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

type Number = int | float


class Block(msgspec.Struct, tag_field="type"):
    pass


class Caller(msgspec.Struct):
    """Who called a tool: the model itself, or code that it runs."""

    type: Literal["code_execution_20250825", "code_execution_20260120", "direct"]
    tool_id: str | UnsetType = UNSET


class Text(Block, tag="text"):
    text: str


class Thinking(Block, tag="thinking"):
    thinking: str


class RedactedThinking(Block, tag="redacted_thinking"):
    data: str


class Compaction(Block, tag="compaction"):
    content: str | None = None
    signature: str | None = None


class Model(msgspec.Struct):
    model: str


class Fallback(Block, tag="fallback", rename={"source": "from", "target": "to"}):
    source: Model
    target: Model


class ToolUse(Block, tag="tool_use"):
    id: str
    name: str
    input: dict[str, Any] | UnsetType = UNSET
    caller: Caller | UnsetType = UNSET
    toolset_name: str | None = None


class ServerToolUse(Block, tag="server_tool_use"):
    id: str
    name: str
    input: dict[str, Any] | None = None
    caller: Caller | UnsetType = UNSET


class MCPToolUse(Block, tag="mcp_tool_use"):
    id: str
    name: str
    input: Any
    server_name: str


class MCPText(Block, tag="text"):
    text: str
    citations: list[Any] | UnsetType | None = UNSET


class MCPToolResult(Block, tag="mcp_tool_result"):
    tool_use_id: str
    is_error: bool
    content: str | list[str | MCPText]


class PDFSource(Block, tag="base64"):
    media_type: Literal["application/pdf"]
    data: str


class TextSource(Block, tag="text"):
    media_type: Literal["text/plain"]
    data: str


class CitationsEnabled(msgspec.Struct):
    enabled: bool


class Document(Block, tag="document"):
    title: str | None
    source: PDFSource | TextSource
    citations: CitationsEnabled | UnsetType = UNSET


class WebFetchResult(Block, tag="web_fetch_result"):
    url: str
    retrieved_at: str | None
    content: Document


class WebFetchError(Block, tag="web_fetch_tool_result_error"):
    error_code: str


class WebFetchToolResult(Block, tag="web_fetch_tool_result"):
    tool_use_id: str
    content: WebFetchResult | WebFetchError
    caller: Caller | UnsetType = UNSET


class WebSearchResult(Block, tag="web_search_result"):
    url: str
    title: str | None
    encrypted_content: str
    page_age: str | None = None


class WebSearchError(Block, tag="web_search_tool_result_error"):
    error_code: str


class WebSearchToolResult(Block, tag="web_search_tool_result"):
    tool_use_id: str
    content: list[WebSearchResult] | WebSearchError
    caller: Caller | UnsetType = UNSET


class CodeOutput(Block, tag="code_execution_output"):
    file_id: str


class CodeResult(Block, tag="code_execution_result"):
    stdout: str
    stderr: str
    return_code: Number
    content: list[CodeOutput] = []


class EncryptedCodeResult(Block, tag="encrypted_code_execution_result"):
    encrypted_stdout: str
    stderr: str
    return_code: Number
    content: list[CodeOutput] = []


class CodeError(Block, tag="code_execution_tool_result_error"):
    error_code: str


class CodeToolResult(Block, tag="code_execution_tool_result"):
    tool_use_id: str
    content: CodeResult | EncryptedCodeResult | CodeError


class BashOutput(Block, tag="bash_code_execution_output"):
    file_id: str


class BashResult(Block, tag="bash_code_execution_result"):
    content: list[BashOutput]
    stdout: str
    stderr: str
    return_code: Number


class BashError(Block, tag="bash_code_execution_tool_result_error"):
    error_code: str


class BashToolResult(Block, tag="bash_code_execution_tool_result"):
    tool_use_id: str
    content: BashResult | BashError


class EditorView(Block, tag="text_editor_code_execution_view_result"):
    content: str
    file_type: str
    num_lines: Number | None
    start_line: Number | None
    total_lines: Number | None


class EditorCreate(Block, tag="text_editor_code_execution_create_result"):
    is_file_update: bool


class EditorReplace(Block, tag="text_editor_code_execution_str_replace_result"):
    lines: list[str] | None
    new_lines: Number | None
    new_start: Number | None
    old_lines: Number | None
    old_start: Number | None


class EditorError(Block, tag="text_editor_code_execution_tool_result_error"):
    error_code: str


class EditorToolResult(Block, tag="text_editor_code_execution_tool_result"):
    tool_use_id: str
    content: EditorView | EditorCreate | EditorReplace | EditorError


class ToolReference(Block, tag="tool_reference"):
    tool_name: str


class ToolSearchResult(Block, tag="tool_search_tool_search_result"):
    tool_references: list[ToolReference]


class ToolSearchError(Block, tag="tool_search_tool_result_error"):
    error_code: str


class ToolSearchToolResult(Block, tag="tool_search_tool_result"):
    tool_use_id: str
    content: ToolSearchResult | ToolSearchError


class Advice(Block, tag="advisor_result"):
    text: str
    stop_reason: str | None = None


class RedactedAdvice(Block, tag="advisor_redacted_result"):
    encrypted_content: str
    stop_reason: str | None = None


class AdvisorError(Block, tag="advisor_tool_result_error"):
    error_code: str


class AdvisorToolResult(Block, tag="advisor_tool_result"):
    tool_use_id: str
    content: Advice | RedactedAdvice | AdvisorError


type ToolResultBlock = (
    WebFetchToolResult
    | WebSearchToolResult
    | CodeToolResult
    | BashToolResult
    | EditorToolResult
    | ToolSearchToolResult
    | AdvisorToolResult
)
type ContentBlock = (
    Text
    | Thinking
    | RedactedThinking
    | Compaction
    | Fallback
    | ToolUse
    | ServerToolUse
    | MCPToolUse
    | MCPToolResult
    | ToolResultBlock
)
