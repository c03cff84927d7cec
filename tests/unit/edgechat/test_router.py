import asyncio
import time

import pytest

from edgechat.errors import APICallError
from edgechat.routing import Router, RouterConfig, RouteRequest
from edgechat.routing.router import WEIGHTS
from edgechat.routing.signals import read_signals

CONFIG = RouterConfig(edge="small", central="frontier")


class FixedClassifier:
    def __init__(self, central: float | Exception, seconds: float = 0) -> None:
        self._central = central
        self._seconds = seconds
        self.was_cancelled = False

    async def __call__(self, request: RouteRequest) -> float:
        try:
            await asyncio.sleep(self._seconds)
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if isinstance(self._central, Exception):
            raise self._central
        return self._central


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("def f(x):\n    return x", "code"),
        ("Fix this: ```x```", "code"),
        ("Schreib mir eine Funktion", "code"),
        ("正規表現を書いて", "code"),
        ("What is 3*x + 2?", "maths"),
        ("Löse die Gleichung", "maths"),
        ("计算这个积分", "maths"),
        ("Compare tea and coffee, step by step", "reasoning"),
        ("Pourquoi le ciel est-il bleu ?", "reasoning"),
        ("What are the symptoms of flu?", "expert"),
        ("Write a short story about rain", "long answer"),
        ("Hello!", "small talk"),
        ("¿Qué tal?", "small talk"),
        ("Who wrote Faust?", "lookup"),
        ("What\u2019s the capital of Peru?", "lookup"),
        ("Think hard: is it?", "asks for thought"),
        ("In einem Satz bitte", "asks for brevity"),
        ("Who? Why?", "several questions"),
        ("2 apples, 3 pears, 5 plums and 7 figs", "many numbers"),
        ("12:00:01 started\n12:00:02 stopped", "log or table"),
        ("a,b,c\n1,2,3", "log or table"),
        ("Rephrase this: go away", "works on a text"),
        ("Tell me a joke", "light task"),
    ],
)
def test_a_signal_is_seen(text: str, signal: str) -> None:
    assert read_signals(RouteRequest(text=text))[signal] == 1.0


def test_the_conversation_so_far_is_a_signal() -> None:
    signals = read_signals(
        RouteRequest(text="And then?", history_characters=6_000, last_side="central", needs_tools=True)
    )
    assert signals["long conversation"] == 0.5
    assert {"goes on with central", "tools"} <= signals.keys()


def test_each_signal_has_its_weight() -> None:
    every = RouteRequest(
        text="why? hello? who is, quickly, think hard, python tax 1+1 write a story, rewrite a joke\nKeyError: "
        + "a" * 500,
        history_characters=1,
        needs_tools=True,
        last_side="central",
    )
    assert read_signals(every).keys() | {"short question"} == WEIGHTS.keys()


def test_a_long_text_is_read_at_both_ends_only() -> None:
    text = "python " + "x " * 100_000 + " matrix"
    assert {"code", "maths", "long question"} <= read_signals(RouteRequest(text=text)).keys()
    middle = "x " * 50_000 + " python " + "x " * 50_000
    assert "code" not in read_signals(RouteRequest(text=middle))


@pytest.mark.parametrize("unit", ["\n", "\t\n", " ", "a(", "a", "00:00,", "1 ", ",", "字"])
def test_no_text_takes_long_to_read(unit: str) -> None:
    text = (unit * 4_000)[:3_999] + "x"
    started = time.process_time()
    read_signals(RouteRequest(text=text))
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    ("text", "side", "reason"),
    [
        ("Hi there!", "edge", "small talk"),
        ("What is the capital of France?", "edge", "lookup"),
        ("Write a Python function that parses CSV, and explain it step by step", "central", "reasoning"),
        ("Prove that x^2 + 1 = 0 has no real solution", "central", "maths"),
    ],
)
def test_the_plain_cases_are_decided_at_once(text: str, side: str, reason: str) -> None:
    decision = Router(CONFIG).decide(RouteRequest(text=text))
    assert (decision.side, decision.stage, decision.reason) == (side, "signals", reason)
    assert decision.model == ("small" if side == "edge" else "frontier")
    assert 0.5 <= decision.confidence <= 1


def test_what_the_user_wants_comes_first() -> None:
    decision = Router(CONFIG).decide(RouteRequest(text="Hi", wish="central"))
    assert (decision.model, decision.stage, decision.confidence) == ("frontier", "wish", 1.0)


def test_images_go_to_a_model_that_sees() -> None:
    image = RouteRequest(text="What is this?", media_types=["text/plain", "image/png"])
    assert Router(CONFIG).decide(image).model == "frontier"
    with_vision = RouterConfig(edge="small", central="frontier", vision="vision")
    assert Router(with_vision).decide(image).model == "vision"


def test_without_a_classifier_every_decision_is_sure() -> None:
    assert Router(CONFIG).decide(RouteRequest(text="Why is the sky blue?")).is_sure


async def test_the_classifier_decides_what_is_unsure() -> None:
    router = Router(CONFIG, FixedClassifier(0.9))
    request = RouteRequest(text="Why is the sky blue?")
    decision = router.decide(request)
    assert not decision.is_sure
    better = await router.classify(request, decision)
    assert (better.model, better.stage, better.confidence) == ("frontier", "classifier", 0.9)


def test_the_classifier_is_not_asked_what_is_plain() -> None:
    assert Router(CONFIG, FixedClassifier(0.9)).decide(RouteRequest(text="Hello!")).is_sure


async def test_a_classifier_that_is_late_is_not_waited_for() -> None:
    late = FixedClassifier(0.9, seconds=60)
    router = Router(RouterConfig(edge="small", central="frontier", deadline=0.01), late)
    request = RouteRequest(text="Why is the sky blue?")
    decision = await router.classify(request, router.decide(request))
    assert (decision.side, decision.stage) == ("edge", "deadline")
    assert late.was_cancelled


async def test_a_classifier_that_fails_leaves_the_question_at_the_edge() -> None:
    router = Router(CONFIG, FixedClassifier(APICallError("busy", status=429)))
    request = RouteRequest(text="Why is the sky blue?")
    decision = await router.classify(request, router.decide(request))
    assert (decision.side, decision.reason) == ("edge", "the classifier failed")


def test_weights_can_be_set() -> None:
    config = RouterConfig(edge="small", central="frontier", weights={"small talk": 9.0})
    assert Router(config).decide(RouteRequest(text="Hello!")).side == "central"
