"""Streams of Workers AI: native events and those of OpenAI's shape, also mixed; and what they have in common with
whole answers.
"""

import logging
from collections.abc import Set
from typing import Any

import msgspec

from edgechat.errors import StreamFormatError
from edgechat.json import JSONDecoder
from edgechat.model.parts import (
    Error,
    Finish,
    FinishReason,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    TextDelta,
    TextEnd,
    TextStart,
    ToolInputDelta,
    ToolInputEnd,
    ToolInputStart,
    Usage,
)
from edgechat.model.workers_ai.errors import error_of
from edgechat.model.workers_ai.tool_calls import ToolCallStream, leaked_calls
from edgechat.sse import ServerSentEvent, SSEDecoder

log = logging.getLogger("edgechat")

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


class _Delta(msgspec.Struct):
    # Any: a field of another type must not cost the rest of the event.
    content: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    tool_calls: Any = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: Any = None


class _Event(msgspec.Struct):
    response: Any = None
    choices: list[_Choice] | None = None
    tool_calls: Any = None
    usage: Any = None
    finish_reason: Any = None
    error: Any = None
    errors: Any = None


_event = JSONDecoder[_Event](_Event)


class StreamDecoder:
    """A `Decoder`. A text goes on after a reasoning or a tool call; a reasoning does not."""

    def __init__(self, forced_tools: Set[str]) -> None:
        self._forced_tools = forced_tools
        self._sse = SSEDecoder()
        self._text: str | None = None
        self._reasoning: str | None = None
        self._blocks = 0
        self._kept: list[str] = []
        self._calls = ToolCallStream()
        self._usage = NO_USAGE
        self._finish: str | None = None
        self._is_done = False
        self._has_failed = False

    def feed(self, data: bytes) -> list[ModelPart]:
        parts: list[ModelPart] = []
        try:
            self._read_all(self._sse.feed(data), parts)
        except StreamFormatError as error:
            self._fail(error, parts)
        return parts

    def close(self) -> list[ModelPart]:
        parts = self.feed(b"\n\n")  # The last event may lack its end.
        self._calls.close(parts)
        self._end_reasoning(parts)
        leaked = self._end_kept(parts)
        if self._text:
            parts.append(TextEnd(self._text))
        if leaked:
            finish = Finish("tool-calls", self._usage, "stop")
        elif self._has_failed:
            finish = Finish("error", self._usage)
        elif self._finish is None and not self._is_done:
            finish = Finish("error", self._usage, "stream-truncated")
        else:
            raw = "stop" if self._finish is None else self._finish
            finish = Finish(finish_reason(raw), self._usage, raw)
        return [*parts, finish]

    def _read_all(self, events: list[ServerSentEvent], parts: list[ModelPart]) -> None:
        for event in events:
            try:
                self._read(_event.decode(event.data), parts)
            except msgspec.DecodeError as error:
                if event.data.strip() == "[DONE]":
                    self._is_done = True
                else:
                    log.warning("Workers AI sent an event that cannot be read: %s", error)

    def _read(self, event: _Event, parts: list[ModelPart]) -> None:
        if event.usage is not None:
            self._usage = usage_of(event.usage)
        choice = event.choices[0] if event.choices else None
        finish = choice.finish_reason if choice else None
        if finish is None:
            finish = event.finish_reason
        if finish is not None:
            self._finish = str(finish)
        if event.response is not None:
            self._add_text(text_of(event.response), parts)
        if event.tool_calls is not None:
            self._add_calls(event.tool_calls, parts)
        if choice and (delta := choice.delta):
            reasoning = delta.reasoning if delta.reasoning_content is None else delta.reasoning_content
            if reasoning and isinstance(reasoning, str):
                self._add_reasoning(reasoning, parts)
            if delta.content and isinstance(delta.content, str):
                self._add_text(delta.content, parts)
            if delta.tool_calls is not None:
                self._add_calls(delta.tool_calls, parts)
        if event.error or event.errors:
            error = error_of({"error": event.error, "errors": event.errors})
            if not (self._blocks or self._kept or self._calls):
                raise error
            self._fail(error, parts)

    def _add_text(self, delta: str, parts: list[ModelPart]) -> None:
        if not delta:
            return
        if self._forced_tools:
            self._kept.append(delta)
            return
        if self._reasoning:
            self._end_reasoning(parts)
        if not self._text:
            self._text = self._next_id("text")
            parts.append(TextStart(self._text))
        parts.append(TextDelta(self._text, delta))

    def _add_reasoning(self, delta: str, parts: list[ModelPart]) -> None:
        if not self._reasoning:
            self._reasoning = self._next_id("reasoning")
            parts.append(ReasoningStart(self._reasoning))
        parts.append(ReasoningDelta(self._reasoning, delta))

    def _add_calls(self, calls: Any, parts: list[ModelPart]) -> None:
        if isinstance(calls, list):
            self._end_reasoning(parts)
            self._calls.feed(calls, parts)

    def _end_reasoning(self, parts: list[ModelPart]) -> None:
        if self._reasoning:
            parts.append(ReasoningEnd(self._reasoning))
            self._reasoning = None

    def _end_kept(self, parts: list[ModelPart]) -> bool:
        """Whether the text that was kept is a tool call."""
        text = "".join(self._kept)
        if not text.strip():
            return False
        leaked = [] if self._calls else leaked_calls(text, self._forced_tools)
        for call in leaked:
            name, call_id = call.tool_name, call.tool_call_id
            parts += [ToolInputStart(call_id, name), ToolInputDelta(call_id, call.input), ToolInputEnd(call_id), call]
        if not leaked:
            parts += whole_text(self._next_id("text"), text)
        return bool(leaked)

    def _next_id(self, kind: str) -> str:
        self._blocks += 1
        return f"{kind}-{self._blocks - 1}"

    def _fail(self, error: Exception, parts: list[ModelPart]) -> None:
        self._has_failed = True
        parts.append(Error(error))


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
