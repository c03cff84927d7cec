from typing import Any

import msgspec
import pytest
from fakes import production_limits
from limiting import SMALL, TIER, limits

from service import models
from service.settings import TierName, read_limits
from service.web import HTTPError


def refusal(tier: TierName, wanted: str) -> HTTPError:
    with pytest.raises(HTTPError) as caught:
        models.choose(limits(), tier, wanted)
    return caught.value


def test_the_default_of_a_tier_is_its_first_model() -> None:
    assert models.choose(limits(), "guest", None).alias == "small"
    assert models.choose(limits(), "user", None).alias == "large"


@pytest.mark.parametrize("wanted", ["small", "@cf/a/small"])
def test_a_model_is_had_by_its_alias_and_by_its_id(wanted: str) -> None:
    alias, model = models.choose(limits(), "guest", wanted)
    assert (alias, model.id, model.max_output) == ("small", "@cf/a/small", 256)


@pytest.mark.parametrize("wanted", ["", "Small", "@cf/a/other", "small; DROP TABLE users", "x" * 100_000])
def test_no_other_model_can_be_had(wanted: str) -> None:
    error = refusal("user", wanted)
    assert (error.status, error.code) == (400, "unknown_model")
    assert str(error).endswith("You can have: large, small.")
    assert len(str(error)) < 200


def test_a_guest_is_told_what_only_users_can_have() -> None:
    error = refusal("guest", "large")
    assert (error.status, error.code) == (403, "model_not_allowed")
    assert str(error) == "The model large is only for those who have signed in. You can have: small."


def test_a_model_that_is_gone_is_refused_by_name() -> None:
    error = refusal("user", "old")
    assert (error.status, error.code) == (400, "model_retired")
    assert str(error) == "The model old is no longer there. You can have: large, small."


def test_the_list_has_the_models_of_the_tier_and_marks_the_retired_ones() -> None:
    listed = msgspec.json.decode(msgspec.json.encode(models.listing(limits(), "guest", "@cf/a/old".__eq__)))
    assert listed["default"] == "small"
    assert listed["models"][0] == {
        "id": "small",
        "model": "@cf/a/small",
        "contextTokens": 8000,
        "maxOutputTokens": 256,
        "takesImages": False,
        "price": {"input": 0.5, "output": 2.0},
        "retired": False,
        "failing": False,
    }
    assert [(model["id"], model["retired"], model["price"]) for model in listed["models"][1:]] == [("old", True, None)]
    assert [model["id"] for model in models.listing(limits(), "user", bool)["models"]] == ["large", "small", "old"]


def test_what_an_answer_costs_follows_from_the_price() -> None:
    small, large = limits().models["small"], limits().models["large"]
    assert small.cost(1_000_000, 500_000) == pytest.approx(1.5)
    assert large.cost(1_000_000, 500_000) == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dollars": "5"}, "Expected `float`, got `str` - at `$.dollars`"),
        ({"dollars": -1}, "Expected `float` >= 0.0 - at `$.dollars`"),
        ({"guest": TIER | {"models": []}}, "Expected `array` of length >= 1 - at `$.guest.models`"),
        ({"guest": TIER | {"models": ["tiny"]}}, "there is no model 'tiny'"),
        ({"user": TIER | {"models": ["old"]}}, "the default model 'old' is retired"),
        ({"user": TIER | {"models": ["small"], "massages": 7}}, "unknown field `massages` - at `$.user`"),
        ({"models": {"small": SMALL | {"context": 0}}}, "Expected `int` >= 1 - at `$.models[...].context`"),
    ],
)
def test_limits_that_are_not_understood_are_refused_by_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RuntimeError, match=r"The variable LIMITS \(see wrangler.toml\) is wrong: ") as caught:
        limits(**changes)
    assert message in str(caught.value)


def test_without_limits_the_service_does_not_work() -> None:
    with pytest.raises(RuntimeError, match=r"LIMITS is not set: see \[vars.LIMITS\]"):
        read_limits(None)


def test_the_limits_of_production_are_understood_and_small_enough_for_a_variable() -> None:
    found = production_limits()
    assert found.guest.messages < found.user.messages
    assert len(msgspec.json.encode(found)) < 5000
