from xml.etree import ElementTree

import pytest

from bench.routing.data import Opening, Prompt
from bench.routing.picture import draw
from bench.routing.refusals import detect, judge
from bench.routing.strategies import Run, run_fixed, run_router
from bench.routing.train import fit

HARD = Prompt("Prove, step by step, that it is. Compare 3 ways.", "en", "central", "maths", "test")
EASY = Prompt("Hi there!", "en", "edge", "chat", "test")
UNSURE = Prompt("Tell me about the old harbour and what became of it in the end", "en", "edge", "fact", "test")


class Always:
    name = "always"

    def __init__(self, central: float) -> None:
        self._central = central

    def __call__(self, text: str) -> float:
        return self._central


def test_a_side_for_all_is_right_for_its_own_half() -> None:
    run = run_fixed("edge", [HARD, EASY], "edge")
    assert run.accuracy([HARD, EASY]) == 0.5
    assert run.wrong([HARD, EASY], "edge") == 0.5
    assert run.wrong([HARD, EASY], "central") == 0
    assert run.ttft == (55, 55)


def test_the_router_is_asked_for_each_prompt() -> None:
    run, times = run_router("heuristics", [HARD, EASY])
    assert run.sides == ["central", "edge"]
    assert (run.asked, times) == ([False, False], [])


def test_the_classifier_is_asked_what_is_unsure_and_costs_time_and_money() -> None:
    run, times = run_router("both", [UNSURE, EASY], Always(0.9))
    assert (run.sides, run.asked, len(times)) == (["central", "edge"], [True, False], 1)
    unasked = Run("same", ["central", "edge"], [False, False])
    assert run.dollars > unasked.dollars
    assert run.ttft[0] == unasked.ttft[0] + 215 / 2


def test_an_ordinary_answer_is_held_back_until_it_is_plain() -> None:
    assert judge(Opening("The capital is Paris", "en", False, "test")).characters <= 3
    sorry = judge(Opening("I'm sorry to hear it", "en", False, "test"))
    assert not sorry.is_refusal
    assert sorry.characters > 8


def test_misses_and_false_alarms_are_counted() -> None:
    found = detect(
        [
            Opening("I don't know.", "en", True, "test"),
            Opening("Ask someone else.", "en", True, "test"),
            Opening("Paris.", "en", False, "test"),
            Opening("I don't know.", "en", False, "test"),
        ]
    )
    assert (found.refusals, found.missed, found.answers, found.false_alarms) == (2, 1, 2, 1)


def test_weights_say_what_speaks_for_a_side() -> None:
    weights, bias = fit([({"hard": 1.0}, True), ({"easy": 1.0}, False)] * 20)
    assert weights["hard"] > 1 > -1 > weights["easy"]
    assert bias == pytest.approx(0, abs=0.1)


def test_the_picture_is_svg() -> None:
    picture = ElementTree.fromstring(draw([run_fixed("a < b", [HARD, EASY], "edge")], [HARD, EASY]))
    assert "a < b" in [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
