"""The chat service with a model at the edge, a central one and one that sees, for a user who may ask all."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from chatting import Service, body, message_of
from fakes import bearer, production_limits, production_routing, request

from edgechat.errors import APICallError
from edgechat.model.types import LanguageModel
from edgechat.routing import Classifier, RouteRequest
from edgechat.testing import FakeModel
from edgechat.testing.models import ModelAnswer
from edgechat.ui.messages import DataPart, UIMessage
from service.settings import Limits, Routing
from service.web import Response

PLAIN = "Hello!"
UNSURE = "Why is the sky blue?"
HARD = "Prove that x^2 + 1 = 0 has no real solution, step by step"

GONE = APICallError("5007: no such model", status=400, code=5007)
PAID = APICallError("5035: for paid plans only", status=403, code=5035)
USED_UP = APICallError("3036: the free allocation of the day is used", status=429, code=3036, is_retryable=False)
BUSY = APICallError("3040: out of capacity", status=429, code=3040)

LATE = Exception("it never answers")

ID = {alias: model.id for alias, model in production_limits().models.items()}


class RoutedService(Service):
    """Each model gives its answer to all calls; `central` is what the classifier says, or raises."""

    def __init__(self, *, user: str = "user_1", central: float | Exception = 0.5, **answers: ModelAnswer) -> None:
        super().__init__()
        said: dict[str, ModelAnswer] = {"small": "Edge.", "large": "Central.", "vision": "I see."}
        self.models = {alias: _model(ID[alias], answer) for alias, answer in (said | answers).items()}
        self.central = central
        self.classified: list[RouteRequest] = []
        self.settings = production_routing()
        self.bounds = production_limits()
        self._headers = bearer(user)

    def set(self, **changes: Any) -> None:
        self.settings = msgspec.structs.replace(self.settings, **changes)

    @property
    def routing(self) -> Routing | None:
        return self.settings

    @property
    def limits(self) -> Limits:
        return self.bounds

    @property
    def classifier(self) -> Classifier:
        async def classify(request: RouteRequest) -> float:
            self.classified.append(request)
            if self.central is LATE:
                await asyncio.Event().wait()
            if isinstance(self.central, Exception):
                raise self.central
            return self.central

        return classify

    def model(self, model_id: str) -> LanguageModel:
        return next(model for model in self.models.values() if model.model_id == model_id)

    def calls(self) -> dict[str, int]:
        return {alias: len(model.calls) for alias, model in self.models.items() if model.calls}

    async def send(self, text: str, model: str | None = None, **more: Any) -> Response:
        return await self.ask(request("POST", "/api/chat", body(text, **more) | {"model": model}, self._headers))

    async def say(self, text: str, model: str | None = None, **more: Any) -> UIMessage:
        message = await message_of(await self.send(text, model, **more))
        for work in self.work:
            await work
        return message

    async def used(self) -> dict[str, tuple[int, int]]:
        """Input and output tokens, by alias."""
        rows = (await self.d1.prepare("SELECT model, input_tokens, output_tokens FROM usage").all())["results"]
        aliases = {model_id: alias for alias, model_id in ID.items()}
        return {aliases[row["model"]]: (row["input_tokens"], row["output_tokens"]) for row in rows}


def _model(model_id: str, answer: ModelAnswer) -> FakeModel:
    return FakeModel(lambda _: answer, model_id=model_id)


def route_of(message: UIMessage) -> Mapping[str, Any]:
    (data,) = [part.data for part in message.parts if isinstance(part, DataPart) and part.type == "data-route"]
    return dict(data)


def why(message: UIMessage) -> tuple[str, str, str]:
    route = route_of(message)
    return route["model"], route["side"], route["stage"]
