"""What streams of OpenAI's Chat Completions API have in common, whoever sends them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from edgechat.model.parts import FinishReason, ResponseMetadata, Usage

type Number = int | float
type _Count = Number | UnsetType | None

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

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


def finish_reason(raw: str, *, has_refusal: bool) -> FinishReason:
    """OpenAI calls an answer complete that is a refusal."""
    return "content-filter" if has_refusal and raw == "stop" else _FINISH_REASONS.get(raw, "other")


def response_metadata(id: str | None, model: str | None, created: float | None) -> ResponseMetadata | None:
    """None for a placeholder: empty, with the time 0."""
    if not (id or model or created):
        return None
    return ResponseMetadata(id=id, model_id=model, timestamp=_timestamp(created) if created else None)


def _timestamp(seconds: float) -> str | None:
    try:
        time = _EPOCH + timedelta(milliseconds=int(seconds * 1000))
    except OverflowError:
        return None
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
