"""What a stream of `stream_text` is made of: the model's parts, and what the step loop adds to them.

Text, reasoning, tool input, sources, files and errors are the model's own parts (`edgechat.model.parts`), handed on
as they are. (npm `ai` 7.0.173, `TextStreamPart`.)
"""

from typing import Any

import msgspec

from edgechat.generate.timing import Timing
from edgechat.model import parts as model
from edgechat.model.parts import FinishReason, ProviderMetadata, Usage


class Start(msgspec.Struct, kw_only=True):
    """Before the first call of the model."""


class StartStep(msgspec.Struct, kw_only=True):
    """One call of the model begins to answer."""

    warnings: list[str] = []


class ToolCall(msgspec.Struct, kw_only=True):
    """A call whose input was parsed, and validated unless `error` says why not."""

    tool_call_id: str
    tool_name: str
    input: Any
    """JSON, as the model sent it."""
    value: Any = None
    """`input` as the tool's own types."""
    provider_executed: bool | None = None
    dynamic: bool | None = None
    title: str | None = None
    metadata: dict[str, Any] | None = None
    provider_metadata: ProviderMetadata | None = None
    error: Exception | None = None


class ToolResult(msgspec.Struct, kw_only=True):
    tool_call_id: str
    tool_name: str
    input: Any
    output: Any
    preliminary: bool | None = None
    provider_executed: bool | None = None
    dynamic: bool | None = None
    metadata: dict[str, Any] | None = None
    provider_metadata: ProviderMetadata | None = None


class ToolError(msgspec.Struct, kw_only=True):
    """A tool failed. `error` is an exception, or what the provider said of its own tool."""

    tool_call_id: str
    tool_name: str
    input: Any
    error: Any
    provider_executed: bool | None = None
    dynamic: bool | None = None
    metadata: dict[str, Any] | None = None
    provider_metadata: ProviderMetadata | None = None


class ToolApprovalRequest(msgspec.Struct, kw_only=True):
    approval_id: str
    tool_call: ToolCall
    is_automatic: bool | None = None
    reason: str | None = None
    signature: str | None = None


class ToolApprovalResponse(msgspec.Struct, kw_only=True):
    approval_id: str
    tool_call: ToolCall
    approved: bool
    reason: str | None = None
    provider_executed: bool | None = None


class ToolOutputDenied(msgspec.Struct, kw_only=True):
    tool_call_id: str
    tool_name: str


class FinishStep(msgspec.Struct, kw_only=True):
    finish_reason: FinishReason
    raw_finish_reason: str | None = None
    usage: Usage
    timing: Timing
    response: model.ResponseMetadata
    provider_metadata: ProviderMetadata | None = None


class Finish(msgspec.Struct, kw_only=True):
    finish_reason: FinishReason
    usage: Usage
    """Of all steps."""


class Abort(msgspec.Struct, kw_only=True):
    """The stream was stopped; what came before is kept."""

    reason: str | None = None


type StreamPart = (
    Start
    | StartStep
    | model.TextStart
    | model.TextDelta
    | model.TextEnd
    | model.ReasoningStart
    | model.ReasoningDelta
    | model.ReasoningEnd
    | model.ToolInputStart
    | model.ToolInputDelta
    | model.ToolInputEnd
    | model.Source
    | model.File
    | model.ReasoningFile
    | model.Custom
    | model.Error
    | ToolCall
    | ToolResult
    | ToolError
    | ToolApprovalRequest
    | ToolApprovalResponse
    | ToolOutputDenied
    | FinishStep
    | Finish
    | Abort
)
