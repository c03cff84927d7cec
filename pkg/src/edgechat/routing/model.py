"""The model of one request: the one that the router chose, and those that stand in for it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from edgechat.errors import ModelRefusedError, NotChosenError
from edgechat.model.fallback import Breaker, FallbackModel, FallbackStream
from edgechat.model.types import LanguageModel, ModelCall
from edgechat.routing.guard import GuardedModel
from edgechat.routing.hedge import HedgedModel
from edgechat.routing.router import RouteDecision, Router
from edgechat.routing.signals import RouteRequest, Side


class RoutedModel:
    """A `LanguageModel` that asks the model which `router` chooses for `request`, and another one where that fails.

    While a classifier is being asked the edge model has started already; where it refuses, the central one answers. The
    context is entered with the first output: from then on `route` says who answers, and why. `model_of` gives the
    models for the names of the router's configuration.
    """

    def __init__(
        self,
        router: Router,
        request: RouteRequest,
        model_of: Callable[[str], LanguageModel],
        *,
        breaker: Breaker | None = None,
        first_token_timeout: float | None = None,
    ) -> None:
        self.route = router.decide(request)
        self._router = router
        self._request = request
        self._model_of = model_of
        self._breaker = breaker
        self._first_token_timeout = first_token_timeout
        chosen = model_of(self.route.model)
        self.provider = chosen.provider
        self.model_id = chosen.model_id

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator[FallbackStream]:
        chain = self._chain()
        models = FallbackModel(
            [model for _, model in chain], first_token_timeout=self._first_token_timeout, breaker=self._breaker
        )
        async with models.stream(call) as stream:
            if stream.errors:
                asked = [name for name, _ in chain]
                self.route = self._after(stream.errors[-1], *asked[len(stream.errors) - 1 : len(stream.errors) + 1])
            yield stream

    def _chain(self) -> list[tuple[str, LanguageModel]]:
        """In the order in which they are asked. The last may be an edge model once more, to say what it can."""
        config, model_of = self._router.config, self._model_of
        edge_name = config.edge if self.route.side == "central" else self.route.model
        edge = (edge_name, model_of(edge_name))
        if self._request.edge_only:
            return [edge]
        central = (config.central, model_of(config.central))
        if not self.route.is_sure:
            return [(edge_name, HedgedModel(GuardedModel(edge[1]), self._is_edge)), central, edge]
        if self.route.side == "central":
            return [central, edge]
        return [(edge_name, GuardedModel(edge[1])), central, edge]

    async def _is_edge(self) -> bool:
        self.route = await self._router.classify(self._request, self.route)
        return self.route.side == "edge"

    def _after(self, error: Exception, failed: str, name: str) -> RouteDecision:
        """Why `name` answers in the place of `failed`."""
        if isinstance(error, NotChosenError):
            return self.route
        side: Side = "central" if name == self._router.config.central else "edge"
        confidence = self.route.confidence
        if isinstance(error, ModelRefusedError):
            return RouteDecision(name, side, "refusal", f"{failed} did not know", confidence)
        return RouteDecision(name, side, "fallback", f"{failed} did not answer", confidence)
