"""What the shapes of an answer have in common."""

from typing import Any

import msgspec

from edgechat.model.parts import FinishReason, ModelPart, TextDelta, TextEnd, TextStart, Usage

_FINISH_REASONS: dict[str, FinishReason] = {
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool-calls",
    "content_filter": "content-filter",
    "error": "error",
    "other": "other",
    "unknown": "other",
}

NO_USAGE = Usage(input_tokens=0, output_tokens=0, is_estimated=True, raw={"totalTokens": 0})
"""Of a stream that did not say."""


def finish_reason(raw: str) -> FinishReason:
    return _FINISH_REASONS.get(raw, "stop")


def usage_of(usage: Any) -> Usage:
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    cached = _count(details.get("cached_tokens")) if isinstance(details, dict) else None
    input_tokens = _count(usage.get("prompt_tokens")) or 0
    output_tokens = _count(usage.get("completion_tokens")) or 0
    return Usage(
        input_tokens=input_tokens,
        no_cache_tokens=None if cached is None else max(0, input_tokens - cached),
        cache_read_tokens=cached,
        output_tokens=output_tokens,
        raw={"total": input_tokens + output_tokens},
    )


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def text_of(response: Any) -> str:
    """It may be a number, and in JSON mode an object."""
    if isinstance(response, str):
        return response
    if response is None:
        return ""
    if isinstance(response, float) and response.is_integer():
        response = int(response)
    return msgspec.json.encode(response).decode()


def whole_text(block: str, text: str) -> list[ModelPart]:
    return [TextStart(block), TextDelta(block, text), TextEnd(block)]
