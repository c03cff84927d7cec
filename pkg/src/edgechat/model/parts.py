"""What a model says, piece by piece (`LanguageModelV4StreamPart` of `@ai-sdk/provider` 4.0.38).

`id` names the block that a piece belongs to; start and end enclose its deltas. A tool call is complete with `ToolCall`,
whose input is JSON text.
"""

from typing import Any, Literal

import msgspec

type FinishReason = Literal["stop", "length", "content-filter", "tool-calls", "error", "interrupted", "other"]
type ProviderMetadata = dict[str, dict[str, Any]]


class Usage(msgspec.Struct, rename="camel", kw_only=True, frozen=True, omit_defaults=True):
    """Tokens of one call, or of several. None where the provider does not say."""

    input_tokens: int | None = None
    no_cache_tokens: int | None = None
    """Of the input: read anew."""
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    output_tokens: int | None = None
    text_tokens: int | None = None
    """Of the output: without reasoning."""
    reasoning_tokens: int | None = None
    is_estimated: bool = False
    """True where the stream ended before the provider had counted."""
    raw: dict[str, Any] | None = None
    """In the provider's own words."""

    @property
    def total_tokens(self) -> int | None:
        return _sum(self.input_tokens, self.output_tokens)

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=_sum(self.input_tokens, other.input_tokens),
            no_cache_tokens=_sum(self.no_cache_tokens, other.no_cache_tokens),
            cache_read_tokens=_sum(self.cache_read_tokens, other.cache_read_tokens),
            cache_write_tokens=_sum(self.cache_write_tokens, other.cache_write_tokens),
            output_tokens=_sum(self.output_tokens, other.output_tokens),
            text_tokens=_sum(self.text_tokens, other.text_tokens),
            reasoning_tokens=_sum(self.reasoning_tokens, other.reasoning_tokens),
            is_estimated=self.is_estimated or other.is_estimated,
        )


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None and second is None else (first or 0) + (second or 0)


class _Part(msgspec.Struct, tag_field="type", rename="camel", omit_defaults=True):
    pass


class StreamStart(_Part, tag="stream-start"):
    """The call has been accepted. Warnings say what of it this model does not support."""

    warnings: list[str] = []


class ResponseMetadata(_Part, tag="response-metadata"):
    id: str | None = None
    model_id: str | None = None
    timestamp: str | None = None
    """ISO 8601, UTC, with milliseconds."""


class TextStart(_Part, tag="text-start"):
    id: str
    provider_metadata: ProviderMetadata | None = None


class TextDelta(_Part, tag="text-delta"):
    id: str
    delta: str
    provider_metadata: ProviderMetadata | None = None


class TextEnd(_Part, tag="text-end"):
    id: str
    citations: list[dict[str, Any]] | None = None
    provider_metadata: ProviderMetadata | None = None


class ReasoningStart(_Part, tag="reasoning-start"):
    id: str
    provider_metadata: ProviderMetadata | None = None


class ReasoningDelta(_Part, tag="reasoning-delta"):
    id: str
    delta: str
    provider_metadata: ProviderMetadata | None = None


class ReasoningEnd(_Part, tag="reasoning-end"):
    id: str
    provider_metadata: ProviderMetadata | None = None


class ToolInputStart(_Part, tag="tool-input-start"):
    id: str
    """The tool call's."""
    tool_name: str
    provider_executed: bool | None = None
    dynamic: bool | None = None
    title: str | None = None
    provider_metadata: ProviderMetadata | None = None
    input_encoding: Literal["json", "text"] | None = None
    """Text for a tool whose input is no JSON while it streams. The complete `ToolCall` has it as a JSON string."""


class ToolInputDelta(_Part, tag="tool-input-delta"):
    id: str
    delta: str
    provider_metadata: ProviderMetadata | None = None


class ToolInputEnd(_Part, tag="tool-input-end"):
    id: str
    provider_metadata: ProviderMetadata | None = None


class ToolCall(_Part, tag="tool-call"):
    tool_call_id: str
    tool_name: str
    input: str
    provider_executed: bool | None = None
    """The provider runs the tool itself, and its result comes in the same stream."""
    dynamic: bool | None = None
    """The tool is not among those that were declared."""
    provider_metadata: ProviderMetadata | None = None


class ToolResult(_Part, tag="tool-result"):
    """Of a tool that the provider ran."""

    tool_call_id: str
    tool_name: str
    result: Any
    is_error: bool | None = None
    preliminary: bool | None = None
    dynamic: bool | None = None
    provider_metadata: ProviderMetadata | None = None


class ToolApprovalRequest(_Part, tag="tool-approval-request"):
    """The provider asks before it runs a tool of its own."""

    approval_id: str
    tool_call_id: str
    provider_metadata: ProviderMetadata | None = None


class Source(_Part, tag="source"):
    source_type: Literal["url", "document"]
    id: str
    url: str | None = None
    title: str | None = None
    media_type: str | None = None
    filename: str | None = None
    provider_metadata: ProviderMetadata | None = None


class File(_Part, tag="file"):
    media_type: str
    url: str
    """A `data:` URL, or an address."""
    provider_metadata: ProviderMetadata | None = None


class ReasoningFile(_Part, tag="reasoning-file"):
    media_type: str
    url: str
    provider_metadata: ProviderMetadata | None = None


class Custom(_Part, tag="custom"):
    kind: str
    """ "provider.kind"."""
    provider_metadata: ProviderMetadata | None = None


class Error(_Part, tag="error"):
    """An error inside the stream. More parts may follow."""

    error: Exception


class Finish(_Part, tag="finish"):
    finish_reason: FinishReason
    usage: Usage
    raw_finish_reason: str | None = None
    provider_metadata: ProviderMetadata | None = None


type ModelPart = (
    StreamStart
    | ResponseMetadata
    | TextStart
    | TextDelta
    | TextEnd
    | ReasoningStart
    | ReasoningDelta
    | ReasoningEnd
    | ToolInputStart
    | ToolInputDelta
    | ToolInputEnd
    | ToolCall
    | ToolResult
    | ToolApprovalRequest
    | Source
    | File
    | ReasoningFile
    | Custom
    | Error
    | Finish
)
