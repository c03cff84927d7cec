"""What an answer says of itself, beside its content (npm `@ai-sdk/anthropic` 4.0.105, `doStream`)."""

from typing import Any

import msgspec

from edgechat.model.anthropic import events
from edgechat.model.anthropic.names import camel
from edgechat.model.parts import Finish, FinishReason, Usage

_FINISH_REASONS: dict[str | None, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "refusal": "content-filter",
    "tool_use": "tool-calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
}

# Usage of an answer that never said any.
_NO_USAGE = {
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "iterations": None,
}


class MessageMetadata:
    """Collects from `message_start` and `message_delta` what `Finish` reports."""

    def __init__(self) -> None:
        self.raw_usage: dict[str, Any] | None = None
        self.stop_reason: str | None = None
        self._input = 0
        self._output = 0
        self._reasoning: int | None = None
        self._cache_read = 0
        self._cache_write = 0
        self._iterations: list[events.Iteration] | None = None
        self._stop_sequence: str | None = None
        self._container: dict[str, Any] | None = None
        self._context_management: dict[str, Any] | None = None
        self._optional: dict[str, Any] = {}

    def start(self, message: events.Message) -> None:
        """Raises `msgspec.ValidationError`."""
        usage = msgspec.convert(message.usage, events.StartUsage)
        self.raw_usage = message.usage
        self._optional["serviceTier"] = message.service_tier if usage.service_tier is None else usage.service_tier
        self._input = usage.input_tokens
        self._cache_read = usage.cache_read_input_tokens or 0
        self._cache_write = usage.cache_creation_input_tokens or 0
        if message.stop_reason is not None:
            self.stop_reason = message.stop_reason
        if message.container:
            self._container = camel(msgspec.to_builtins(message.container))
        if message.input_transformations is not None:
            self._optional["inputTransformations"] = msgspec.to_builtins(message.input_transformations)

    def change(self, event: events.MessageDelta) -> None:
        """Raises `msgspec.ValidationError`."""
        self._count(msgspec.convert(event.usage, events.DeltaUsage), event.usage)
        delta = event.delta
        self.stop_reason = delta.stop_reason
        self._stop_sequence = delta.stop_sequence
        self._container = camel(msgspec.to_builtins(delta.container))
        self._optional["stopDetails"] = camel(msgspec.to_builtins(delta.stop_details))
        if event.context_management:
            self._context_management = camel(msgspec.to_builtins(event.context_management))
        if event.input_transformations is not None:
            self._optional["inputTransformations"] = msgspec.to_builtins(event.input_transformations)
        if delta.safeguard_results is not None:  # None while the check is running
            self._optional["safeguardResults"] = msgspec.to_builtins(delta.safeguard_results)

    def _count(self, usage: events.DeltaUsage, raw: dict[str, Any]) -> None:
        self._output = usage.output_tokens
        if usage.input_tokens is not None:
            self._input = usage.input_tokens
        if usage.cache_read_input_tokens is not None:
            self._cache_read = usage.cache_read_input_tokens
        if usage.cache_creation_input_tokens is not None:
            self._cache_write = usage.cache_creation_input_tokens
        if usage.service_tier is not None:
            self._optional["serviceTier"] = usage.service_tier
        self.raw_usage = {**(self.raw_usage or {}), **raw}
        if usage.output_tokens_details is not None:
            thinking = usage.output_tokens_details.thinking_tokens
            self._reasoning = None if thinking is msgspec.UNSET else thinking
            self.raw_usage["output_tokens_details"] = msgspec.to_builtins(usage.output_tokens_details)
        if usage.iterations is not None:
            self._iterations = usage.iterations
            self.raw_usage["iterations"] = msgspec.to_builtins(usage.iterations)

    def finish(self, *, is_json_answer: bool) -> Finish:
        """`is_json_answer`: the only tool that was used is the one that stands for the answer."""
        reason = _FINISH_REASONS.get(self.stop_reason, "other")
        metadata = {
            "usage": self.raw_usage,
            "stopSequence": self._stop_sequence,
            **{key: value for key, value in self._optional.items() if value is not None},
            "iterations": None if self._iterations is None else [_iteration(each) for each in self._iterations],
            "container": self._container,
            "contextManagement": self._context_management,
        }
        return Finish(
            "stop" if is_json_answer and reason == "tool-calls" else reason,
            self._usage(),
            self.stop_reason,
            {"anthropic": metadata},
        )

    def _usage(self) -> Usage:
        fresh, output = self._totals()
        return Usage(
            input_tokens=fresh + self._cache_write + self._cache_read,
            no_cache_tokens=fresh,
            cache_read_tokens=self._cache_read,
            cache_write_tokens=self._cache_write,
            output_tokens=output,
            text_tokens=None if self._reasoning is None else output - self._reasoning,
            reasoning_tokens=self._reasoning,
            raw=_NO_USAGE if self.raw_usage is None else self.raw_usage,
        )

    def _totals(self) -> tuple[int, int]:
        """Input that was read anew, and output. The message's own counts leave out compactions. Those of an advisor are
        billed at another price; where another model had to step in, the message's counts are those of that model."""
        kinds = {each.type for each in self._iterations or []}
        if "fallback_message" in kinds or not kinds & {"compaction", "message"}:
            return self._input, self._output
        counted = [each for each in self._iterations or [] if each.type in ("compaction", "message")]
        return sum(each.input_tokens for each in counted), sum(each.output_tokens for each in counted)


def _iteration(iteration: events.Iteration) -> dict[str, Any]:
    optional = {
        "model": iteration.model,
        "cacheCreationInputTokens": iteration.cache_creation_input_tokens or None,
        "cacheReadInputTokens": iteration.cache_read_input_tokens or None,
    }
    return {
        "type": iteration.type,
        "inputTokens": iteration.input_tokens,
        "outputTokens": iteration.output_tokens,
        **{key: value for key, value in optional.items() if value},
    }
