"""What streams of the Chat Completions API have in common, whoever sends them."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from edgechat.errors import StreamFormatError
from edgechat.model.openai_chat.tool_calls import Number, ToolCallTracker
from edgechat.model.openai_wire import timestamp
from edgechat.model.parts import Error, FinishReason, ModelPart, ResponseMetadata, Usage
from edgechat.sse import SSEDecoder

type _Count = Number | UnsetType | None

_FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content-filter",
    "function_call": "tool-calls",
    "tool_calls": "tool-calls",
}


class _InputDetails(msgspec.Struct):
    cached_tokens: _Count = UNSET
    cache_write_tokens: _Count = UNSET


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: _Count = UNSET
    accepted_prediction_tokens: _Count = UNSET
    rejected_prediction_tokens: _Count = UNSET


class TokenUsage(msgspec.Struct):
    """`usage_of` and `prediction_tokens` take it as a dict."""

    prompt_tokens: _Count = UNSET
    completion_tokens: _Count = UNSET
    total_tokens: _Count = UNSET
    prompt_tokens_details: _InputDetails | UnsetType | None = UNSET
    completion_tokens_details: _OutputDetails | UnsetType | None = UNSET


def usage_of(usage: dict[str, Any], *, cache_writes: bool) -> Usage:
    prompt, completion = int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
    details = usage.get("prompt_tokens_details") or {}
    cached = int(details.get("cached_tokens") or 0)
    written = details.get("cache_write_tokens") if cache_writes else None
    reasoning = int((usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0)
    return Usage(
        input_tokens=prompt,
        no_cache_tokens=prompt - cached - int(written or 0),
        cache_read_tokens=cached,
        cache_write_tokens=None if written is None else int(written),
        output_tokens=completion,
        text_tokens=max(0, completion - reasoning),
        reasoning_tokens=reasoning,
        raw=usage,
    )


def prediction_tokens(usage: dict[str, Any]) -> dict[str, Number]:
    """Of the prediction that the caller gave; for the provider metadata."""
    details = usage.get("completion_tokens_details") or {}
    tokens = {
        "acceptedPredictionTokens": details.get("accepted_prediction_tokens"),
        "rejectedPredictionTokens": details.get("rejected_prediction_tokens"),
    }
    return {name: count for name, count in tokens.items() if count is not None}


class Chunk(msgspec.Struct):
    id: str | None = None
    created: Number | None = None
    model: str | None = None


class Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class ChatDecoder:
    """The part of a `Decoder` that is the same for all servers."""

    def __init__(self) -> None:
        self._sse = SSEDecoder()
        self._calls = ToolCallTracker()
        self._is_broken = False
        """Nothing more can be made of the stream."""
        self._has_metadata = False
        self._has_refusal = False
        self._raw_finish: str | None = None

    def feed(self, data: bytes) -> list[ModelPart]:
        parts: list[ModelPart] = []
        if self._is_broken:
            return parts
        try:
            for event in self._sse.feed(data):
                if event.data != "[DONE]":
                    self._read(event.data, parts)
        except StreamFormatError as error:
            self._is_broken = True
            parts.append(Error(error))
        return parts

    def _read(self, text: str, parts: list[ModelPart]) -> None:
        raise NotImplementedError

    def _add_metadata(self, chunk: Chunk, parts: list[ModelPart]) -> None:
        """Of the first chunk that has some: others have placeholders, empty and with the time 0."""
        if not self._has_metadata and (chunk.id or chunk.model or chunk.created):
            self._has_metadata = True
            time = timestamp(chunk.created) if chunk.created else None
            parts.append(ResponseMetadata(chunk.id, chunk.model, time))

    def _finish_reason(self, raw: str) -> FinishReason:
        """OpenAI calls an answer complete that is a refusal."""
        return "content-filter" if self._has_refusal and raw == "stop" else _FINISH_REASONS.get(raw, "other")
