"""Content blocks of an answer, as they begin."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

type Number = int | float


class Tagged(msgspec.Struct, tag_field="type"):
    pass


class Caller(msgspec.Struct):
    """Who called a tool: the model itself, or code that it runs."""

    type: Literal["code_execution_20250825", "code_execution_20260120", "direct"]
    tool_id: str | UnsetType = UNSET


class Text(Tagged, tag="text"):
    text: str


class Thinking(Tagged, tag="thinking"):
    thinking: str


class RedactedThinking(Tagged, tag="redacted_thinking"):
    data: str


class Compaction(Tagged, tag="compaction"):
    content: str | None = None
    signature: str | None = None


class Model(msgspec.Struct):
    model: str


class Fallback(Tagged, tag="fallback", rename={"source": "from", "target": "to"}):
    source: Model
    target: Model


class ToolUse(Tagged, tag="tool_use"):
    id: str
    name: str
    input: dict[str, Any] | UnsetType = UNSET
    caller: Caller | UnsetType = UNSET
    toolset_name: str | None = None


class ServerToolUse(Tagged, tag="server_tool_use"):
    id: str
    name: str
    input: dict[str, Any] | None = None
    caller: Caller | UnsetType = UNSET


class MCPToolUse(Tagged, tag="mcp_tool_use"):
    id: str
    name: str
    input: Any
    server_name: str


class MCPText(Tagged, tag="text"):
    text: str
    citations: list[Any] | UnsetType | None = UNSET


class MCPToolResult(Tagged, tag="mcp_tool_result"):
    tool_use_id: str
    is_error: bool
    content: str | list[str | MCPText]


class PDFSource(Tagged, tag="base64"):
    media_type: Literal["application/pdf"]
    data: str


class TextSource(Tagged, tag="text"):
    media_type: Literal["text/plain"]
    data: str


class CitationsEnabled(msgspec.Struct):
    enabled: bool


class Document(Tagged, tag="document"):
    title: str | None
    source: PDFSource | TextSource
    citations: CitationsEnabled | UnsetType = UNSET


class WebFetchResult(Tagged, tag="web_fetch_result"):
    url: str
    retrieved_at: str | None
    content: Document


class WebFetchError(Tagged, tag="web_fetch_tool_result_error"):
    error_code: str


class WebFetchToolResult(Tagged, tag="web_fetch_tool_result"):
    tool_use_id: str
    content: WebFetchResult | WebFetchError
    caller: Caller | UnsetType = UNSET


class WebSearchResult(Tagged, tag="web_search_result"):
    url: str
    title: str | None
    encrypted_content: str
    page_age: str | None = None


class WebSearchError(Tagged, tag="web_search_tool_result_error"):
    error_code: str


class WebSearchToolResult(Tagged, tag="web_search_tool_result"):
    tool_use_id: str
    content: list[WebSearchResult] | WebSearchError
    caller: Caller | UnsetType = UNSET


class CodeOutput(Tagged, tag="code_execution_output"):
    file_id: str


class CodeResult(Tagged, tag="code_execution_result"):
    stdout: str
    stderr: str
    return_code: Number
    content: list[CodeOutput] = []


class EncryptedCodeResult(Tagged, tag="encrypted_code_execution_result"):
    encrypted_stdout: str
    stderr: str
    return_code: Number
    content: list[CodeOutput] = []


class CodeError(Tagged, tag="code_execution_tool_result_error"):
    error_code: str


class CodeToolResult(Tagged, tag="code_execution_tool_result"):
    tool_use_id: str
    content: CodeResult | EncryptedCodeResult | CodeError


class BashOutput(Tagged, tag="bash_code_execution_output"):
    file_id: str


class BashResult(Tagged, tag="bash_code_execution_result"):
    content: list[BashOutput]
    stdout: str
    stderr: str
    return_code: Number


class BashError(Tagged, tag="bash_code_execution_tool_result_error"):
    error_code: str


class BashToolResult(Tagged, tag="bash_code_execution_tool_result"):
    tool_use_id: str
    content: BashResult | BashError


class EditorView(Tagged, tag="text_editor_code_execution_view_result"):
    content: str
    file_type: str
    num_lines: Number | None
    start_line: Number | None
    total_lines: Number | None


class EditorCreate(Tagged, tag="text_editor_code_execution_create_result"):
    is_file_update: bool


class EditorReplace(Tagged, tag="text_editor_code_execution_str_replace_result"):
    lines: list[str] | None
    new_lines: Number | None
    new_start: Number | None
    old_lines: Number | None
    old_start: Number | None


class EditorError(Tagged, tag="text_editor_code_execution_tool_result_error"):
    error_code: str


class EditorToolResult(Tagged, tag="text_editor_code_execution_tool_result"):
    tool_use_id: str
    content: EditorView | EditorCreate | EditorReplace | EditorError


class ToolReference(Tagged, tag="tool_reference"):
    tool_name: str


class ToolSearchResult(Tagged, tag="tool_search_tool_search_result"):
    tool_references: list[ToolReference]


class ToolSearchError(Tagged, tag="tool_search_tool_result_error"):
    error_code: str


class ToolSearchToolResult(Tagged, tag="tool_search_tool_result"):
    tool_use_id: str
    content: ToolSearchResult | ToolSearchError


class Advice(Tagged, tag="advisor_result"):
    text: str
    stop_reason: str | None = None


class RedactedAdvice(Tagged, tag="advisor_redacted_result"):
    encrypted_content: str
    stop_reason: str | None = None


class AdvisorError(Tagged, tag="advisor_tool_result_error"):
    error_code: str


class AdvisorToolResult(Tagged, tag="advisor_tool_result"):
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
