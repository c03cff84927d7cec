import asyncio
from itertools import pairwise

import pytest

from edgechat.errors import APICallError
from edgechat.model.parts import (
    Error,
    Finish,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    Source,
    StreamStart,
    TextDelta,
    TextEnd,
    TextStart,
    ToolCall,
    ToolInputDelta,
    ToolInputEnd,
    ToolInputStart,
    Usage,
)
from edgechat.model.prompt import UserMessage, text_of
from edgechat.model.types import LanguageModel, ModelCall
from edgechat.testing import FakeClock, FakeModel, drop, hang, reasoning, tool_call, wait

HI = ModelCall(messages=[UserMessage("Hi")])
USAGE = Usage(input_tokens=10, output_tokens=20)


async def reads_of(model: LanguageModel, call: ModelCall = HI) -> list[list[ModelPart]]:
    async with model.stream(call) as stream:
        reads = []
        while (parts := await stream.read()) is not None:
            reads.append(parts)
        return reads


async def parts_of(model: LanguageModel) -> list[ModelPart]:
    return [part for parts in await reads_of(model) for part in parts]


async def test_a_text_is_said_word_by_word() -> None:
    assert await reads_of(FakeModel("Hello there")) == [
        [StreamStart(), TextStart("text-0"), TextDelta("text-0", "Hello ")],
        [TextDelta("text-0", "there")],
        [TextEnd("text-0"), Finish("stop", USAGE)],
    ]


@pytest.mark.parametrize("text", ["", " ", "one", "  a  b\n\nc ", "é 🎈\t"])
async def test_no_character_is_lost(text: str) -> None:
    parts = await parts_of(FakeModel(text))
    assert "".join(part.delta for part in parts if isinstance(part, TextDelta)) == text


async def test_a_tool_call_has_an_input_that_grows_and_an_id_of_its_own() -> None:
    model = FakeModel([tool_call("weather", {"city": "Århus"}), tool_call("time", id="t")], tool_call("weather"))
    assert await parts_of(model) == [
        StreamStart(),
        ToolInputStart("call-1", "weather"),
        ToolInputDelta("call-1", '{"city": '),
        ToolInputDelta("call-1", '"Århus"}'),
        ToolInputEnd("call-1"),
        ToolCall("call-1", "weather", '{"city": "Århus"}'),
        ToolInputStart("t", "time"),
        ToolInputDelta("t", "{}"),
        ToolInputEnd("t"),
        ToolCall("t", "time", "{}"),
        Finish("tool-calls", USAGE),
    ]
    assert ToolCall("call-2", "weather", "{}") in await parts_of(model)


async def test_what_is_said_with_a_tool_call_is_a_block_of_its_own() -> None:
    assert await parts_of(FakeModel([reasoning("Hm"), "Look: ", tool_call("x", "not JSON"), "so"])) == [
        StreamStart(),
        ReasoningStart("reasoning-0"),
        ReasoningDelta("reasoning-0", "Hm"),
        ReasoningEnd("reasoning-0"),
        TextStart("text-1"),
        TextDelta("text-1", "Look: "),
        TextEnd("text-1"),
        ToolInputStart("call-1", "x"),
        ToolInputDelta("call-1", "not "),
        ToolInputDelta("call-1", "JSON"),
        ToolInputEnd("call-1"),
        ToolCall("call-1", "x", "not JSON"),
        TextStart("text-2"),
        TextDelta("text-2", "so"),
        TextEnd("text-2"),
        Finish("tool-calls", USAGE),
    ]


async def test_parts_are_given_as_they_stand() -> None:
    source = Source("url", "s1", url="https://example.com/")
    error = Error(ValueError("odd"))
    finish = Finish("length", Usage(output_tokens=1))
    model = FakeModel([StreamStart(["no seed"]), "a", source, "b", error, finish])
    assert await parts_of(model) == [
        StreamStart(["no seed"]),
        TextStart("text-0"),
        TextDelta("text-0", "a"),
        TextEnd("text-0"),
        source,
        TextStart("text-1"),
        TextDelta("text-1", "b"),
        TextEnd("text-1"),
        error,
        finish,
    ]


async def test_an_empty_answer_is_an_answer() -> None:
    assert await parts_of(FakeModel([])) == [StreamStart(), Finish("stop", USAGE)]


async def test_each_call_has_its_answer_and_is_noted() -> None:
    model = FakeModel("One", "Two", provider="acme", model_id="m", usage=Usage(), headers={"x-id": "7"})
    assert (model.provider, model.model_id) == ("acme", "m")
    again = ModelCall(messages=[UserMessage("Again")])
    await reads_of(model)
    async with model.stream(again) as stream:
        assert stream.headers == {"x-id": "7"}
        assert TextDelta("text-0", "Two") in (await stream.read() or [])
    assert model.calls == [HI, again]


async def test_one_call_too_many_is_an_error() -> None:
    model = FakeModel("One", model_id="m")
    await reads_of(model)
    with pytest.raises(AssertionError, match=r"The model 'm' has 1 answers, and this is call 2\."):
        await reads_of(model)


async def test_a_function_answers_all_calls() -> None:
    model = FakeModel("First", lambda call: f"You said {text_of(call.messages[-1])}")
    assert TextDelta("text-0", "First") in await parts_of(model)
    for _ in range(3):
        assert TextDelta("text-0", "Hi") in await parts_of(model)


async def test_an_exception_as_the_answer_refuses_the_call() -> None:
    model = FakeModel(APICallError("busy", status=429), "Hello")
    with pytest.raises(APICallError, match="busy"):
        async with model.stream(HI):
            pytest.fail("the call was taken")
    assert await reads_of(model)
    assert model.aborted == [False, False]


async def test_an_exception_among_the_steps_breaks_the_answer() -> None:
    model = FakeModel(["Hel", drop()])
    async with model.stream(HI) as stream:
        assert await stream.read() == [StreamStart(), TextStart("text-0"), TextDelta("text-0", "Hel")]
        with pytest.raises(APICallError, match="lost") as caught:
            await stream.read()
    assert caught.value.is_retryable
    assert model.aborted == [False]


async def test_a_wait_is_seen_on_the_clock_only() -> None:
    clock = FakeClock()
    model = FakeModel([wait(0.5), "a ", wait(1000), "b"], clock=clock)
    times = [clock()]
    async with model.stream(HI) as stream:
        while await stream.read():
            times.append(clock())
    assert [after - before for before, after in pairwise(times)] == [0.5, 1000, 0]


async def test_leaving_early_is_noted() -> None:
    model = FakeModel("a b c", "d")
    async with model.stream(HI) as stream:
        await stream.read()
    await reads_of(model)
    assert model.aborted == [True, False]


async def test_a_hanging_call_can_be_cancelled() -> None:
    model = FakeModel(["a", hang()])
    task = asyncio.create_task(reads_of(model))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert model.aborted == [True]
