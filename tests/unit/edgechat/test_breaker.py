from contextlib import suppress

import pytest

from edgechat.errors import APICallError, CircuitOpenError, EdgeChatError, UnsupportedFunctionalityError
from edgechat.model.fallback import FallbackModel
from edgechat.model.parts import Error, ModelPart
from edgechat.model.types import ModelCall
from edgechat.routing import CircuitBreaker
from edgechat.routing.breaker import Circuit
from edgechat.testing import FakeClock, FakeModel

CALL = ModelCall(messages=[])
BUSY = APICallError("busy", status=429)


async def ask(model: FallbackModel) -> list[Exception]:
    """The errors of the models that did not answer."""
    async with model.stream(CALL) as stream:
        while await stream.read() is not None:
            pass
    return stream.errors


def breaker_with(failures: int, clock: FakeClock) -> CircuitBreaker:
    breaker = CircuitBreaker(clock)
    for _ in range(failures):
        breaker.failed("edge")
    return breaker


def test_a_model_that_fails_now_and_then_is_asked_again() -> None:
    breaker = breaker_with(2, FakeClock())
    assert breaker.admits("edge")
    breaker.succeeded("edge")
    breaker.failed("edge")
    assert breaker.admits("edge")


def test_after_three_failures_in_a_row_it_is_left_alone_for_a_while() -> None:
    clock = FakeClock()
    breaker = breaker_with(3, clock)
    assert not breaker.admits("edge")
    assert breaker.admits("central")
    clock.advance(9)
    assert not breaker.admits("edge")


def test_one_call_probes_and_the_others_wait_for_what_comes_of_it() -> None:
    clock = FakeClock()
    breaker = breaker_with(3, clock)
    clock.advance(10)
    assert [breaker.admits("edge"), breaker.admits("edge")] == [True, False]
    breaker.succeeded("edge")
    assert breaker.admits("edge")


def test_each_probe_that_fails_doubles_the_pause() -> None:
    clock = FakeClock()
    breaker = breaker_with(3, clock)
    clock.advance(10)
    assert breaker.admits("edge")
    breaker.failed("edge")
    clock.advance(19)
    assert not breaker.admits("edge")
    clock.advance(1)
    assert breaker.admits("edge")


def test_a_pause_has_an_end_however_often_it_failed() -> None:
    clock = FakeClock()
    breaker = breaker_with(3, clock)
    for _ in range(5000):
        clock.advance(300)
        assert breaker.admits("edge")
        breaker.failed("edge")


def test_calls_that_were_under_way_when_it_opened_make_it_no_worse() -> None:
    clock = FakeClock()
    breaker = breaker_with(50, clock)
    clock.advance(10)
    assert breaker.admits("edge")


def test_what_others_know_counts_while_it_is_news() -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(clock)
    breaker.share({"edge": Circuit(3, clock() + 5), "old": Circuit(9, clock() - 5)})
    assert [breaker.admits("edge"), breaker.admits("old")] == [False, True]


async def test_a_model_that_keeps_failing_is_passed_over() -> None:
    opened: list[str] = []
    breaker = CircuitBreaker(FakeClock(), on_open=lambda: opened.append("edge"))
    edge = FakeModel(lambda _: BUSY, model_id="edge")
    central = FakeModel(lambda _: "Hello", model_id="central")
    chain = FallbackModel([edge, central], breaker=breaker)
    errors = [(await ask(chain))[0] for _ in range(4)]
    assert [type(error) for error in errors] == [APICallError, APICallError, APICallError, CircuitOpenError]
    assert (len(edge.calls), opened) == (3, ["edge"])


@pytest.mark.parametrize(
    "error", [APICallError("too long", status=413), UnsupportedFunctionalityError("it takes no such files")]
)
async def test_what_is_wrong_with_one_request_closes_no_model_to_others(error: EdgeChatError) -> None:
    edge = FakeModel(lambda _: error, model_id="edge")
    central = FakeModel(lambda _: "Hello", model_id="central")
    chain = FallbackModel([edge, central], breaker=breaker_with(2, FakeClock()))
    for _ in range(3):
        await ask(chain)
    assert len(edge.calls) == 3


async def test_the_last_model_is_asked_whatever_is_known_of_it() -> None:
    chain = FallbackModel([FakeModel("Hello", model_id="edge")], breaker=breaker_with(3, FakeClock()))
    assert await ask(chain) == []


@pytest.mark.parametrize("ending", [[Error(BUSY)], [BUSY]])
async def test_an_answer_that_breaks_off_is_a_failure(ending: list[ModelPart | Exception]) -> None:
    breaker = breaker_with(2, FakeClock())
    chain = FallbackModel([FakeModel(["Hello", *ending], model_id="edge")], breaker=breaker)
    with suppress(APICallError):
        await ask(chain)
    assert not breaker.admits("edge")


async def test_a_whole_answer_closes_the_circuit() -> None:
    breaker = breaker_with(2, FakeClock())
    await ask(FallbackModel([FakeModel("Hello", model_id="edge")], breaker=breaker))
    breaker.failed("edge")
    assert breaker.admits("edge")
