"""Reads the stream of the Responses API (npm `@ai-sdk/openai` 4.0.118, `openai-responses-language-model.ts`)."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from edgechat.errors import APICallError, StreamFormatError
from edgechat.model.openai_responses import events, items
from edgechat.model.openai_responses.calls import Calls
from edgechat.model.openai_responses.events import read_event
from edgechat.model.openai_responses.hosted import Hosted, Sources
from edgechat.model.openai_responses.shapes import Number, ToolNames
from edgechat.model.openai_wire import OpenAIError, stream_error, timestamp
from edgechat.model.parts import (
    Error,
    Finish,
    FinishReason,
    ModelPart,
    ProviderMetadata,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    ResponseMetadata,
    TextDelta,
    TextEnd,
    TextStart,
    Usage,
)
from edgechat.model.types import without_none
from edgechat.sse import SSEDecoder


class OpenAIResponsesDecoder:
    """Parts of one answer. Blocks and tool calls have OpenAI's ids.

    An answer that ends without its last event is "interrupted".
    """

    def __init__(
        self,
        provider: str,
        names: ToolNames,
        *,
        approved: Mapping[str, str],
        is_stored: bool,
        has_logprobs: bool,
        generate_id: Callable[[], str],
    ) -> None:
        self._provider = provider
        self._sse = SSEDecoder()
        self._sources = Sources(provider, generate_id)
        self._summaries = Summaries(provider, is_stored=is_stored)
        self._calls = Calls(provider, names)
        self._hosted = Hosted(provider, names, self._sources, approved=approved, generate_id=generate_id)
        self._has_logprobs = has_logprobs
        self._item_ids: dict[Number, str] = {}
        """Of texts and reasoning, by their place in the output: some servers change the ids from event to event."""
        self._phase: str | None = None
        self._has_output = False
        self._has_refusal = False
        self._has_failed = False
        self._finish: tuple[FinishReason, str | None] = ("interrupted", None)
        self._usage = Usage()
        self._metadata: dict[str, Any] = {"responseId": None}
        self._logprobs: list[Any] = []

    def feed(self, data: bytes) -> list[ModelPart]:
        parts: list[ModelPart] = []
        try:
            for event in self._sse.feed(data):
                if event.data != "[DONE]":
                    self._read(event.data, parts)
        except StreamFormatError as error:
            self._sse = SSEDecoder()
            self._fail(error, parts)
        return parts

    def close(self) -> list[ModelPart]:
        parts: list[ModelPart] = []
        self._sources.close(parts)
        self._calls.close(parts)
        if self._logprobs:
            self._metadata["logprobs"] = self._logprobs
        reason, raw_reason = self._finish
        parts.append(Finish(reason, self._usage, raw_reason, {self._provider: self._metadata}))
        return parts

    def _read(self, text: str, parts: list[ModelPart]) -> None:
        try:
            event = read_event(text)
        except (StreamFormatError, APICallError) as error:
            self._has_output = True
            self._fail(error, parts)
            return
        match event:
            case events.TextDelta():
                parts.append(TextDelta(self._item_id(event), event.delta))
                if self._has_logprobs and event.logprobs is not None:
                    self._logprobs.append(msgspec.to_builtins(event.logprobs))
            case events.ArgumentsDelta() | events.CustomInputDelta():
                self._calls.delta(event, parts)
            case events.SummaryDelta():
                self._summaries.delta(self._item_id(event), event, parts)
            case None | events.InProgress():
                return
            case events.Created():
                self._created(event.response, parts)
                return
            case events.StreamError():
                self._stream_error(event, parts)
                return
            case events.Failed():
                self._failed(event.response, parts)
                return
            case events.Completed() | events.Incomplete():
                self._completed(event.response)
            case events.OutputItemAdded():
                self._added(event, parts)
            case events.OutputItemDone():
                self._done(event, parts)
            case events.AnnotationAdded():
                self._sources.annotate(event.annotation, parts)
            case events.SummaryStart():
                self._summaries.start(self._item_id(event), event, parts)
            case events.SummaryEnd():
                self._summaries.end(self._item_id(event), event, parts)
            case events.RefusalDelta():
                self._has_refusal = True
                parts.append(TextDelta(self._item_id(event), event.delta))
            case events.RefusalDone():
                self._has_refusal = True
            case events.CodeDelta() | events.CodeDone():
                self._calls.code(event, parts)
            case events.PatchDelta() | events.PatchDone():
                self._calls.patch(event, parts)
            case events.PartialImage():
                self._hosted.partial_image(event, parts)
            case events.ArgumentsDone():
                pass
        self._has_output = True

    def _added(self, event: events.OutputItemAdded, parts: list[ModelPart]) -> None:
        item = event.item
        if isinstance(item, items.Message):
            self._item_ids[event.output_index] = item.id
            self._phase = item.phase
            self._sources.start_text()
            parts.append(TextStart(item.id, {self._provider: without_none({"itemId": item.id, "phase": item.phase})}))
        elif isinstance(item, items.Reasoning):
            self._item_ids[event.output_index] = item.id
            self._summaries.start_item(item, parts)
        else:
            self._calls.added(event, parts)
            self._hosted.added(item, parts)

    def _done(self, event: events.OutputItemDone, parts: list[ModelPart]) -> None:
        item = event.item
        if isinstance(item, items.Message):
            item_id = self._item_ids.pop(event.output_index, item.id)
            annotations = self._sources.annotations() or None
            metadata = {"itemId": item_id, "phase": item.phase or self._phase, "annotations": annotations}
            self._phase = None
            parts.append(TextEnd(item_id, self._sources.citations(), {self._provider: without_none(metadata)}))
        elif isinstance(item, items.Reasoning):
            self._summaries.end_item(self._item_ids.pop(event.output_index, item.id), item, parts)
        else:
            self._calls.done(event, parts)
            self._hosted.done(item, parts)

    def _item_id(
        self,
        event: events.TextDelta | events.RefusalDelta | events.SummaryStart | events.SummaryDelta | events.SummaryEnd,
    ) -> str:
        return event.item_id if event.output_index is None else self._item_ids.get(event.output_index, event.item_id)

    def _created(self, response: events.Response, parts: list[ModelPart]) -> None:
        self._metadata["responseId"] = response.id
        parts.append(ResponseMetadata(response.id, response.model, timestamp(response.created_at)))

    def _completed(self, response: events.ResponseEnd) -> None:
        self._account(response)
        if response.service_tier is not None:
            self._metadata["serviceTier"] = response.service_tier
        if not self._has_failed:
            reason = response.incomplete_details.reason if response.incomplete_details else None
            self._finish = self._finish_reason(reason), reason

    def _failed(self, response: events.ResponseFailure, parts: list[ModelPart]) -> None:
        error = None
        if response.error:
            error = stream_error(OpenAIError(response.error.message, "response.failed", code=response.error.code))
            if not self._has_output:
                raise error
        self._account(response)
        reason = response.incomplete_details.reason if response.incomplete_details else None
        self._finish = self._finish_reason(reason) if reason else "error", "error" if reason is None else reason
        if error and not self._has_failed:
            self._has_failed = True
            parts.append(Error(error))

    def _stream_error(self, event: events.StreamError, parts: list[ModelPart]) -> None:
        error = stream_error(event.details())
        if not self._has_output:
            raise error
        self._fail(error, parts, "error")

    def _fail(self, error: Exception, parts: list[ModelPart], raw_reason: str | None = None) -> None:
        self._has_failed = True
        self._finish = "error", raw_reason
        parts.append(Error(error))

    def _account(self, response: events.ResponseEnd) -> None:
        self._usage = _usage(response.usage)
        self._metadata.pop("promptCacheDiagnostics", None)
        if response.prompt_cache_diagnostics:
            self._metadata["promptCacheDiagnostics"] = msgspec.to_builtins(response.prompt_cache_diagnostics)
        if response.reasoning and response.reasoning.context is not None:
            self._metadata["reasoningContext"] = response.reasoning.context

    def _finish_reason(self, reason: str | None) -> FinishReason:
        match reason:
            case "max_output_tokens":
                return "length"
            case "content_filter":
                return "content-filter"
        if self._calls.needs_results:
            return "tool-calls"
        if reason is not None:
            return "other"
        return "content-filter" if self._has_refusal else "stop"


class _Reasoning(msgspec.Struct):
    encrypted_content: str | None
    open: dict[Number, bool]
    """The summaries that have not ended, and whether their text has: only the last one tells the encrypted content,
    which comes with the end of the item."""


class Summaries:
    """Of a model's reasoning. An item has several, each a block with the id "ITEM:NUMBER"."""

    def __init__(self, provider: str, *, is_stored: bool) -> None:
        self._provider = provider
        self._is_stored = is_stored
        self._items: dict[str, _Reasoning] = {}

    def start_item(self, item: items.Reasoning, parts: list[ModelPart]) -> None:
        self._items[item.id] = _Reasoning(item.encrypted_content, {0: False})
        parts.append(ReasoningStart(f"{item.id}:0", self._encrypted(item.id, item.encrypted_content)))

    def start(self, item_id: str, event: events.SummaryStart, parts: list[ModelPart]) -> None:
        # The first one has started with its item.
        if event.summary_index <= 0 or not (item := self._items.get(item_id)):
            return
        item.open[event.summary_index] = False
        for index in sorted(index for index, is_complete in item.open.items() if is_complete):
            self._end(item, item_id, index, parts)
        metadata = self._encrypted(item_id, item.encrypted_content)
        parts.append(ReasoningStart(f"{item_id}:{event.summary_index}", metadata))

    def delta(self, item_id: str, event: events.SummaryDelta, parts: list[ModelPart]) -> None:
        parts.append(
            ReasoningDelta(f"{item_id}:{event.summary_index}", event.delta, {self._provider: {"itemId": item_id}})
        )

    def end(self, item_id: str, event: events.SummaryEnd, parts: list[ModelPart]) -> None:
        if item := self._items.get(item_id):
            if self._is_stored:
                self._end(item, item_id, event.summary_index, parts)
            else:
                item.open[event.summary_index] = True

    def end_item(self, item_id: str, item: items.Reasoning, parts: list[ModelPart]) -> None:
        if ended := self._items.pop(item_id, None):
            metadata = self._encrypted(item_id, item.encrypted_content)
            parts += [ReasoningEnd(f"{item_id}:{index}", metadata) for index in sorted(ended.open)]

    def _end(self, item: _Reasoning, item_id: str, index: Number, parts: list[ModelPart]) -> None:
        item.open.pop(index, None)
        parts.append(ReasoningEnd(f"{item_id}:{index}", {self._provider: {"itemId": item_id}}))

    def _encrypted(self, item_id: str, content: str | None) -> ProviderMetadata:
        return {self._provider: {"itemId": item_id, "reasoningEncryptedContent": content}}


def _usage(raw: dict[str, Any] | None) -> Usage:
    if raw is None:
        return Usage()
    counts = msgspec.convert(raw, events.TokenCounts)
    cache_read = (counts.input_tokens_details and counts.input_tokens_details.cached_tokens) or 0
    cache_write = counts.input_tokens_details.cache_write_tokens if counts.input_tokens_details else None
    reasoning = (counts.output_tokens_details and counts.output_tokens_details.reasoning_tokens) or 0
    return Usage(
        input_tokens=counts.input_tokens,
        no_cache_tokens=counts.input_tokens - cache_read - (cache_write or 0),
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
        output_tokens=counts.output_tokens,
        text_tokens=counts.output_tokens - reasoning,
        reasoning_tokens=reasoning,
        raw=raw,
    )
