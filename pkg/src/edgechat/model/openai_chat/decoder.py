"""Streams of the Chat Completions API of OpenAI and Azure."""

from typing import Any, Literal

import msgspec

from edgechat.errors import StreamFormatError
from edgechat.ids import generate_id
from edgechat.json import JSONDecoder
from edgechat.model.openai_chat.stream import ChatDecoder, Chunk, Function, TokenUsage, prediction_tokens, usage_of
from edgechat.model.openai_chat.tool_calls import Number
from edgechat.model.openai_wire import error_body, stream_error
from edgechat.model.parts import Error, Finish, FinishReason, ModelPart, Source, TextDelta, TextEnd, TextStart, Usage

_TEXT = "0"


class _ToolCall(msgspec.Struct):
    index: Number
    function: Function
    id: str | None = None
    type: Literal["function"] | None = None


class _Citation(msgspec.Struct):
    start_index: Number
    end_index: Number
    url: str
    title: str


class _Annotation(msgspec.Struct):
    type: Literal["url_citation"]
    url_citation: _Citation


class _Delta(msgspec.Struct):
    role: Literal["assistant"] | None = None
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[_ToolCall] | None = None
    annotations: list[_Annotation] | None = None


class _TokenLogprob(msgspec.Struct):
    token: str
    logprob: Number


class _Logprob(_TokenLogprob):
    top_logprobs: list[_TokenLogprob]


class _Logprobs(msgspec.Struct):
    content: list[_Logprob] | None = None
    refusal: list[_Logprob] | None = None


class _Choice(msgspec.Struct):
    index: Number
    delta: _Delta | None = None
    logprobs: _Logprobs | None = None
    finish_reason: str | None = None


class _Chunk(Chunk, kw_only=True):
    choices: list[_Choice]
    usage: TokenUsage | None = None


_chunk = JSONDecoder[_Chunk](_Chunk)


class OpenAIChatDecoder(ChatDecoder):
    """A `Decoder`. The text is one block; tool calls are complete at the end.

    Nothing comes before the first output, because an error before that is raised. A stream without a finish reason is
    "interrupted".
    """

    def __init__(self) -> None:
        super().__init__()
        self._held: list[ModelPart] = []
        self._may_raise = True
        self._has_text = False
        self._finish: FinishReason = "interrupted"
        self._usage = Usage()
        self._metadata: dict[str, Any] = {}
        self._logprobs: list[_Logprob] | None = None

    def feed(self, data: bytes) -> list[ModelPart]:
        parts = self._held + super().feed(data)
        self._held = []
        if self._may_raise and not self._is_broken:
            self._held, parts = parts, []
        return parts

    def close(self) -> list[ModelPart]:
        if self._is_broken:
            return []
        parts = self._held
        if self._has_text:
            parts.append(TextEnd(_TEXT))
        self._calls.close(parts)
        reason = self._finish
        if self._raw_finish is not None:
            reason = self._finish_reason(self._raw_finish)
        if self._logprobs is not None:
            self._metadata["logprobs"] = msgspec.to_builtins(self._logprobs)
        return [*parts, Finish(reason, self._usage, self._raw_finish, {"openai": self._metadata})]

    def _read(self, text: str, parts: list[ModelPart]) -> None:
        try:
            chunk = _chunk.decode(text)
        except msgspec.DecodeError as error:
            self._fail(text, error, parts)
            return
        self._add_metadata(chunk, parts)
        if chunk.usage:
            raw = msgspec.to_builtins(chunk.usage)
            self._usage = usage_of(raw, cache_writes=True)
            self._metadata |= prediction_tokens(raw)
        if not chunk.choices:
            return
        if self._may_raise and any(map(_is_output, chunk.choices)):
            self._may_raise = False
        choice = chunk.choices[0]
        if choice.finish_reason is not None:
            self._raw_finish = choice.finish_reason
        if choice.logprobs:
            self._add_logprobs(choice.logprobs)
        if choice.delta:
            self._add(choice.delta, parts)

    def _add(self, delta: _Delta, parts: list[ModelPart]) -> None:
        if delta.content is not None and (delta.content or not delta.refusal):
            self._add_text(delta.content, parts)
        if delta.refusal:
            self._has_refusal = True
            self._add_text(delta.refusal, parts)
        if delta.tool_calls:
            for call in delta.tool_calls:
                name, arguments = call.function.name, call.function.arguments
                self._calls.feed(parts, index=call.index, id=call.id, name=name, arguments=arguments)
        if delta.annotations:
            citations = [annotation.url_citation for annotation in delta.annotations]
            parts += [Source("url", generate_id(), url=each.url, title=each.title) for each in citations]

    def _add_text(self, text: str, parts: list[ModelPart]) -> None:
        if not self._has_text:
            self._has_text = True
            parts.append(TextStart(_TEXT))
        parts.append(TextDelta(_TEXT, text))

    def _add_logprobs(self, logprobs: _Logprobs) -> None:
        if logprobs.content is not None or logprobs.refusal is not None:
            self._logprobs = self._logprobs or []
            self._logprobs += [*(logprobs.content or ()), *(logprobs.refusal or ())]

    def _fail(self, text: str, reason: msgspec.DecodeError, parts: list[ModelPart]) -> None:
        """What is no chunk is an error that the server tells, or nonsense."""
        self._finish, self._raw_finish = "error", None
        try:
            error: Exception = stream_error(error_body.decode(text).error)
        except msgspec.DecodeError:
            self._may_raise = False
            error = StreamFormatError(f"OpenAI sent a chunk that cannot be read: {reason}")
        if self._may_raise:
            raise error
        parts.append(Error(error))


def _is_output(choice: _Choice) -> bool:
    delta = choice.delta
    return bool(delta and (delta.content or delta.refusal or delta.tool_calls or delta.annotations))
