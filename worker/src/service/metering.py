"""What the calls of models have used: also of one that was cancelled, or that refused to answer."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec

from edgechat.errors import EdgeChatError
from edgechat.model import parts
from edgechat.model.parts import ModelPart, Usage
from edgechat.model.prompt import text_of
from edgechat.model.types import LanguageModel, ModelCall, PartStream
from service.settings import Model

_CHARACTERS_PER_TOKEN = 4


class Meter:
    """Of one answer. `usage` is by the ids of `[vars.LIMITS.models]`."""

    def __init__(self) -> None:
        self.usage: dict[str, Usage] = {}
        self.cost = 0.0
        """Dollars, as far as prices are known."""

    def book(self, model: Model, usage: Usage) -> None:
        self.usage[model.id] = self.usage.get(model.id, Usage()) + usage
        self.cost += model.cost(usage.input_tokens or 0, usage.output_tokens or 0)


class MeteredModel:
    """A `LanguageModel` that answers no longer than it may, and whose use is booked when a call has ended."""

    def __init__(self, language_model: LanguageModel, model: Model, meter: Meter) -> None:
        self.provider = language_model.provider
        self.model_id = language_model.model_id
        self._language_model = language_model
        self._model = model
        self._meter = meter
        self._last: tuple[ModelCall, ModelCall] | None = None

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator[PartStream]:
        use = _Use()
        try:
            try:
                async with self._language_model.stream(self._limited(call)) as stream:
                    use.stream = stream
                    yield use
            except EdgeChatError:
                use.has_failed = use.has_failed or use.stream is None
                raise
        finally:
            if usage := use.usage(call):
                self._meter.book(self._model, usage)

    def _limited(self, call: ModelCall) -> ModelCall:
        """The same for the same call: it is known by that when it is tried again."""
        if self._last is None or self._last[0] is not call:
            most = min(call.max_output_tokens or self._model.max_output, self._model.max_output)
            self._last = call, msgspec.structs.replace(call, max_output_tokens=most)
        return self._last[1]


class _Use:
    """A `PartStream`, and what is known of its use."""

    def __init__(self) -> None:
        self.stream: PartStream | None = None
        self.has_failed = False
        self._characters = 0
        self._counted: Usage | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        assert self.stream
        return self.stream.headers

    async def read(self) -> list[ModelPart] | None:
        assert self.stream
        try:
            found = await self.stream.read()
        except EdgeChatError:
            self.has_failed = True
            raise
        for part in found or ():
            match part:
                case parts.TextDelta() | parts.ReasoningDelta() | parts.ToolInputDelta():
                    self._characters += len(part.delta)
                case parts.Error():
                    self.has_failed = True
                case parts.Finish():
                    self._counted = part.usage
        return found

    def usage(self, call: ModelCall) -> Usage | None:
        """As counted, or else estimated; None for a call that has failed before any output."""
        if self._counted and not self._counted.is_estimated:
            return self._counted
        if self.has_failed and not self._characters:
            return None
        asked = sum(len(text_of(message)) for message in call.messages)
        return Usage(
            input_tokens=-(-asked // _CHARACTERS_PER_TOKEN),
            output_tokens=-(-self._characters // _CHARACTERS_PER_TOKEN),
            is_estimated=True,
        )
