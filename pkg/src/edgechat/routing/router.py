"""Which side answers a request: two stages, the cheap one first, and a policy that has the last word."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec

from edgechat.errors import EdgeChatError
from edgechat.routing.signals import RouteRequest, Side, read_signals

type Stage = Literal["wish", "attachment", "signals", "classifier", "deadline", "policy", "refusal", "fallback"]

WEIGHTS: Mapping[str, float] = {
    "asks for thought": 3.5,
    "many numbers": 2.0,
    "reasoning": 2.0,
    "maths": 1.9,
    "expert": 1.6,
    "long answer": 1.7,
    "tools": 1.2,
    "code": 1.0,
    "goes on with central": 0.9,
    "long question": 1.1,
    "long conversation": 0.8,
    "log or table": 0.5,
    "several questions": 0.2,
    "lookup": -0.5,
    "asks for brevity": -1.1,
    "small talk": -1.5,
    "short question": -1.9,
    "works on a text": -2.1,
    "light task": -2.4,
}
"""What each signal says for a central model, in log odds: `make routing-train`, see docs/routing.md."""

BIAS = -0.2

_SHAPE = {"short question", "long question", "several questions"}
"""Reasons only where there is no other."""


class RouteDecision(msgspec.Struct, frozen=True, rename="camel"):
    model: str
    """By the name that the configuration gives it."""
    side: Side
    stage: Stage
    """Who has decided."""
    reason: str
    """A word or two for people, such as "code"."""
    confidence: float
    """From 0.5 to 1."""
    is_sure: bool = True
    """False: ask the classifier."""


class RouterConfig(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Models by the names that the caller has for them."""

    edge: str
    central: str
    vision: str | None = None
    """For images; None: they are for the central model."""
    sure: float = 0.8
    """From this confidence on, no classifier is asked."""
    deadline: float = 0.3
    """Seconds for the classifier."""
    weights: Mapping[str, float] = msgspec.field(default_factory=dict)
    """In the place of those of `WEIGHTS`."""
    bias: float = BIAS


type Classifier = Callable[[RouteRequest], Awaitable[float]]
"""How likely it is, from 0 to 1, that a central model is needed. May raise `EdgeChatError`."""


class Router:
    def __init__(self, config: RouterConfig, classifier: Classifier | None = None) -> None:
        self.config = config
        self._classifier = classifier
        self._weights = {**WEIGHTS, **config.weights}

    def decide(self, request: RouteRequest) -> RouteDecision:
        """At once, without asking anybody. The decision may be unsure: `classify` then knows better."""
        decision = self._decide(request)
        if request.edge_only and decision.side == "central":
            return self._decided("edge", "policy", request.edge_only, 1.0)
        return msgspec.structs.replace(decision, is_sure=True) if request.edge_only else decision

    def _decide(self, request: RouteRequest) -> RouteDecision:
        config = self.config
        if any(media_type.startswith("image/") for media_type in request.media_types):
            if config.vision:
                return RouteDecision(config.vision, "edge", "attachment", "image", 1.0)
            return RouteDecision(config.central, "central", "attachment", "image", 1.0)
        if request.wish:
            return self._decided(request.wish, "wish", "your choice", 1.0)
        signals = read_signals(request)
        votes = {name: self._weights[name] * value for name, value in signals.items()}
        central = _sigmoid(config.bias + sum(votes.values()))
        side: Side = "central" if central >= 0.5 else "edge"
        confidence = max(central, 1 - central)
        towards = {name: vote for name, vote in votes.items() if (vote > 0) == (side == "central")}
        telling = towards.keys() - _SHAPE or towards.keys()
        reason = max(sorted(telling), key=lambda name: abs(votes[name])) if towards else "nothing special"
        decision = self._decided(side, "signals", reason, confidence)
        if self._classifier is None or confidence >= config.sure:
            return decision
        return msgspec.structs.replace(decision, is_sure=False)

    async def classify(self, request: RouteRequest, decision: RouteDecision) -> RouteDecision:
        """What the classifier says; when it is late, or fails, the edge answers. Never later than the deadline."""
        if self._classifier is None:
            return decision
        try:
            async with asyncio.timeout(self.config.deadline):
                central = await self._classifier(request)
        except TimeoutError:
            return self._decided("edge", "deadline", "the classifier was late", 0.5)
        except EdgeChatError:
            return self._decided("edge", "deadline", "the classifier failed", 0.5)
        side: Side = "central" if central >= 0.5 else "edge"
        return self._decided(side, "classifier", decision.reason, max(central, 1 - central))

    def _decided(self, side: Side, stage: Stage, reason: str, confidence: float) -> RouteDecision:
        model = self.config.central if side == "central" else self.config.edge
        return RouteDecision(model, side, stage, reason, round(confidence, 3))


def _sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))
