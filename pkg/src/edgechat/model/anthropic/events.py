"""Events of an answer. Unknown fields are left out."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from edgechat.json import JSONDecoder
from edgechat.model.anthropic.blocks import Caller, ContentBlock, Number, Tagged


class WebSearchCitation(Tagged, tag="web_search_result_location"):
    cited_text: str
    url: str
    title: str | None
    encrypted_index: str


class SearchResultCitation(Tagged, tag="search_result_location"):
    cited_text: str
    search_result_index: Number
    source: str
    title: str | None
    start_block_index: Number
    end_block_index: Number


class PageCitation(Tagged, tag="page_location"):
    cited_text: str
    document_index: int
    document_title: str | None
    start_page_number: Number
    end_page_number: Number
    file_id: str | UnsetType | None = UNSET


class CharCitation(Tagged, tag="char_location"):
    cited_text: str
    document_index: int
    document_title: str | None
    start_char_index: Number
    end_char_index: Number
    file_id: str | UnsetType | None = UNSET


class BlockCitation(Tagged, tag="content_block_location"):
    cited_text: str
    document_index: int
    document_title: str | None
    start_block_index: Number
    end_block_index: Number
    file_id: str | None


type DocumentCitation = PageCitation | CharCitation | BlockCitation
type Citation = WebSearchCitation | SearchResultCitation | DocumentCitation


class TextDelta(Tagged, tag="text_delta"):
    text: str


class ThinkingDelta(Tagged, tag="thinking_delta"):
    thinking: str


class SignatureDelta(Tagged, tag="signature_delta"):
    signature: str


class InputJSONDelta(Tagged, tag="input_json_delta"):
    partial_json: str


class CompactionDelta(Tagged, tag="compaction_delta"):
    content: str | None = None


class CitationsDelta(Tagged, tag="citations_delta"):
    citation: Citation


type Delta = TextDelta | ThinkingDelta | SignatureDelta | InputJSONDelta | CompactionDelta | CitationsDelta


class BlockStart(Tagged, tag="content_block_start"):
    index: int
    content_block: ContentBlock


class BlockDelta(Tagged, tag="content_block_delta"):
    index: int
    delta: Delta


class BlockStop(Tagged, tag="content_block_stop"):
    index: int


class CalledTool(Tagged, tag="tool_use"):
    """A call that is there from the start, made by code that goes on running."""

    id: str
    name: str
    input: Any
    caller: Caller | UnsetType = UNSET


class Transformation(msgspec.Struct):
    type: str
    path: str
    reason: str


class Skill(msgspec.Struct):
    type: Literal["anthropic", "custom"]
    skill_id: str
    version: str


class Container(msgspec.Struct):
    expires_at: str
    id: str
    skills: list[Skill] | None = None


class StartUsage(msgspec.Struct):
    input_tokens: int
    service_tier: str | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None


class Message(msgspec.Struct):
    usage: dict[str, Any]
    """See `StartUsage`. Reported as it is, so that nothing may be left out."""
    id: str | None = None
    model: str | None = None
    role: str | None = None
    service_tier: str | None = None
    content: list[CalledTool] | None = None
    stop_reason: str | None = None
    input_transformations: list[Transformation] | None = None
    container: Container | None = None


class MessageStart(Tagged, tag="message_start"):
    message: Message


class StopDetails(msgspec.Struct, omit_defaults=True):
    type: str
    category: str | None = None
    explanation: str | None = None
    recommended_model: str | None = None


class Verdict(msgspec.Struct):
    type: str
    outcome: str | UnsetType | None = UNSET
    explanation: str | UnsetType | None = UNSET


class SafeguardStatus(msgspec.Struct):
    type: str
    tool_uses: dict[str, Verdict] | UnsetType | None = UNSET


class SafeguardResult(msgspec.Struct):
    type: str
    status: SafeguardStatus


class MessageChange(msgspec.Struct):
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: StopDetails | None = None
    safeguard_results: list[SafeguardResult] | None = None
    container: Container | None = None


class OutputDetails(msgspec.Struct):
    thinking_tokens: int | UnsetType | None = UNSET


class Iteration(msgspec.Struct):
    """One of several samplings within a message."""

    type: Literal["compaction", "message", "advisor_message", "fallback_message"]
    input_tokens: int
    output_tokens: int
    model: str | UnsetType | None = UNSET
    cache_creation_input_tokens: int | UnsetType | None = UNSET
    cache_read_input_tokens: int | UnsetType | None = UNSET


class DeltaUsage(msgspec.Struct):
    output_tokens: int
    input_tokens: int | None = None
    service_tier: str | None = None
    output_tokens_details: OutputDetails | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    iterations: list[Iteration] | None = None


class ClearedToolUses(Tagged, tag="clear_tool_uses_20250919"):
    cleared_tool_uses: Number
    cleared_input_tokens: Number


class ClearedThinking(Tagged, tag="clear_thinking_20251015"):
    cleared_thinking_turns: Number
    cleared_input_tokens: Number


class Compacted(Tagged, tag="compact_20260112"):
    pass


class ContextManagement(msgspec.Struct):
    applied_edits: list[ClearedToolUses | ClearedThinking | Compacted]


class MessageDelta(Tagged, tag="message_delta"):
    delta: MessageChange
    usage: dict[str, Any]
    """See `DeltaUsage`."""
    input_transformations: list[Transformation] | None = None
    context_management: ContextManagement | None = None


class MessageStop(Tagged, tag="message_stop"):
    pass


class Ping(Tagged, tag="ping"):
    pass


class StreamError(msgspec.Struct, rename={"status_code": "statusCode", "is_retryable": "isRetryable"}):
    type: str
    message: str
    code: str | int | float | None = None
    status_code: int | None = None
    is_retryable: bool | None = None


class ErrorEvent(Tagged, tag="error"):
    error: StreamError


type Event = BlockDelta | BlockStart | BlockStop | MessageStart | MessageDelta | MessageStop | Ping | ErrorEvent

decoder = JSONDecoder[Event](Event)
