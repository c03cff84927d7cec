import asyncio

import pytest

from edgechat.errors import APICallError, ModelTimeoutError, StreamTruncatedError
from edgechat.model.fallback import FallbackModel, FallbackStream
from edgechat.model.parts import (
    Custom,
    Error,
    File,
    Finish,
    ModelPart,
    ResponseMetadata,
    Source,
    StreamStart,
    TextDelta,
    Usage,
)
from edgechat.model.types import ModelCall
from edgechat.testing import FakeModel, hang, reasoning, tool_call
from edgechat.testing.models import ModelAnswer, ModelStep

CALL = ModelCall(messages=[])
BUSY = APICallError("busy", status=429)
UNKNOWN = APICallError("no such model", status=404)


def model(answer: ModelAnswer, name: str = "first") -> FakeModel:
    return FakeModel(answer, model_id=name, provider=f"{name}-provider", headers={"x-model": name})


def backup() -> FakeModel:
    return model("Hello there", "backup")


async def rest_of(stream: FallbackStream) -> list[ModelPart]:
    parts = []
    while (more := await stream.read()) is not None:
        parts += more
    return parts


async def ask(fallback: FallbackModel) -> list[ModelPart]:
    async with fallback.stream(CALL) as stream:
        return await rest_of(stream)


def text_of(parts: list[ModelPart]) -> str:
    return "".join(part.delta for part in parts if isinstance(part, TextDelta))


async def test_the_first_model_answers_if_it_can() -> None:
    first, second = model("Good day"), backup()
    parts = await ask(FallbackModel([first, second], first_token_timeout=60))
    assert parts[:2] == [StreamStart(), ResponseMetadata(model_id="first")]
    assert text_of(parts) == "Good day"
    assert (first.aborted, second.calls) == ([False], [])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (BUSY, "busy"),
        (UNKNOWN, "no such model"),
        ([StreamStart(), BUSY], "busy"),
        ([Error(StreamTruncatedError("cut off")), Finish("error", Usage())], "cut off"),
        ([Finish("stop", Usage())], "The answer ended without any output."),
        ([Finish("error", Usage())], "The answer ended with an error, without any output."),
        (["", Finish("content-filter", Usage())], "The answer ended without any output."),
    ],
)
async def test_the_next_model_answers_where_one_fails(answer: ModelAnswer, reason: str) -> None:
    first, second = model(answer), backup()
    async with FallbackModel([first, second]).stream(CALL) as stream:
        assert stream.model is second
        assert stream.headers == {"x-model": "backup"}
        assert [str(error) for error in stream.errors] == [reason]
        parts = await rest_of(stream)
    assert parts[:2] == [StreamStart([f"first failed: {reason}"]), ResponseMetadata(model_id="backup")]
    assert text_of(parts) == "Hello there"
    assert second.calls == [CALL]


async def test_a_late_model_is_left_for_the_next() -> None:
    first = model([hang(), "too late"])
    async with FallbackModel([first, backup()], first_token_timeout=0.01).stream(CALL) as stream:
        assert first.aborted == [True]
        assert isinstance(stream.errors[0], ModelTimeoutError)
        assert text_of(await rest_of(stream)) == "Hello there"


async def test_the_last_model_may_take_its_time() -> None:
    second = model([hang()], "backup")
    fallback = FallbackModel([model(BUSY), second], first_token_timeout=0.01)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(fallback), 0.05)
    assert second.aborted == [True]


async def test_after_the_first_token_there_is_all_the_time_there_is() -> None:
    first = model(["one ", hang()])
    async with FallbackModel([first, backup()], first_token_timeout=0.01).stream(CALL) as stream:
        assert text_of(await stream.read() or []) == "one "
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.read(), 0.05)


@pytest.mark.parametrize(
    "output",
    [
        "one ",
        reasoning("one "),
        tool_call("weather"),
        Source("url", "s", url="https://example.com"),
        File("image/png", "data:,"),
        Custom("fake.thing"),
    ],
)
async def test_once_there_is_output_errors_go_through(output: ModelStep) -> None:
    first, second = model([output, BUSY]), backup()
    async with FallbackModel([first, second]).stream(CALL) as stream:
        assert stream.model is first
        with pytest.raises(APICallError, match="busy"):
            await rest_of(stream)
    assert not second.calls


async def test_what_came_before_the_first_output_is_kept() -> None:
    first = model([StreamStart(["no seed"]), ResponseMetadata("id-1", "first-2026"), reasoning(""), "Hi"])
    parts = await ask(FallbackModel([model(BUSY, "zero"), first]))
    assert parts[0] == StreamStart(["zero failed: busy", "no seed"])
    assert parts[1:3] == [ResponseMetadata(model_id="first"), ResponseMetadata("id-1", "first-2026")]
    assert text_of(parts) == "Hi"


async def test_the_last_model_may_say_nothing() -> None:
    parts = await ask(FallbackModel([model(BUSY), model([Finish("stop", Usage())], "backup")]))
    assert parts[-1] == Finish("stop", Usage())


async def test_when_all_fail_the_last_error_tells_of_the_others() -> None:
    last = APICallError("overloaded", status=529)
    fallback = FallbackModel([model(BUSY), model(UNKNOWN, "second"), model(last, "third")])
    with pytest.raises(APICallError) as caught:
        await ask(fallback)
    assert caught.value is last
    assert last.__notes__ == ["first failed: busy", "second failed: no such model"]


async def test_a_mistake_in_ones_own_code_is_no_failure_of_the_model() -> None:
    second = backup()
    with pytest.raises(ZeroDivisionError):
        await ask(FallbackModel([model(ZeroDivisionError()), second]))
    assert not second.calls


async def test_what_counts_as_a_failure_can_be_chosen() -> None:
    second = backup()
    fallback = FallbackModel(
        [model(BUSY), second], should_fall_back=lambda error: isinstance(error, APICallError) and error.status == 500
    )
    with pytest.raises(APICallError, match="busy"):
        await ask(fallback)
    assert not second.calls


async def test_being_cancelled_is_no_failure() -> None:
    first, second = model([hang()]), backup()
    task = asyncio.create_task(ask(FallbackModel([first, second], first_token_timeout=60)))
    while not first.calls:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (first.aborted, second.calls) == ([True], [])


async def test_a_timeout_around_it_is_no_failure_either() -> None:
    first, second = model([hang()]), backup()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await ask(FallbackModel([first, second], first_token_timeout=60))
    assert (first.aborted, second.calls) == ([True], [])


async def test_leaving_the_stream_cancels_the_call() -> None:
    second = backup()
    async with FallbackModel([model(BUSY), second]).stream(CALL) as stream:
        await stream.read()
    assert second.aborted == [True]


def test_it_has_the_name_of_the_first_model() -> None:
    fallback = FallbackModel([model(""), backup()])
    assert (fallback.provider, fallback.model_id) == ("first-provider", "first")
