"""Summaries of a model's reasoning. An item has several, each a block with the id "ITEM:NUMBER"."""

import msgspec

from edgechat.model.openai_responses.events import SummaryDelta, SummaryEnd, SummaryStart
from edgechat.model.openai_responses.items import Reasoning
from edgechat.model.openai_responses.shapes import Number
from edgechat.model.parts import ModelPart, ProviderMetadata, ReasoningDelta, ReasoningEnd, ReasoningStart


class _Item(msgspec.Struct):
    encrypted_content: str | None
    open: dict[Number, bool]
    """The summaries that have not ended, and whether their text has: only the last one tells the encrypted content,
    which comes with the end of the item."""


class Summaries:
    def __init__(self, provider: str, *, is_stored: bool) -> None:
        self._provider = provider
        self._is_stored = is_stored
        self._items: dict[str, _Item] = {}

    def start_item(self, item: Reasoning, parts: list[ModelPart]) -> None:
        self._items[item.id] = _Item(item.encrypted_content, {0: False})
        parts.append(ReasoningStart(f"{item.id}:0", self._encrypted(item.id, item.encrypted_content)))

    def start(self, item_id: str, event: SummaryStart, parts: list[ModelPart]) -> None:
        # The first one has started with its item.
        if event.summary_index <= 0 or not (item := self._items.get(item_id)):
            return
        item.open[event.summary_index] = False
        for index in sorted(index for index, is_complete in item.open.items() if is_complete):
            self._end(item, item_id, index, parts)
        metadata = self._encrypted(item_id, item.encrypted_content)
        parts.append(ReasoningStart(f"{item_id}:{event.summary_index}", metadata))

    def delta(self, item_id: str, event: SummaryDelta, parts: list[ModelPart]) -> None:
        parts.append(
            ReasoningDelta(f"{item_id}:{event.summary_index}", event.delta, {self._provider: {"itemId": item_id}})
        )

    def end(self, item_id: str, event: SummaryEnd, parts: list[ModelPart]) -> None:
        if item := self._items.get(item_id):
            if self._is_stored:
                self._end(item, item_id, event.summary_index, parts)
            else:
                item.open[event.summary_index] = True

    def end_item(self, item_id: str, item: Reasoning, parts: list[ModelPart]) -> None:
        if ended := self._items.pop(item_id, None):
            metadata = self._encrypted(item_id, item.encrypted_content)
            parts += [ReasoningEnd(f"{item_id}:{index}", metadata) for index in sorted(ended.open)]

    def _end(self, item: _Item, item_id: str, index: Number, parts: list[ModelPart]) -> None:
        item.open.pop(index, None)
        parts.append(ReasoningEnd(f"{item_id}:{index}", {self._provider: {"itemId": item_id}}))

    def _encrypted(self, item_id: str, content: str | None) -> ProviderMetadata:
        return {self._provider: {"itemId": item_id, "reasoningEncryptedContent": content}}
