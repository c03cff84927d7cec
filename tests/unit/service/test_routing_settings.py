"""`[vars.ROUTING]`: what is understood, and what is refused by its name."""

from typing import Any

import msgspec
import pytest
from fakes import production_limits, production_routing
from limiting import LARGE, OLD, SMALL, variable

from service.settings import Routing, read_routing

ROUTING = {"edge": "small", "central": "large"}


def read(models: dict[str, Any] | None = None, **changes: Any) -> Routing:
    limits = variable(models={"small": SMALL, "large": LARGE, "old": OLD} | (models or {}))
    text, bounds = (msgspec.json.encode(value).decode() for value in (ROUTING | changes, limits))
    return read_routing(text, bounds)


def test_two_models_are_enough() -> None:
    routing = read()
    assert (routing.edge, routing.central, routing.vision, routing.asks_classifier) == ("small", "large", None, False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"edge": "tiny"}, "there is no model 'tiny' in LIMITS"),
        ({"vision": "tiny"}, "there is no model 'tiny' in LIMITS"),
        ({"central": "old"}, "the model 'old' is retired"),
        ({"central": "small"}, "the model 'small' is both edge and central"),
        ({"sure": 80}, "Expected `float` <= 1.0 - at `$.sure`"),
        ({"deadline": 0}, "Expected `float` > 0.0 - at `$.deadline`"),
        ({"first_token": "10"}, "Expected `float`, got `str` - at `$.first_token`"),
        ({"spare": 0.1}, "unknown field `spare`"),
        ({"models": {"fast": SMALL}}, "a name that stands for another thing: fast"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_name(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RuntimeError, match=r"The variable ROUTING \(see wrangler.toml\) is wrong: ") as caught:
        read(**changes)
    assert message in str(caught.value)


def test_that_of_production_is_understood() -> None:
    routing, models = production_routing(), production_limits().models
    assert routing.vision
    assert models[routing.vision].takes_images
    edge, central = models[routing.edge].price, models[routing.central].price
    assert edge
    assert central
    assert edge.output < central.output
