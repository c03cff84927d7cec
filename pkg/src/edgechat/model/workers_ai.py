"""Workers AI, through the binding or by REST: text generation.

Streams come in the native shape, `data: {"response": "tok", "p": "padding"}`, or in OpenAI's
`data: {"choices": [{"delta": {"content": "tok"}}]}`; both end with `data: [DONE]`. Some models answer with one JSON
document although a stream was asked for. (workerd `types/defines/ai.d.ts`; npm `workers-ai-provider` 4.0.0.)
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from edgechat.errors import APICallError, StreamFormatError, StreamTruncatedError
from edgechat.json import JSONDecoder
from edgechat.model.parts import (
    Error,
    Finish,
    FinishReason,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    ResponseMetadata,
    TextDelta,
    TextEnd,
    TextStart,
    Usage,
)
from edgechat.model.prompt import text_of
from edgechat.model.types import ModelCall, ModelRequest, without_none
from edgechat.sse import SSEDecoder

STAND_IN_HEADER = "x-pop-model"
"""By this a local stand-in says which model really answered. Cloudflare does not send it."""

_FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",
    "content_filter": "content-filter",
    "tool_calls": "tool-calls",
    "error": "error",
}

# Codes that a second try may cure: timeouts and capacity (Workers AI docs, Errors).
_RETRYABLE_CODES = frozenset({3007, 3008, 3040})


class WorkersAI:
    """The `API` of a text generation model, such as "@cf/meta/llama-3.1-8b-instruct-fp8-fast"."""

    provider = "workers-ai"

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def build(self, call: ModelCall) -> ModelRequest:
        body = without_none(
            {
                "messages": [
                    {"role": message.__struct_config__.tag, "content": text_of(message)} for message in call.messages
                ],
                "max_tokens": call.max_output_tokens,
                "temperature": call.temperature,
                "seed": call.seed,
                "stream": True,
            }
        )
        return ModelRequest(model=self.model_id, body=msgspec.json.encode(body))

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> "WorkersAIDecoder":  # noqa: ARG002
        return WorkersAIDecoder(headers.get(STAND_IN_HEADER))

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        """`{internalCode, description}`, `{errors: [{code, message}]}` or plain text."""
        try:
            error = _error.decode(body)
        except msgspec.DecodeError:
            return APICallError(body or f"Workers AI answered {status}.", status=status)
        first = error.errors[0] if error.errors else _ErrorItem(error.internal_code, error.description)
        retryable = first.code in _RETRYABLE_CODES if first.code else None
        return APICallError(f"{first.code}: {first.message}", status=status, code=first.code, is_retryable=retryable)


class _ErrorItem(msgspec.Struct):
    code: int | None = None
    message: str = ""


class _ErrorBody(msgspec.Struct, rename="camel"):
    internal_code: int | None = None
    description: str = ""
    errors: list[_ErrorItem] = []


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Delta(msgspec.Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _Event(msgspec.Struct):
    """An event of either shape, or the whole of a JSON answer."""

    response: Any = None
    choices: list[_Choice] = []
    usage: _Usage | None = None


_error = JSONDecoder[_ErrorBody](_ErrorBody)
_event = JSONDecoder[_Event](_Event)


class WorkersAIDecoder:
    """Parts of one answer. Text and reasoning come as blocks with the ids "text-0", "reasoning-1" and so on."""

    def __init__(self, stand_in: str | None = None) -> None:
        self._stand_in = stand_in
        self._sse = SSEDecoder()
        self._head = b""  # until the first character tells a JSON document from events
        self._document: list[bytes] | None = None
        self._is_stream = False
        self._block: TextStart | ReasoningStart | None = None
        self._blocks = 0
        self._done = False
        self._finish: str | None = None
        self._usage = Usage()
        self._failed = False

    def feed(self, data: bytes) -> list[ModelPart]:
        parts: list[ModelPart] = []
        if self._stand_in:
            parts.append(ResponseMetadata(model_id=self._stand_in))
            self._stand_in = None
        if not self._is_stream:
            if self._document is not None:
                self._document.append(data)
                return parts
            self._head += data
            start = self._head.lstrip()
            if not start:
                return parts
            if start.startswith(b"{"):
                self._document = [start]
                return parts
            self._is_stream = True
            data = self._head
        try:
            for event in self._sse.feed(data):
                if event.data == "[DONE]":
                    self._done = True
                elif not self._done:
                    self._read(event.data, parts)
        except StreamFormatError as error:
            self._fail(error, parts)
        return parts

    def close(self) -> list[ModelPart]:
        parts: list[ModelPart] = []
        if self._document is not None:
            self._read(b"".join(self._document), parts)
            self._done = True
        self._end_block(parts)
        if not self._done and self._finish is None:
            self._fail(StreamTruncatedError("Workers AI ended the stream before its answer was complete."), parts)
        if self._failed:
            parts.append(Finish("error", self._usage, self._finish))
        else:
            parts.append(Finish(_FINISH_REASONS.get(self._finish or "stop", "other"), self._usage, self._finish))
        return parts

    def _read(self, text: str | bytes, parts: list[ModelPart]) -> None:
        try:
            event = _event.decode(text)
        except msgspec.DecodeError as error:
            self._fail(StreamFormatError(f"Workers AI sent an event that cannot be read: {error}"), parts)
            return
        for choice in event.choices:
            if delta := choice.delta or choice.message:
                self._add(ReasoningStart, delta.reasoning_content or delta.reasoning, parts)
                self._add(TextStart, delta.content, parts)
            self._finish = choice.finish_reason or self._finish
        if event.response is not None:
            self._add(TextStart, _text(event.response), parts)
        if event.usage:
            self._usage = Usage(input_tokens=event.usage.prompt_tokens, output_tokens=event.usage.completion_tokens)

    def _add(self, kind: type[TextStart] | type[ReasoningStart], delta: str | None, parts: list[ModelPart]) -> None:
        if not delta:
            return
        if not isinstance(self._block, kind):
            self._end_block(parts)
            self._block = kind(f"{'text' if kind is TextStart else 'reasoning'}-{self._blocks}")
            self._blocks += 1
            parts.append(self._block)
        parts.append((TextDelta if kind is TextStart else ReasoningDelta)(self._block.id, delta))

    def _end_block(self, parts: list[ModelPart]) -> None:
        if self._block:
            parts.append((TextEnd if isinstance(self._block, TextStart) else ReasoningEnd)(self._block.id))
            self._block = None

    def _fail(self, error: Exception, parts: list[ModelPart]) -> None:
        self._failed = True
        parts.append(Error(error))


def _text(response: Any) -> str:
    """In JSON mode the response is an object, and it may be a number."""
    return response if isinstance(response, str) else msgspec.json.encode(response).decode()
