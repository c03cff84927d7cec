"""A model that starts before it is known whether it is the right one."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from edgechat.errors import NotChosenError
from edgechat.model.begun import BegunStream
from edgechat.model.parts import ModelPart
from edgechat.model.types import LanguageModel, ModelCall, PartStream


class HedgedModel:
    """A `LanguageModel` that calls `model` at once, and meanwhile asks `is_chosen`.

    Its answer is held back until then. Where another one is chosen its call is cancelled, and `NotChosenError` is
    raised: in a `FallbackModel`, the next one answers. `is_chosen` keeps its own deadline.
    """

    def __init__(self, model: LanguageModel, is_chosen: Callable[[], Awaitable[bool]]) -> None:
        self.provider = model.provider
        self.model_id = model.model_id
        self._model = model
        self._is_chosen = is_chosen

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator[PartStream]:
        async with AsyncExitStack() as context:
            opening = asyncio.ensure_future(self._open(call, context))
            verdict = asyncio.ensure_future(self._is_chosen())
            try:
                await asyncio.wait([opening, verdict], return_when=asyncio.FIRST_COMPLETED)
                if opening.done():
                    opening.result()  # one that has failed is not chosen, whatever the verdict
                if not await verdict:
                    raise NotChosenError(self.model_id)
                yield await opening
            finally:
                for task in (opening, verdict):
                    task.cancel()
                await asyncio.wait([opening, verdict])

    async def _open(self, call: ModelCall, context: AsyncExitStack) -> PartStream:
        """Reads once: what comes after that waits where it is."""
        stream = await context.enter_async_context(self._model.stream(call))
        first: list[ModelPart] = await stream.read() or []
        return BegunStream(stream, first)
