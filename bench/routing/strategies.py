"""Ways to route the prompts of the test, what each costs, and how long its first token takes."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median

from bench.routing.data import Prompt
from edgechat.routing import Classifier, Router, RouterConfig, RouteRequest, Side
from pop.ai.clef import Tier

EDGE_TTFT, CENTRAL_TTFT, CLEF_TTFT = 55.0, 240.0, 215.0
"""Milliseconds to the first token of each model, and to the verdict of Clef-flash through the binding."""
DEADLINE = 300.0
TOKENS_IN, TOKENS_OUT, TOKENS_CLEF = 400, 300, 300
EDGE_PRICES, CENTRAL_PRICES, CLEF_PRICE = (0.045, 0.384), (3.0, 15.0), 0.09
"""Dollars per million tokens, in and out: llama-3.1-8b-instruct-fp8-fast; a frontier model; clef-flash, in only."""


@dataclass
class Run:
    """What became of each prompt."""

    name: str
    sides: list[Side] = field(default_factory=list)
    asked: list[bool] = field(default_factory=list)
    """Whether the classifier was."""

    def add(self, side: Side, *, asked: bool = False) -> None:
        self.sides.append(side)
        self.asked.append(asked)

    def accuracy(self, prompts: Sequence[Prompt], language: str | None = None) -> float:
        return mean(
            side == prompt.side
            for prompt, side in zip(prompts, self.sides, strict=True)
            if language in (None, prompt.language)
        )

    def wrong(self, prompts: Sequence[Prompt], side: Side) -> float:
        """The share of the prompts that went to this side and should not have."""
        pairs = zip(prompts, self.sides, strict=True)
        return mean(went == side != prompt.side for prompt, went in pairs)

    @property
    def central(self) -> float:
        return mean(side == "central" for side in self.sides)

    @property
    def dollars(self) -> float:
        """For a thousand requests."""
        prices = {"edge": EDGE_PRICES, "central": CENTRAL_PRICES}
        tokens = [prices[side][0] * TOKENS_IN + prices[side][1] * TOKENS_OUT for side in self.sides]
        # The edge model has begun while the classifier decides: its prompt is billed when it loses.
        hedged = zip(self.sides, self.asked, strict=True)
        lost = EDGE_PRICES[0] * TOKENS_IN * mean(asked and side == "central" for side, asked in hedged)
        return (mean(tokens) + lost + CLEF_PRICE * TOKENS_CLEF * mean(self.asked)) / 1_000

    @property
    def ttft(self) -> tuple[float, float]:
        """Milliseconds: the mean and the median."""
        verdict = min(CLEF_TTFT, DEADLINE)
        times = []
        for side, asked in zip(self.sides, self.asked, strict=True):
            if side == "edge":
                times.append(max(EDGE_TTFT, verdict) if asked else EDGE_TTFT)
            else:
                times.append(CENTRAL_TTFT + (verdict if asked else 0))
        return mean(times), median(times)


def run_fixed(name: str, prompts: Sequence[Prompt], side: Side) -> Run:
    run = Run(name)
    for _ in prompts:
        run.add(side)
    return run


def run_router(name: str, prompts: Sequence[Prompt], tier: Tier | None = None) -> tuple[Run, list[float]]:
    """Also the milliseconds that the classifier has taken."""
    times: list[float] = []

    async def classify(request: RouteRequest) -> float:
        started = time.perf_counter()
        assert tier
        central = tier(request.text)
        times.append(1_000 * (time.perf_counter() - started))
        return central

    classifier: Classifier | None = classify if tier else None
    # This machine may be slow: quality is measured here, and the deadline is part of the model of time.
    router = Router(RouterConfig(edge="edge", central="central", deadline=60), classifier)
    run = Run(name)

    async def route() -> None:
        for prompt in prompts:
            request = RouteRequest(text=prompt.text)
            decision = router.decide(request)
            if not decision.is_sure:
                run.add((await router.classify(request, decision)).side, asked=True)
            else:
                run.add(decision.side)

    asyncio.run(route())
    return run, times
