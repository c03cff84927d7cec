"""The wire of the stand-in for Clef, with a classifier that is none."""

import httpx
import msgspec
import pytest

from edgechat.routing import RouteRequest
from edgechat.routing.clef import clef_body, read_clef
from pop.ai.backend import Json
from pop.ai.clef import WEIGHTS, Weights
from pop.ai.server import app

CLEF = "@cf/cloudflare/clef-flash"
TIER = {"type": "choice", "instructions": "Which?", "criteria": {"small": "easy", "large": "hard"}}


class Backend:
    name = "none"

    def stream(self, request: Json) -> None: ...

    async def aclose(self) -> None: ...


class FixedTier:
    name = "Fixed"

    def __init__(self, large: float = 0.8) -> None:
        self.large = large
        self.messages: list[str] = []

    def __call__(self, text: str) -> float:
        self.messages.append(text)
        return self.large


async def run(inputs: object, tier: FixedTier | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(app(Backend(), tier))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://ai") as client:
        body = msgspec.json.encode({"inputs": inputs})
        return await client.post("/run?version=3", content=body, headers={"cf-consn-model-id": CLEF})


def asking(**changes: object) -> dict[str, object]:
    return {"model": "clef-flash", "state": "Why?", "questions": {"tier": TIER}} | changes


async def test_a_choice_is_answered_in_the_documented_shape() -> None:
    response = await run(asking(), FixedTier())
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-pop-model"] == "Fixed"
    answer = response.json()
    usage = answer.pop("usage")
    assert usage["input_tokens"] > 0
    assert usage["output_tokens"] == 0
    choice = {
        "type": "choice",
        "choice": "large",
        "probabilities": {"small": 0.2, "large": 0.8},
        "confidence": 0.8,
    }
    assert answer == {"model": "clef-flash", "answers": {"tier": choice}}


async def test_it_understands_what_edgechat_asks_and_is_understood() -> None:
    tier = FixedTier(0.25)
    response = await run(msgspec.Raw(clef_body(RouteRequest(text="Is it?"))), tier)
    assert read_clef(response.text) == 0.25
    assert tier.messages == ["Is it?"]


async def test_where_it_is_not_installed_the_error_says_what_to_do() -> None:
    response = await run(asking())
    assert response.status_code == 400
    assert response.json()["internalCode"] == 5007
    assert "make setup-routing" in response.json()["description"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"model": "clef"}, 422),
        ({"questions": {}}, 400),
        ({"questions": {"a b": TIER}}, 400),
        ({"questions": {"tier": {"type": "choice", "criteria": TIER["criteria"]}}}, 400),
        ({"questions": {"tier": TIER | {"type": "score"}}}, 400),
        ({"questions": {"tier": TIER | {"criteria": {"left": "", "right": ""}}}}, 400),
        ({"state": None}, 400),
    ],
)
async def test_what_the_model_refuses_or_the_stand_in_does_not_know_is_refused(
    changes: dict[str, object], status: int
) -> None:
    response = await run(asking(**changes), FixedTier())
    assert response.status_code == status
    assert response.json()["internalCode"] == 5004


def test_the_weights_are_for_an_embedding_of_384_dimensions() -> None:
    assert len(msgspec.json.decode(WEIGHTS.read_bytes(), type=Weights).weights) == 384
