"""Who answers a question: the model that was asked for, or the one that the router chooses; and who did, in the end.

See `[vars.ROUTING]` in `wrangler.toml`, and docs/routing.md.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from edgechat.errors import EdgeChatError
from edgechat.model.fallback import is_outage
from edgechat.model.parts import Usage
from edgechat.model.types import LanguageModel
from edgechat.routing import (
    Classifier,
    RouteDecision,
    RoutedModel,
    Router,
    RouterConfig,
    RouteRequest,
    Side,
)
from edgechat.routing.clef import CLEF_FLASH
from edgechat.ui.messages import DataPart, FilePart, UIMessage
from service import limits, models
from service.bindings import Env
from service.circuits import circuits
from service.limits import Caller
from service.metering import Meter, MeteredModel
from service.models import Choice, choose
from service.providers import is_reachable
from service.recall import Asked
from service.settings import WISHES, Routing

ROUTE = "data-route"
"""The chunk, and the part of a message, that says who answers."""

_NEARLY = 0.9
"""Of a deadline: two clocks are asked."""

_SIDES: Mapping[str | None, Side] = {"fast": "edge", "best": "central"}


class Plan(NamedTuple):
    """What a caller has asked for, and may have."""

    choice: Choice
    """What answers where nothing is routed."""
    router: Router | None = None
    wish: Side | None = None
    is_named: bool = False
    """They want this model, and no other for an image."""
    edge_only: str | None = None
    """Why the central model is not for them now."""


def plan(env: Env, caller: Caller, wanted: str | None) -> Plan:
    """`wanted` is a wish ("auto", "fast", "best"), an alias or an id. Raises a 400 or 403 as `choose` does."""
    routing, known = env.routing, env.limits.models
    if routing is None or not is_routed(env, caller):
        return Plan(choose(env.limits, caller.tier, wanted))
    scarce = limits.scarce(caller)
    edge_only = _no_central(env, caller, routing) or scarce
    wish, named = _SIDES.get(wanted), None
    if wanted is not None and wanted not in WISHES:
        named = choose(env.limits, caller.tier, wanted)
        # What is spared, is spared from each other model too.
        wish = "central" if named.alias == routing.central or (scarce and named.alias != routing.edge) else "edge"
    edge = named.alias if named and wish == "edge" else routing.edge
    vision = routing.vision if routing.vision in env.limits.tier(caller.tier).models else None
    if wish == "central" and known[routing.central].takes_images:
        vision = None
    config = RouterConfig(
        edge=edge, central=routing.central, vision=vision, sure=routing.sure, deadline=routing.deadline
    )
    router = Router(config, _classifier(env, routing.deadline) if routing.asks_classifier else None)
    return Plan(Choice(edge, known[edge]), router, wish, named is not None, edge_only)


def is_routed(env: Env, caller: Caller) -> bool:
    """Whether this caller may ask for the model that most questions go to."""
    return env.routing is not None and env.routing.edge in env.limits.tier(caller.tier).models


def listing(env: Env, caller: Caller) -> dict[str, Any]:
    """What `GET /api/models` answers: models, and what one may wish for in place of one."""
    listed = models.listing(env.limits, caller.tier, circuits.is_failing)
    if env.routing and is_routed(env, caller) and _no_central(env, caller, env.routing) is None:
        return {**listed, "default": WISHES[0], "wishes": WISHES}
    return {**listed, "wishes": []}


def _no_central(env: Env, caller: Caller, routing: Routing) -> str | None:
    """Why there is no central model for them."""
    if routing.central not in env.limits.tier(caller.tier).models:
        return "not for guests" if caller.user.is_guest else "not for you"
    if not is_reachable(env, env.limits.models[routing.central].id):
        return "no central model"
    return None


def _classifier(env: Env, deadline: float) -> Classifier | None:
    """One that fails, or is late, is not asked for a while."""
    breaker, ask = circuits.breaker, env.classifier
    if circuits.is_failing(CLEF_FLASH):
        return None

    async def classify(request: RouteRequest) -> float:
        started = time.perf_counter()
        try:
            central = await ask(request)
        except EdgeChatError as error:
            if is_outage(error):
                breaker.failed(CLEF_FLASH)
            raise
        except asyncio.CancelledError:
            if time.perf_counter() - started > deadline * _NEARLY:
                breaker.failed(CLEF_FLASH)
            raise
        breaker.succeeded(CLEF_FLASH)
        return central

    return classify


class Speaker:
    """Answers one question. `model` is to be called; once it has begun to answer, `route` tells who does."""

    def __init__(self, env: Env, plan: Plan, asked: Asked) -> None:
        self._env = env
        self._plan = plan
        self._meter = Meter()
        self._models: dict[str, LanguageModel] = {}
        self._routed: RoutedModel | None = None
        if plan.router is None or env.routing is None:
            self.model = self._model(plan.choice.alias)
            return
        self.model = self._routed = RoutedModel(
            plan.router,
            _request(plan, asked),
            self._model,
            breaker=circuits.breaker,
            first_token_timeout=env.routing.first_token,
        )

    @property
    def decision(self) -> RouteDecision | None:
        """Until the model has begun to answer, a forecast. None: nothing is routed."""
        return self._routed.route if self._routed else None

    @property
    def choice(self) -> Choice:
        """The model that answers."""
        decision = self.decision
        return Choice(decision.model, self._env.limits.models[decision.model]) if decision else self._plan.choice

    @property
    def usage(self) -> Mapping[str, Usage]:
        """Of all models that ran, by their ids. Something for the chosen one in any case: each answer is counted."""
        return self._meter.usage or {self.choice.model.id: Usage()}

    @property
    def cost(self) -> float:
        return self._meter.cost

    def route(self, seconds: float) -> dict[str, Any] | None:
        """For the page, with the time that it took to have an answer begin."""
        decision = self.decision
        if decision is None:
            return None
        return {
            "model": decision.model,
            "side": decision.side,
            "stage": decision.stage,
            "reason": decision.reason,
            "confidence": decision.confidence,
            "ms": round(seconds * 1000, 1),
        }

    def _model(self, alias: str) -> LanguageModel:
        found = self._models.get(alias)
        if found is None:
            model = self._env.limits.models[alias]
            found = self._models[alias] = MeteredModel(self._env.model(model.id), model, self._meter)
        return found


def _request(plan: Plan, asked: Asked) -> RouteRequest:
    *before, question = asked.told
    before = [*before, asked.answer] if asked.answer.parts else before
    files = [part for message in asked.told for part in message.parts if isinstance(part, FilePart)]
    return RouteRequest(
        text=question.text,
        history_characters=sum(len(message.text) for message in before),
        media_types=() if plan.is_named else [file.media_type for file in files],
        last_side=_last_side(before),
        wish=plan.wish,
        edge_only=plan.edge_only,
    )


def _last_side(messages: Sequence[UIMessage]) -> Side | None:
    for message in reversed(messages):
        for part in reversed(message.parts):
            if isinstance(part, DataPart) and part.type == ROUTE:
                return "central" if part.data.get("side") == "central" else "edge"
    return None
