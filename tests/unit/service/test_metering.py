"""What calls have used, however they ended."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from limiting import limits

from edgechat.errors import APICallError, NotChosenError, StreamTruncatedError
from edgechat.model.parts import Error, Usage
from edgechat.model.prompt import UserMessage
from edgechat.model.types import ModelCall
from edgechat.testing import FakeModel, hang
from edgechat.testing.models import ModelStep
from service.metering import Meter, MeteredModel

SMALL = limits().models["small"]
CALL = ModelCall(messages=[UserMessage("Why is the sky blue?")])
"""5 tokens, about."""
DOWN = APICallError("down", status=500)


async def use(*steps: ModelStep, reads: int = 100, leaves: Exception | None = None) -> Meter:
    """Of one call that is read so often, and then left."""
    meter = Meter()
    model = MeteredModel(FakeModel(list(steps) if len(steps) > 1 else steps[0]), SMALL, meter)

    async def call() -> None:
        async with model.stream(CALL) as stream:
            for _ in range(reads):
                if await stream.read() is None:
                    break
            if leaves:
                raise leaves

    task = asyncio.create_task(call())
    await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError, APICallError, NotChosenError, StreamTruncatedError):
        await task
    return meter


def tokens(meter: Meter) -> tuple[int | None, int | None, bool] | None:
    usage = meter.usage.get(SMALL.id)
    return None if usage is None else (usage.input_tokens, usage.output_tokens, usage.is_estimated)


async def test_a_whole_answer_is_booked_as_it_was_counted() -> None:
    meter = await use("It scatters.")
    assert tokens(meter) == (10, 20, False)
    assert meter.cost == pytest.approx((10 * 0.5 + 20 * 2.0) / 1e6)


@pytest.mark.parametrize(
    ("steps", "reads", "leaves", "booked"),
    [
        (["Light scatters", hang()], 100, None, (5, 4, True)),
        (["Sorry, no.", hang()], 1, NotChosenError("small"), (5, 2, True)),
        ([hang()], 100, None, (5, 0, True)),
        (["Light scat", StreamTruncatedError("cut")], 100, None, (5, 3, True)),
        (["Light scat", Error(DOWN), hang()], 100, None, (5, 3, True)),
    ],
    ids=["cancelled", "not chosen", "cancelled while it is silent", "cut", "error"],
)
async def test_what_was_not_counted_is_estimated(
    steps: Sequence[ModelStep], reads: int, leaves: Exception | None, booked: tuple[int, int, bool]
) -> None:
    assert tokens(await use(*steps, reads=reads, leaves=leaves)) == booked


@pytest.mark.parametrize("steps", [[DOWN], [Error(DOWN), hang()]], ids=["refused", "error in a good stream"])
async def test_a_call_that_failed_before_its_first_word_has_cost_nothing(steps: Sequence[ModelStep]) -> None:
    meter = await use(*steps)
    assert (meter.usage, meter.cost) == ({}, 0)


async def test_calls_of_one_model_add_up() -> None:
    meter = Meter()
    meter.book(SMALL, Usage(input_tokens=1, output_tokens=2))
    meter.book(SMALL, Usage(input_tokens=3, output_tokens=4, is_estimated=True))
    assert tokens(meter) == (4, 6, True)


async def test_a_model_answers_no_longer_than_it_may_and_a_call_that_is_tried_again_is_the_same() -> None:
    fake = FakeModel("One.", "Two.")
    model = MeteredModel(fake, SMALL, Meter())
    for _ in range(2):
        async with model.stream(CALL) as stream:
            await stream.read()
    assert [call.max_output_tokens for call in fake.calls] == [SMALL.max_output] * 2
    assert fake.calls[0] is fake.calls[1]


async def test_who_wants_less_gets_no_more() -> None:
    fake = FakeModel("One.")
    async with MeteredModel(fake, SMALL, Meter()).stream(ModelCall(messages=[], max_output_tokens=16)) as stream:
        await stream.read()
    assert fake.calls[0].max_output_tokens == 16
