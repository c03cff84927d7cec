"""Output items of the Responses API, as they are announced and as they are when done (npm `@ai-sdk/openai` 4.0.118,
`openai-responses-api.ts`). What is declared here but does not fit is an error of the stream, as it is there.
"""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from edgechat.model.openai_responses.client_tools import (
    ApplyPatchCall,
    ComputerCall,
    LocalShellCall,
    ShellCall,
    ShellCallOutput,
)
from edgechat.model.openai_responses.shapes import Item, Number, Status, Variant


class Message(Item, tag="message"):
    phase: Literal["commentary", "final_answer"] | None = None


class Reasoning(Item, tag="reasoning"):
    encrypted_content: str | None = None


class DirectCaller(Variant, tag="direct"):
    pass


class ProgramCaller(Variant, tag="program"):
    caller_id: str


class FunctionCall(Item, tag="function_call"):
    call_id: str
    name: str
    arguments: str
    is_async: bool | None = msgspec.field(name="async", default=None)
    namespace: str | None = None
    caller: DirectCaller | ProgramCaller | None = None


class FunctionCallDone(FunctionCall, tag="function_call", kw_only=True):
    status: Status


class CustomToolCall(Item, tag="custom_tool_call"):
    call_id: str
    name: str
    input: str
    is_async: bool | None = msgspec.field(name="async", default=None)


class CustomToolCallDone(CustomToolCall, tag="custom_tool_call", kw_only=True):
    status: Literal["completed"]


class Program(Item, tag="program"):
    call_id: str
    code: str
    fingerprint: str


class ProgramOutput(Item, tag="program_output"):
    call_id: str
    result: str
    status: Literal["completed", "incomplete"]


class WebSearchCall(Item, tag="web_search_call"):
    status: str


class URLSource(Variant, tag="url"):
    url: str


class APISource(Variant, tag="api"):
    name: str


class Search(Variant, tag="search"):
    query: str | None = None
    queries: list[str] | None = None
    sources: list[URLSource | APISource] | None = None


class OpenPage(Variant, tag="open_page"):
    url: str | UnsetType | None = UNSET


class FindInPage(Variant, tag="find_in_page"):
    url: str | UnsetType | None = UNSET
    pattern: str | UnsetType | None = UNSET


class WebSearchCallDone(WebSearchCall, tag="web_search_call"):
    action: Search | OpenPage | FindInPage | None = None


class FileSearchCall(Item, tag="file_search_call"):
    pass


class FileSearchResult(msgspec.Struct):
    attributes: dict[str, str | Number | bool]
    file_id: str
    filename: str
    score: Number
    text: str


class FileSearchCallDone(Item, tag="file_search_call"):
    queries: list[str]
    results: list[FileSearchResult] | None = None


class Logs(Variant, tag="logs"):
    logs: str


class Image(Variant, tag="image"):
    url: str


class CodeInterpreterCallDone(Item, tag="code_interpreter_call"):
    code: str | None
    container_id: str
    outputs: list[Logs | Image] | None


class CodeInterpreterCall(CodeInterpreterCallDone, tag="code_interpreter_call"):
    status: str


class ImageGenerationCall(Item, tag="image_generation_call"):
    pass


class ImageGenerationCallDone(ImageGenerationCall, tag="image_generation_call"):
    result: str


class MCPCall(Item, tag="mcp_call"):
    status: str
    approval_request_id: str | None = None


class _MCPError(msgspec.Struct):
    type: str | UnsetType = UNSET
    code: Number | str | UnsetType = UNSET
    message: str | UnsetType = UNSET


def _check_mcp_error(error: str | dict[str, Any] | UnsetType | None) -> None:
    """It is handed on with whatever else it has."""
    if isinstance(error, dict):
        msgspec.convert(error, _MCPError)


class MCPCallDone(MCPCall, tag="mcp_call", kw_only=True):
    arguments: str
    name: str
    server_label: str
    output: str | None = None
    error: str | dict[str, Any] | None = None

    def __post_init__(self) -> None:
        _check_mcp_error(self.error)


class MCPListTools(Item, tag="mcp_list_tools"):
    pass


class MCPTool(msgspec.Struct):
    name: str
    input_schema: Any
    description: str | UnsetType = UNSET
    annotations: dict[str, Any] | UnsetType = UNSET


class MCPListToolsDone(MCPListTools, tag="mcp_list_tools"):
    server_label: str
    tools: list[MCPTool]
    error: str | dict[str, Any] | UnsetType = UNSET

    def __post_init__(self) -> None:
        _check_mcp_error(self.error)


class MCPApprovalRequest(Item, tag="mcp_approval_request"):
    pass


class MCPApprovalRequestDone(MCPApprovalRequest, tag="mcp_approval_request"):
    server_label: str
    name: str
    arguments: str
    approval_request_id: str | UnsetType = UNSET


class ToolSearchCall(Item, tag="tool_search_call"):
    execution: Literal["server", "client"]
    call_id: str | None
    status: Status
    arguments: Any


class ToolSearchOutput(Item, tag="tool_search_output"):
    execution: Literal["server", "client"]
    call_id: str | None
    status: Status
    tools: list[dict[str, Any]]


class Compaction(Item, tag="compaction"):
    encrypted_content: str | None = None


class CompactionDone(Item, tag="compaction"):
    encrypted_content: str


type _Unchanging = (
    Message
    | Reasoning
    | Program
    | ProgramOutput
    | ApplyPatchCall
    | LocalShellCall
    | ShellCall
    | ShellCallOutput
    | ToolSearchCall
    | ToolSearchOutput
    | ComputerCall
)
type ItemAdded = (
    _Unchanging
    | FunctionCall
    | CustomToolCall
    | WebSearchCall
    | FileSearchCall
    | CodeInterpreterCall
    | ImageGenerationCall
    | MCPCall
    | MCPListTools
    | MCPApprovalRequest
    | Compaction
)
type ItemDone = (
    _Unchanging
    | FunctionCallDone
    | CustomToolCallDone
    | WebSearchCallDone
    | FileSearchCallDone
    | CodeInterpreterCallDone
    | ImageGenerationCallDone
    | MCPCallDone
    | MCPListToolsDone
    | MCPApprovalRequestDone
    | CompactionDone
)
