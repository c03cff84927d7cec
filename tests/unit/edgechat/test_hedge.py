import asyncio

import pytest

from edgechat.errors import APICallError, NotChosenError
from edgechat.model.parts import ModelPart, TextDelta
from edgechat.model.types import LanguageModel, ModelCall
from edgechat.routing import HedgedModel
from edgechat.testing import FakeModel, hang

CALL = ModelCall(messages=[])


class Verdict:
    def __init__(self) -> None:
        self.answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> bool:
        return await self.answer


async def text_of(model: LanguageModel) -> str:
    parts: list[ModelPart] = []
    async with model.stream(CALL) as stream:
        while (more := await stream.read()) is not None:
            parts += more
    return "".join(part.delta for part in parts if isinstance(part, TextDelta))


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_model_is_called_before_the_verdict() -> None:
    edge, verdict = FakeModel("Hello there"), Verdict()
    answer = asyncio.create_task(text_of(HedgedModel(edge, verdict)))
    await settle()
    assert (len(edge.calls), answer.done()) == (1, False)
    verdict.answer.set_result(True)
    assert await answer == "Hello there"


async def test_where_another_is_chosen_the_call_is_cancelled() -> None:
    edge, verdict = FakeModel(["Hello", hang()]), Verdict()
    answer = asyncio.create_task(text_of(HedgedModel(edge, verdict)))
    await settle()
    verdict.answer.set_result(False)
    with pytest.raises(NotChosenError):
        await answer
    assert edge.aborted == [True]


async def test_a_model_that_does_not_even_answer_is_cancelled_too() -> None:
    edge, verdict = FakeModel([hang()]), Verdict()
    answer = asyncio.create_task(text_of(HedgedModel(edge, verdict)))
    await settle()
    verdict.answer.set_result(False)
    with pytest.raises(NotChosenError):
        await answer
    assert edge.aborted == [True]


async def test_a_model_that_fails_waits_for_no_verdict() -> None:
    verdict = Verdict()
    with pytest.raises(APICallError):
        await text_of(HedgedModel(FakeModel(APICallError("busy", status=429)), verdict))
    assert verdict.answer.cancelled()


async def test_who_leaves_cancels_both() -> None:
    edge, verdict = FakeModel(["Hello", hang()]), Verdict()
    answer = asyncio.create_task(text_of(HedgedModel(edge, verdict)))
    await settle()
    answer.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answer
    assert edge.aborted == [True]
    assert verdict.answer.cancelled()
