"""What routing adds to the first token. Runs in CPython and, as it stands, in Pyodide: it imports edgechat only.

The model answers at once, so that all the time is ours. It is asked as it is, and through the router.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from edgechat.model.parts import ModelPart, StreamStart, TextDelta, TextStart
from edgechat.model.types import LanguageModel, ModelCall, PartStream
from edgechat.routing import CircuitBreaker, RoutedModel, Router, RouterConfig, RouteRequest

REPEATS = 7
LATE = 20
"""Questions to a classifier that never answers."""
CONFIG = RouterConfig(edge="edge", central="central")


class Instant:
    """A `LanguageModel`, and its answer."""

    provider = "instant"
    headers: Mapping[str, str] = {}

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator[PartStream]:  # noqa: ARG002
        yield self

    async def read(self) -> list[ModelPart] | None:
        return [StreamStart(), TextStart("0"), TextDelta("0", "The sky scatters blue light.")]


async def time_first_tokens(texts: list[str]) -> list[list[float]]:
    """Milliseconds: those that routing adds for each text, and those until the first token where the signals are unsure
    and the classifier never answers."""
    models = {name: Instant(name) for name in ("edge", "central")}
    breaker = CircuitBreaker(time.time)
    plain = min([await _first_token(models["edge"]) for _ in range(200)])
    added = []
    for text in texts:
        router = Router(CONFIG)
        times = [await _routed(router, text, models, breaker) for _ in range(REPEATS)]
        added.append(min(times) - plain)
    router = Router(CONFIG, _never)
    unsure = [text for text in texts if not router.decide(RouteRequest(text=text)).is_sure]
    late = [await _routed(router, text, models, breaker) for text in unsure[:LATE]]
    return [added, late]


async def _never(_request: RouteRequest) -> float:
    await asyncio.Event().wait()
    return 0.0


async def _routed(router: Router, text: str, models: Mapping[str, LanguageModel], breaker: CircuitBreaker) -> float:
    started = time.perf_counter()
    model = RoutedModel(router, RouteRequest(text=text), models.__getitem__, breaker=breaker, first_token_timeout=10)
    return await _first_token(model, started)


async def _first_token(model: LanguageModel, started: float | None = None) -> float:
    started = time.perf_counter() if started is None else started
    async with model.stream(ModelCall(messages=[])) as stream:
        await stream.read()
        return (time.perf_counter() - started) * 1000
