"""Models and tools under observation: a span for each call, by the GenAI conventions of OpenTelemetry (development
status, as of version 1.41)."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from edgechat.errors import EdgeChatError
from edgechat.model import parts as model
from edgechat.model.parts import ModelPart
from edgechat.model.prompt import UserMessage, text_of
from edgechat.model.types import LanguageModel, ModelCall, PartStream
from service.telemetry.record import ModelCallRecord, Record, current

_NO_OUTPUT = (model.StreamStart, model.ResponseMetadata, model.Error, model.Finish)


def observed_model(language_model: LanguageModel) -> LanguageModel:
    """The model, its calls in the record of the current request."""
    record = current.get()
    return ObservedModel(language_model, record) if record else language_model


class ObservedModel:
    def __init__(self, language_model: LanguageModel, record: Record) -> None:
        self.provider = language_model.provider
        self.model_id = language_model.model_id
        self._model = language_model
        self._record = record
        self._last: tuple[ModelCall, ModelCallRecord] | None = None

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator[PartStream]:
        record, observed = self._record, self._observe(call)
        span = observed.span
        if record.is_sampled:
            headers = {"traceparent": record.traceparent(span)} | dict(call.headers)
            call = msgspec.structs.replace(call, headers=headers)
        try:
            async with self._model.stream(call) as stream:
                observed.response_start = record.clock() - span.start
                yield _ObservedStream(stream, observed, record)
        except EdgeChatError as error:
            span.error = type(error).__name__
            raise
        finally:
            span.end = record.clock()

    def _observe(self, call: ModelCall) -> ModelCallRecord:
        """One record for a call and its retries, as the conventions want it."""
        if self._last and self._last[0] is call:
            observed = self._last[1]
            observed.span.error = None
            return observed
        known = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self.provider,
            "gen_ai.request.model": self.model_id,
            "gen_ai.request.stream": True,
            "gen_ai.request.max_tokens": call.max_output_tokens,
            "gen_ai.request.temperature": call.temperature,
            "gen_ai.request.top_p": call.top_p,
        }
        span = self._record.start_span(f"chat {self.model_id}", kind="client")
        _set(span.attributes, known)
        observed = ModelCallRecord(span=span, model=self.model_id)
        if self._record.with_content:
            said = (text_of(message) for message in reversed(call.messages) if isinstance(message, UserMessage))
            observed.input = next(said, None)
        self._record.calls.append(observed)
        self._record.spans.append(span)
        self._last = (call, observed)
        return observed


class _ObservedStream:
    def __init__(self, stream: PartStream, observed: ModelCallRecord, record: Record) -> None:
        self.headers: Mapping[str, str] = stream.headers
        self._stream = stream
        self._observed = observed
        self._record = record

    async def read(self) -> list[ModelPart] | None:
        parts = await self._stream.read()
        for part in parts or ():
            kind = type(part)
            if kind is model.TextDelta and self._observed.ttft is not None and not self._record.with_content:
                continue
            self._see(part)
        return parts

    def _see(self, part: ModelPart) -> None:
        observed, attributes = self._observed, self._observed.span.attributes
        if observed.ttft is None and not isinstance(part, _NO_OUTPUT):
            observed.ttft = self._record.clock() - observed.span.start
            attributes["gen_ai.response.time_to_first_chunk"] = observed.ttft
        match part:
            case model.TextDelta() if self._record.with_content:
                observed.output.append(part.delta)
            case model.ResponseMetadata():
                observed.answered_by = part.model_id or observed.answered_by
                _set(attributes, {"gen_ai.response.id": part.id, "gen_ai.response.model": part.model_id})
            case model.Error():
                observed.span.error = type(part.error).__name__
            case model.Finish():
                usage = part.usage
                observed.finish_reason = part.finish_reason
                observed.input_tokens, observed.output_tokens = usage.input_tokens, usage.output_tokens
                _set(
                    attributes,
                    {
                        "gen_ai.response.finish_reasons": [part.finish_reason],
                        "gen_ai.usage.input_tokens": usage.input_tokens,
                        "gen_ai.usage.output_tokens": usage.output_tokens,
                        "gen_ai.usage.cache_read.input_tokens": usage.cache_read_tokens,
                        "gen_ai.usage.reasoning.output_tokens": usage.reasoning_tokens,
                    },
                )


def _set(attributes: dict[str, Any], values: Mapping[str, Any]) -> None:
    attributes.update((key, value) for key, value in values.items() if value is not None)
