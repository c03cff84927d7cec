"""A model that does not get to refuse."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from edgechat.errors import ModelRefusedError
from edgechat.model import parts
from edgechat.model.begun import BegunStream
from edgechat.model.types import LanguageModel, ModelCall, PartStream
from edgechat.routing.refusal import RefusalDetector

_SAYS_NOTHING = (parts.StreamStart, parts.ResponseMetadata, parts.TextStart, parts.TextEnd)


class GuardedModel:
    """A `LanguageModel` that raises `ModelRefusedError` where `model` refuses, or does not know.

    It is the first of the models of a `FallbackModel`: the next one answers then. The context is entered when the
    answer is certain to be none; an ordinary one waits for nothing. Who thinks aloud or calls a tool does not refuse.
    """

    def __init__(self, model: LanguageModel) -> None:
        self.provider = model.provider
        self.model_id = model.model_id
        self._model = model

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator[PartStream]:
        async with self._model.stream(call) as stream:
            detector = RefusalDetector()
            held: list[parts.ModelPart] = []
            verdict: bool | None = None
            while verdict is None and (more := await stream.read()) is not None:
                held += more
                verdict = _judge(detector, more)
            if detector.close() if verdict is None else verdict:
                raise ModelRefusedError(self.model_id)
            yield BegunStream(stream, held)


def _judge(detector: RefusalDetector, more: list[parts.ModelPart]) -> bool | None:
    for part in more:
        if isinstance(part, parts.TextDelta):
            if (verdict := detector.feed(part.delta)) is not None:
                return verdict
        elif isinstance(part, parts.Finish):
            return detector.close()
        elif not isinstance(part, _SAYS_NOTHING):
            return False
    return None
