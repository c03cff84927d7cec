"""Who answers, and why, as the page says it."""

import re
from typing import Any, get_args

import pytest

from edgechat.routing.router import WEIGHTS, Stage
from edgechat.ui.messages import DataPart, TextPart, UIMessage
from page import route, strings
from page.route import is_route, route_line


def answer(*routes: object) -> UIMessage:
    parts = [DataPart(type="data-route", data=data) for data in routes]
    return UIMessage(id="m", role="assistant", parts=[*parts, TextPart(text="Hi")])


def told(**changes: Any) -> str:
    data = {"model": "small", "side": "edge", "stage": "signals", "reason": "small talk", "confidence": 0.9, "ms": 60.0}
    return route_line(answer(data | changes))


def test_the_line_says_who_and_why() -> None:
    assert told() == "Edge · small talk"
    assert told(side="central", reason="code") == "Central · code"


def test_an_answer_that_took_its_time_says_how_long() -> None:
    assert told(side="central", reason="code", ms=912.3) == "Central · code, 0.9 s"


@pytest.mark.parametrize("reason", [*WEIGHTS, "nothing special", "image", "your choice"])
def test_every_reason_of_the_router_has_words(reason: str) -> None:
    assert reason in route._REASONS


@pytest.mark.parametrize("stage", get_args(Stage.__value__))
@pytest.mark.parametrize("side", ["edge", "central"])
def test_every_stage_has_words(stage: str, side: str) -> None:
    assert re.fullmatch(r"(Edge|Central) · .+", told(stage=stage, side=side))


def test_who_stands_in_says_so() -> None:
    assert told(stage="refusal", side="central") == "Central · the model at the edge did not know"
    assert told(stage="fallback", reason="small did not answer") == "Edge · stands in for another model"


def test_a_verdict_says_what_it_was() -> None:
    assert told(stage="classifier", side="central", reason="short question") == "Central · looks hard"


def test_a_reason_that_is_new_is_shown_as_it_is() -> None:
    assert told(reason="the moon") == "Edge · the moon"


def test_of_an_answer_that_went_on_the_last_one_is_told() -> None:
    first, last = {"side": "edge", "reason": "code"}, {"side": "central", "stage": "fallback"}
    assert route_line(answer(first, last)) == "Central · stands in for another model"


@pytest.mark.parametrize("data", ["hm", None, []])
def test_what_cannot_be_read_is_left_out(data: object) -> None:
    assert route_line(answer(data)) == ""
    assert is_route(answer(data).parts[0])


def test_it_speaks_the_language_of_the_page(catalogue: dict[str, dict[str, str]]) -> None:
    strings.speak(catalogue["de"])
    assert told(side="central", reason="code", ms=912.3) == "Zentral · Code, 0,9 s"
