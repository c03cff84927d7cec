import asyncio
from collections.abc import Mapping

from edgechat.errors import APICallError
from edgechat.generate import stream_text
from edgechat.model.types import LanguageModel
from edgechat.routing import RoutedModel, Router, RouterConfig, RouteRequest
from edgechat.testing import FakeModel, hang
from edgechat.testing.models import ModelAnswer

CONFIG = RouterConfig(edge="small", central="frontier", vision="vision")
PLAIN = RouteRequest(text="Hello!")
UNSURE = RouteRequest(text="Why is the sky blue?")
HARD = RouteRequest(text="Prove that x^2 + 1 = 0 has no real solution, step by step")
DOWN = APICallError("3040: out of capacity", status=429, code=3040, is_retryable=False)


def models(**answers: ModelAnswer) -> dict[str, FakeModel]:
    """Each with its answer to any number of calls."""

    def model(name: str, answer: ModelAnswer) -> FakeModel:
        return FakeModel(lambda _: answer, model_id=name)

    names: dict[str, ModelAnswer] = {"small": "Edge.", "frontier": "Central.", "vision": "I see."}
    return {name: model(name, answer) for name, answer in (names | answers).items()}


def routed(request: RouteRequest, models: Mapping[str, LanguageModel], *, central: float | None = None) -> RoutedModel:
    async def classify(_: RouteRequest) -> float:
        await asyncio.sleep(0)
        assert central is not None
        return central

    router = Router(CONFIG, None if central is None else classify)
    return RoutedModel(router, request, models.__getitem__)


async def answer_of(model: RoutedModel) -> str:
    return (await stream_text(model=model, prompt="?", max_retries=0).consume()).text


async def test_a_plain_question_is_answered_at_the_edge() -> None:
    asked = models()
    model = routed(PLAIN, asked)
    assert await answer_of(model) == "Edge."
    assert (model.route.model, model.route.stage, asked["frontier"].calls) == ("small", "signals", [])


async def test_a_hard_one_centrally() -> None:
    asked = models()
    model = routed(HARD, asked)
    assert await answer_of(model) == "Central."
    assert (model.route.side, asked["small"].calls) == ("central", [])


async def test_an_unsure_one_starts_at_the_edge_and_stays_there() -> None:
    asked = models()
    model = routed(UNSURE, asked, central=0.1)
    assert await answer_of(model) == "Edge."
    assert (model.route.stage, model.route.side, asked["frontier"].calls) == ("classifier", "edge", [])


async def test_or_goes_central_and_the_edge_is_cancelled() -> None:
    asked = models(small=["Edge", hang()])
    model = routed(UNSURE, asked, central=0.9)
    assert await answer_of(model) == "Central."
    assert (model.route.stage, model.route.model, asked["small"].aborted) == ("classifier", "frontier", [True])


async def test_where_the_edge_refuses_the_user_sees_one_answer() -> None:
    asked = models(small=["I'm sorry, but I can't help with that.", hang()])
    model = routed(PLAIN, asked)
    assert await answer_of(model) == "Central."
    assert (model.route.stage, model.route.side, model.route.reason) == ("refusal", "central", "small did not know")
    assert asked["small"].aborted == [True]


async def test_when_the_edge_is_down_nobody_notices() -> None:
    model = routed(PLAIN, models(small=DOWN))
    assert await answer_of(model) == "Central."
    assert (model.route.stage, model.route.reason) == ("fallback", "small did not answer")


async def test_when_the_central_model_is_down_the_edge_does_what_it_can() -> None:
    model = routed(HARD, models(frontier=DOWN))
    assert await answer_of(model) == "Edge."
    assert (model.route.side, model.route.stage, model.route.model) == ("edge", "fallback", "small")


async def test_a_refusal_is_better_than_an_error() -> None:
    model = routed(PLAIN, models(small="I don't know.", frontier=DOWN))
    assert await answer_of(model) == "I don't know."
    assert (model.route.model, model.route.stage) == ("small", "fallback")


async def test_images_go_to_the_model_that_sees() -> None:
    model = routed(RouteRequest(text="What is this?", media_types=["image/png"]), models())
    assert await answer_of(model) == "I see."
    assert model.route.stage == "attachment"


async def test_who_may_not_go_central_gets_what_the_edge_says() -> None:
    asked = models(small="I don't know.")
    model = routed(RouteRequest(text=HARD.text, edge_only="your budget"), asked)
    assert await answer_of(model) == "I don't know."
    assert (model.route.stage, model.route.reason, asked["frontier"].calls) == ("policy", "your budget", [])
