import pytest

from edgechat.errors import APICallError, ModelRefusedError
from edgechat.model.fallback import FallbackModel
from edgechat.model.parts import ModelPart, TextDelta
from edgechat.model.types import LanguageModel, ModelCall
from edgechat.routing import GuardedModel
from edgechat.testing import FakeModel, drop, hang, reasoning, tool_call

CALL = ModelCall(messages=[])


async def parts_of(model: LanguageModel) -> list[list[ModelPart]]:
    reads = []
    async with model.stream(CALL) as stream:
        while (parts := await stream.read()) is not None:
            reads.append(parts)
    return reads


def text_of(reads: list[list[ModelPart]]) -> str:
    return "".join(part.delta for parts in reads for part in parts if isinstance(part, TextDelta))


async def test_an_ordinary_answer_comes_with_the_same_read_as_without() -> None:
    def answer() -> FakeModel:
        return FakeModel("Paris is the capital of France.")

    guarded, plain = await parts_of(GuardedModel(answer())), await parts_of(answer())
    first = next(parts for parts in plain if any(isinstance(part, TextDelta) for part in parts))
    assert guarded[0][-len(first) :] == first
    assert guarded[1:] == plain[plain.index(first) + 1 :]


async def test_a_refusal_is_an_error_and_its_call_is_cancelled() -> None:
    model = FakeModel(["I'm sorry, but I can't help with that.", hang()])
    with pytest.raises(ModelRefusedError):
        await parts_of(GuardedModel(model))
    assert model.aborted == [True]


async def test_an_answer_that_ends_as_a_refusal_is_one() -> None:
    with pytest.raises(ModelRefusedError):
        await parts_of(GuardedModel(FakeModel("I don't know")))


async def test_what_only_began_like_a_refusal_is_whole() -> None:
    text = "I'm sorry to hear that. Rest well."
    assert text_of(await parts_of(GuardedModel(FakeModel(text)))) == text


async def test_who_thinks_or_calls_a_tool_does_not_refuse() -> None:
    assert await parts_of(GuardedModel(FakeModel(tool_call("weather"))))
    assert text_of(await parts_of(GuardedModel(FakeModel([reasoning("Hm."), "I don't know."])))) == "I don't know."


async def test_an_error_goes_through() -> None:
    with pytest.raises(APICallError):
        await parts_of(GuardedModel(FakeModel(["I'm", drop()])))


async def test_the_next_model_answers_and_the_user_sees_one_answer() -> None:
    edge = GuardedModel(FakeModel("I cannot answer that.", model_id="edge"))
    chain = FallbackModel([edge, FakeModel("It is 42.", model_id="central")])
    assert text_of(await parts_of(chain)) == "It is 42."
