"""Streams of OpenAI-compatible servers."""

from typing import Any, Literal

import msgspec

from edgechat.errors import APICallError, StreamFormatError, StreamTruncatedError
from edgechat.json import JSONDecoder
from edgechat.model.openai_chat.stream import ChatDecoder, Chunk, Function, TokenUsage, prediction_tokens, usage_of
from edgechat.model.openai_chat.tool_calls import Number
from edgechat.model.openai_wire import OpenAIError, error_body, stream_error
from edgechat.model.parts import (
    Error,
    Finish,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    TextDelta,
    TextEnd,
    TextStart,
    Usage,
)

_TEXT = "txt-0"
_REASONING = "reasoning-0"


class _Google(msgspec.Struct):
    thought_signature: str | None = None


class _Extra(msgspec.Struct):
    google: _Google | None = None


class _ToolCall(msgspec.Struct):
    function: Function
    index: Number | None = None
    id: str | None = None
    extra_content: _Extra | None = None


class _Content(msgspec.Struct):
    """Mistral's: a text, or thoughts."""

    type: str
    text: Any = None
    thinking: Any = None


class _Delta(msgspec.Struct):
    role: Literal["assistant", ""] | None = None
    content: str | list[_Content] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: Any = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Chunk(Chunk, kw_only=True):
    choices: list[_Choice]
    usage: dict[str, Any] | None = None
    error: Any = None


_chunk = JSONDecoder[_Chunk](_Chunk)


class OpenAICompatibleDecoder(ChatDecoder):
    """A `Decoder`. `metadata_key` is that of the provider's metadata.

    Texts and reasoning take turns. Tool calls are complete at the end.
    """

    def __init__(self, metadata_key: str) -> None:
        super().__init__()
        self._metadata_key = metadata_key
        self._nameless: dict[Number | None, _ToolCall] = {}
        self._named: set[Number | None] = set()
        self._in_text = False
        self._in_reasoning = False
        self._has_failed = False
        self._usage: dict[str, Any] | None = None

    def close(self) -> list[ModelPart]:
        parts: list[ModelPart] = []
        if self._is_broken:
            return parts
        self._end_reasoning(parts)
        self._end_text(parts)
        try:
            for call in self._nameless.values():
                self._feed_call(call, parts)
        except StreamFormatError as error:
            return [*parts, Error(error)]
        self._calls.close(parts)
        usage = self._usage or {}
        metadata = {self._metadata_key: prediction_tokens(usage)}
        counted = Usage() if self._usage is None else usage_of(usage, cache_writes=False)
        if self._raw_finish is not None:
            reason = self._finish_reason(self._raw_finish)
            return [*parts, Finish(reason, counted, self._raw_finish, metadata)]
        if not self._has_failed:
            parts.append(Error(StreamTruncatedError("The model's stream ended without a finish reason.")))
        return [*parts, Finish("error", counted, provider_metadata=metadata)]

    def _read(self, text: str, parts: list[ModelPart]) -> None:
        try:
            chunk = _chunk.decode(text)
            if chunk.usage is not None:
                msgspec.convert(chunk.usage, TokenUsage)
        except msgspec.DecodeError as reason:
            self._fail(_error(text) or StreamFormatError(f"A chunk that cannot be read: {reason}"), parts)
            return
        if chunk.error is not None:
            self._fail(_told(chunk.error), parts)
            return
        self._add_metadata(chunk, parts)
        if chunk.usage is not None:
            self._usage = chunk.usage
        if not chunk.choices:
            return
        choice = chunk.choices[0]
        if choice.finish_reason is not None:
            self._raw_finish = choice.finish_reason
        if choice.delta:
            self._add(choice.delta, parts)

    def _add(self, delta: _Delta, parts: list[ModelPart]) -> None:
        reasoning = delta.reasoning if delta.reasoning_content is None else delta.reasoning_content
        if reasoning:
            self._add_reasoning(reasoning, parts)
        if isinstance(delta.content, str):
            self._add_text(delta.content, parts)
        elif delta.content:
            for content in delta.content:
                if content.type == "text":
                    self._add_text(content.text, parts)
                elif content.type == "thinking":
                    self._add_reasoning(_thoughts(content.thinking), parts)
        if delta.refusal and isinstance(delta.refusal, str):
            self._has_refusal = True
            self._add_text(delta.refusal, parts)
        if delta.tool_calls:
            self._end_reasoning(parts)
            for call in delta.tool_calls:
                self._add_call(call, parts)

    def _add_text(self, delta: Any, parts: list[ModelPart]) -> None:
        if not (delta and isinstance(delta, str)):
            return
        if not self._in_text:
            self._end_reasoning(parts)
            self._in_text = True
            parts.append(TextStart(_TEXT))
        parts.append(TextDelta(_TEXT, delta))

    def _add_reasoning(self, delta: str, parts: list[ModelPart]) -> None:
        if not delta:
            return
        if not self._in_reasoning:
            self._end_text(parts)
            self._in_reasoning = True
            parts.append(ReasoningStart(_REASONING))
        parts.append(ReasoningDelta(_REASONING, delta))

    def _end_text(self, parts: list[ModelPart]) -> None:
        if self._in_text:
            self._in_text = False
            parts.append(TextEnd(_TEXT))

    def _end_reasoning(self, parts: list[ModelPart]) -> None:
        if self._in_reasoning:
            self._in_reasoning = False
            parts.append(ReasoningEnd(_REASONING))

    def _add_call(self, call: _ToolCall, parts: list[ModelPart]) -> None:
        if call.index is not None and call.index not in self._named:
            # Some servers begin a call before they know its name: it is kept until then.
            kept = self._nameless.setdefault(call.index, _ToolCall(Function(arguments=""), call.index))
            kept.id = call.id if kept.id is None else kept.id
            kept.extra_content = kept.extra_content or call.extra_content
            kept.function.name = call.function.name
            kept.function.arguments = f"{kept.function.arguments}{call.function.arguments or ''}"
            if call.function.name is None:
                return
            call = self._nameless.pop(call.index)
            self._named.add(call.index)
        self._feed_call(call, parts)

    def _feed_call(self, call: _ToolCall, parts: list[ModelPart]) -> None:
        google = call.extra_content and call.extra_content.google
        signature = google and google.thought_signature
        self._calls.feed(
            parts,
            index=call.index,
            id=call.id,
            name=call.function.name,
            arguments=call.function.arguments,
            metadata={self._metadata_key: {"thoughtSignature": signature}} if signature else None,
        )

    def _fail(self, error: Exception, parts: list[ModelPart]) -> None:
        self._has_failed = True
        self._raw_finish = None
        parts.append(Error(error))


def _error(text: str) -> APICallError | None:
    try:
        return stream_error(error_body.decode(text).error)
    except msgspec.DecodeError:
        return None


def _told(error: Any) -> APICallError:
    """Beside the choices an error may have any shape."""
    try:
        return stream_error(msgspec.convert(error, OpenAIError))
    except msgspec.ValidationError:
        return APICallError(error if isinstance(error, str) else msgspec.json.encode(error).decode())


def _thoughts(thinking: Any) -> str:
    thoughts = thinking if isinstance(thinking, list) else []
    return "".join(
        text
        for thought in thoughts
        if isinstance(thought, dict) and thought.get("type") == "text" and isinstance(text := thought.get("text"), str)
    )
