import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from edgechat.errors import (
    MASKED,
    APICallError,
    ModelTimeoutError,
    NoObjectGeneratedError,
    NoOutputGeneratedError,
    StreamTruncatedError,
    ToolChoiceViolationError,
)
from edgechat.generate.interrupt import Timeout
from edgechat.generate.output import Output
from edgechat.generate.result import TextResult
from edgechat.generate.settings import StepPlan, StepStart, has_tool_call, step_count_is
from edgechat.generate.text import TextStream, generate_text, stream_text
from edgechat.generate.tools import Tool, tool
from edgechat.model import parts as model
from edgechat.model.prompt import AssistantMessage, SystemMessage, ToolMessage, UserMessage
from edgechat.model.types import ModelCall, ToolNamed
from edgechat.testing.models import FakeModel, reasoning, tool_call
from edgechat.testing.script import hang, wait
from edgechat.ui import chunks as ui


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    return f"Rain in {city}."


async def chunks_of(stream: TextStream[Any], **options: Any) -> list[ui.UIChunk]:
    return [chunk async for batch in stream.ui_message_stream(**options) for chunk in batch]


def kinds(chunks: list[ui.UIChunk]) -> list[str]:
    return [msgspec.to_builtins(chunk)["type"] for chunk in chunks]


async def test_an_answer_becomes_chunks_one_list_for_each_read() -> None:
    stream = stream_text(model=FakeModel("Hello there"), prompt="Hi")
    batches = [batch async for batch in stream.ui_message_stream(message_id="m1")]
    assert batches == [
        [ui.Start(message_id="m1")],
        [ui.StartStep(), ui.TextStart(id="text-0"), ui.TextDelta(id="text-0", delta="Hello ")],
        [ui.TextDelta(id="text-0", delta="there")],
        [ui.TextEnd(id="text-0")],
        [ui.FinishStep()],
        [ui.Finish(finish_reason="stop")],
    ]


async def test_the_model_is_told_the_instructions_the_messages_and_the_settings() -> None:
    fake = FakeModel("Yes")
    await generate_text(model=fake, instructions="Be brief.", prompt="Hi", temperature=0.5, max_output_tokens=10)
    (call,) = fake.calls
    assert call.messages == [SystemMessage("Be brief."), UserMessage("Hi")]
    assert (call.temperature, call.max_output_tokens) == (0.5, 10)


@pytest.mark.parametrize("options", [{}, {"prompt": "Hi", "messages": []}])
def test_either_a_prompt_or_messages(options: Any) -> None:
    with pytest.raises(ValueError, match="either"):
        stream_text(model=FakeModel("x"), **options)


async def test_nothing_happens_before_the_stream_is_consumed_and_it_is_consumed_once() -> None:
    fake = FakeModel("Hello")
    stream = stream_text(model=fake, prompt="Hi")
    assert fake.calls == []
    assert [text async for text in stream.text_stream()] == ["Hello"]
    with pytest.raises(RuntimeError, match="once"):
        await stream.consume()


async def test_reasoning_is_kept_apart_and_may_be_withheld() -> None:
    stream = stream_text(model=FakeModel([reasoning("Hm"), "Yes"]), prompt="Hi")
    chunks = await chunks_of(stream, send_reasoning=False)
    assert (stream.reasoning_text, stream.text) == ("Hm", "Yes")
    assert not [kind for kind in kinds(chunks) if kind.startswith("reasoning")]


async def test_sources_are_sent_when_wanted_and_files_always() -> None:
    answer: Any = [
        model.Source("url", "s1", url="https://a.test", title="A"),
        model.Source("document", "s2", title="B", media_type="text/plain"),
        model.File("image/png", "data:image/png;base64,AA=="),
    ]
    with_sources = await chunks_of(stream_text(model=FakeModel(answer), prompt="Hi"), send_sources=True)
    stream = stream_text(model=FakeModel(answer), prompt="Hi")
    without = await chunks_of(stream)
    assert kinds(with_sources)[2:5] == ["source-url", "source-document", "file"]
    assert kinds(without)[2] == "file"
    assert (len(stream.sources), len(stream.files)) == (2, 1)


async def test_the_times_of_the_answer_are_measured() -> None:
    fake = FakeModel([wait(0.2), "one", wait(0.3), "two", wait(0.1), "three"])
    stream = stream_text(model=fake, prompt="Hi", clock=fake.clock)
    await stream.consume()
    timing = stream.timing
    assert timing.ttft == pytest.approx(0.2)
    assert timing.total == pytest.approx(0.6)
    assert timing.tokens_per_second(21) == pytest.approx(20 / 0.4)
    assert timing.intervals
    assert timing.intervals.min == pytest.approx(0.1)
    assert timing.intervals.max == pytest.approx(0.3)


async def test_a_tool_is_called_and_the_model_told_of_its_result() -> None:
    fake = FakeModel(tool_call("weather", {"city": "Oslo"}, id="c1"), "It rains.")
    stream = stream_text(model=fake, prompt="Hi", tools=[weather], stop_when=step_count_is(5))
    chunks = await chunks_of(stream)
    assert ui.ToolOutputAvailable(tool_call_id="c1", output="Rain in Oslo.") in chunks
    assert kinds(chunks).count("start-step") == 2
    assert stream.text == "It rains."
    assistant, result = fake.calls[1].messages[-2:]
    assert isinstance(assistant, AssistantMessage)
    assert isinstance(result, ToolMessage)
    assert msgspec.to_builtins(result)["content"][0]["output"] == {"type": "text", "value": "Rain in Oslo."}
    assert stream.usage.output_tokens == 40


async def test_blocks_of_different_steps_have_different_ids() -> None:
    fake = FakeModel(["Let me see.", tool_call("weather", {"city": "Oslo"})], "It rains.")
    chunks = await chunks_of(stream_text(model=fake, prompt="Hi", tools=[weather], stop_when=step_count_is(2)))
    ids = [chunk.id for chunk in chunks if isinstance(chunk, ui.TextStart)]
    assert len(set(ids)) == 2
    assert {chunk.id for chunk in chunks if isinstance(chunk, ui.TextDelta)} == set(ids)


async def test_by_default_one_step_is_all() -> None:
    fake = FakeModel(tool_call("weather", {"city": "Oslo"}))
    result = await generate_text(model=fake, prompt="Hi", tools=[weather])
    assert [part.output for part in result.tool_results] == ["Rain in Oslo."]
    assert len(fake.calls) == 1


async def test_a_tool_of_the_page_ends_the_loop_until_its_result_comes() -> None:
    ask = Tool("ask", input={"type": "object"})
    fake = FakeModel(tool_call("ask"))
    result = await generate_text(model=fake, prompt="Hi", tools=[ask], stop_when=step_count_is(5))
    assert [call.tool_name for call in result.tool_calls] == ["ask"]
    assert len(fake.calls) == 1


async def test_the_loop_ends_when_a_certain_tool_was_called() -> None:
    fake = FakeModel(tool_call("weather", {"city": "Oslo"}))
    await generate_text(
        model=fake, prompt="Hi", tools=[weather], stop_when=[step_count_is(9), has_tool_call("weather")]
    )
    assert len(fake.calls) == 1


async def test_each_step_may_be_prepared() -> None:
    fake, other = FakeModel(tool_call("weather", {"city": "Oslo"})), FakeModel("It rains.")

    def prepare(start: StepStart) -> StepPlan | None:
        if start.number == 0:
            return StepPlan(tool_choice=ToolNamed("weather"), settings={"temperature": 0.9})
        return StepPlan(model=other, instructions="Sum up.", active_tools=[])

    await generate_text(model=fake, prompt="Hi", tools=[weather], prepare_step=prepare, stop_when=step_count_is(2))
    assert (fake.calls[0].tool_choice, fake.calls[0].temperature) == (ToolNamed("weather"), 0.9)
    assert other.calls[0].messages[0] == SystemMessage("Sum up.")
    assert other.calls[0].tools == []


async def test_a_refused_call_is_told_in_safe_words_and_nothing_else() -> None:
    error = APICallError("5007: No such model @cf/secret", status=400, code=5007)
    stream = stream_text(model=FakeModel(error), prompt="Hi")
    assert await chunks_of(stream) == [ui.Start(), ui.Error(error_text=MASKED)]
    assert stream.error is error


async def test_an_error_after_the_first_word_keeps_what_came_and_counts_it() -> None:
    stream = stream_text(model=FakeModel(["Hello", APICallError("The connection was lost")]), prompt="Hi")
    chunks = await chunks_of(stream)
    assert kinds(chunks)[-5:] == ["text-delta", "text-end", "error", "finish-step", "finish"]
    assert chunks[-1] == ui.Finish(finish_reason="error")
    assert stream.text == "Hello"
    assert stream.usage.is_estimated
    assert stream.usage.output_tokens == 2


async def test_an_error_inside_the_stream_is_told_and_the_rest_comes_through() -> None:
    answer: Any = ["Hello", model.Error(ValueError("internal path /srv")), "there"]
    stream = stream_text(model=FakeModel(answer), prompt="Hi")
    chunks = await chunks_of(stream)
    assert ui.Error(error_text=MASKED) in chunks
    assert stream.text == "Hellothere"
    assert isinstance(stream.error, ValueError)


async def test_a_truncated_answer_is_an_error_though_the_stream_ended_in_good_order() -> None:
    answer: Any = ["Hello", model.Finish("error", model.Usage(is_estimated=True), "stream-truncated")]
    stream = stream_text(model=FakeModel(answer), prompt="Hi")
    chunks = await chunks_of(stream)
    assert chunks[-1] == ui.Finish(finish_reason="error")
    assert isinstance(stream.error, StreamTruncatedError)
    assert (stream.text, stream.usage.is_estimated, stream.usage.output_tokens) == ("Hello", True, 2)


async def test_a_stream_without_anything_is_an_error() -> None:
    stream = stream_text(model=FakeModel([model.StreamStart(), model.Finish("stop", model.Usage())]), prompt="Hi")
    assert kinds(await chunks_of(stream)) == ["start", "start-step", "finish-step", "finish"]
    empty = stream_text(model=Empty(), prompt="Hi")
    assert kinds(await chunks_of(empty)) == ["start", "error"]
    assert isinstance(empty.error, NoOutputGeneratedError)


class Empty:
    """A model whose stream ends before it began."""

    provider = model_id = "empty"
    headers: Mapping[str, str] = MappingProxyType({})

    @asynccontextmanager
    async def stream(self, _call: ModelCall) -> AsyncGenerator["Empty"]:
        yield self

    async def read(self) -> None:
        return None


async def test_generate_text_raises_what_went_wrong() -> None:
    with pytest.raises(APICallError, match="3040"):
        await generate_text(model=FakeModel(APICallError("3040: no capacity", status=400)), prompt="Hi")


async def test_stop_cancels_the_call_at_once_keeps_what_came_and_ends_with_abort() -> None:
    fake = FakeModel(["Hello", hang()])
    stream = stream_text(model=fake, prompt="Hi")
    chunks: list[ui.UIChunk] = []
    async with asyncio.timeout(2):
        async for batch in stream.ui_message_stream():
            chunks += batch
            if stream.steps == [] and "text-delta" in kinds(batch):
                asyncio.get_running_loop().call_soon(stream.stop)
    assert kinds(chunks)[-3:] == ["text-end", "finish-step", "abort"]
    assert fake.aborted == [True]
    assert (stream.text, stream.is_aborted, stream.error) == ("Hello", True, None)
    assert stream.usage.is_estimated


async def test_stop_before_the_start_calls_no_model() -> None:
    fake = FakeModel("Hello")
    stream = stream_text(model=fake, prompt="Hi")
    stream.stop("gone")
    assert await chunks_of(stream) == [ui.Start(), ui.Abort(reason="gone")]
    assert fake.calls == []


async def test_stop_while_a_tool_runs_cancels_the_tool() -> None:
    cancelled = asyncio.Event()

    @tool
    async def forever() -> None:
        """Takes its time."""
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    stream = stream_text(model=FakeModel(tool_call("forever")), prompt="Hi", tools=[forever])
    asyncio.get_running_loop().call_later(0.02, stream.stop)
    async with asyncio.timeout(2):
        chunks = await chunks_of(stream)
    assert kinds(chunks)[-2:] == ["finish-step", "abort"]
    assert cancelled.is_set()


async def test_leaving_the_stream_cancels_the_call_and_still_counts() -> None:
    fake = FakeModel("Hello there and everywhere")
    ends: list[TextResult[Any]] = []
    stream = stream_text(model=fake, prompt="Hi", on_end=ends.append)
    texts = stream.text_stream()
    await anext(texts)
    await texts.aclose()
    assert fake.aborted == [True]
    assert ends == [stream]
    assert stream.usage.is_estimated
    assert stream.text == "Hello "


async def test_cancelling_the_task_is_not_taken_for_a_stop() -> None:
    fake = FakeModel(["Hello", hang()])
    stream = stream_text(model=fake, prompt="Hi")
    task = asyncio.create_task(stream.consume())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert fake.aborted == [True]
    assert not stream.is_aborted


@pytest.mark.parametrize(
    ("limit", "kind"),
    [
        (0.03, "total"),
        (Timeout(step=0.03), "step"),
        (Timeout(chunk=0.03), "chunk"),
    ],
)
async def test_a_timeout_ends_the_answer(limit: Timeout | float, kind: str) -> None:
    fake = FakeModel(["Hello", hang()])
    stream = stream_text(model=fake, prompt="Hi", timeout=limit)
    chunks = await chunks_of(stream)
    assert chunks[-1] == ui.Finish(finish_reason="error")
    assert isinstance(stream.error, ModelTimeoutError)
    assert (stream.error.kind, stream.text) == (kind, "Hello")
    assert fake.aborted == [True]


async def test_a_model_that_does_not_begin_in_time_is_given_up() -> None:
    fake = FakeModel(hang())
    stream = stream_text(model=fake, prompt="Hi", timeout=Timeout(first_chunk=0.02))
    chunks = await chunks_of(stream)
    assert chunks[1] == ui.Error(error_text="The model took too long to answer. Please try again.")
    assert fake.aborted == [True]


async def test_the_chunk_timeout_starts_anew_with_each_chunk() -> None:
    answer: Any = []
    for word in "one two three four five".split():
        answer += [word, wait(0)]
    stream = stream_text(model=FakeModel(answer), prompt="Hi", timeout=Timeout(chunk=0.05))
    seen = 0
    async for _ in stream.text_stream():
        seen += 1
        await asyncio.sleep(0.02)
    assert (seen, stream.error) == (5, None)


async def test_an_object_is_asked_for_and_read() -> None:
    class City(msgspec.Struct):
        name: str
        people: int

    fake = FakeModel('{"name": "Oslo", "people": 700000}')
    result = await generate_text(model=fake, prompt="A city", output=Output.object(City))
    assert result.output == City("Oslo", 700000)
    wanted = fake.calls[0].response_format
    assert wanted
    assert wanted.schema
    assert wanted.schema["required"] == ["name", "people"]


async def test_what_is_not_the_wanted_object_is_an_error_that_keeps_the_text() -> None:
    with pytest.raises(NoObjectGeneratedError) as caught:
        await generate_text(model=FakeModel("Sorry, no."), prompt="A number", output=Output.object(dict[str, int]))
    assert caught.value.text == "Sorry, no."


async def test_partial_objects_stream() -> None:
    stream = stream_text(model=FakeModel('{"a": 1, "b": [2, 3]}'), prompt="x", output=Output.json())
    partials = [msgspec.json.encode(value).decode() async for value in stream.partial_output_stream()]
    assert partials[0] == "{}"
    assert '{"a":1}' in partials
    assert partials[-1] == '{"a":1,"b":[2,3]}'
    assert stream.output == {"a": 1, "b": [2, 3]}


async def test_elements_come_when_they_are_whole() -> None:
    fake = FakeModel('{"elements": [{"n": 1}, {"n": 2} ]}')
    stream = stream_text(model=fake, prompt="x", output=Output.array(dict[str, int]))
    assert [element async for element in stream.element_stream()] == [{"n": 1}, {"n": 2}]
    assert stream.output == [{"n": 1}, {"n": 2}]


async def test_a_choice_is_told_as_soon_as_it_is_certain() -> None:
    fake = FakeModel(['{"result": "su', 'nny"', "}"])
    stream = stream_text(model=fake, prompt="x", output=Output.choice(["sunny", "rainy"]))
    first, *_ = [value async for value in stream.partial_output_stream()]
    assert first == "sunny"
    assert stream.output == "sunny"
    with pytest.raises(NoObjectGeneratedError):
        await generate_text(model=FakeModel('{"result": "foggy"}'), prompt="x", output=Output.choice(["a", "b"]))


@pytest.mark.parametrize("choice", ["required", ToolNamed("weather")])
async def test_a_model_that_calls_no_tool_though_it_must_is_told_as_an_error(choice: Any) -> None:
    stream = stream_text(model=FakeModel("No."), prompt="Hi", tools=[weather], tool_choice=choice)
    await chunks_of(stream)
    assert isinstance(stream.error, ToolChoiceViolationError)
    assert stream.finish_reason == "error"


async def test_a_tool_call_that_was_not_allowed_is_never_shown_nor_run() -> None:
    stream = stream_text(
        model=FakeModel(tool_call("weather", {"city": "Oslo"})), prompt="Hi", tools=[weather], tool_choice="none"
    )
    chunks = await chunks_of(stream)
    assert not [kind for kind in kinds(chunks) if kind.startswith("tool")]
    assert isinstance(stream.error, ToolChoiceViolationError)


async def test_transforms_see_each_part_and_may_end_the_stream() -> None:
    async def shout(batches: Any) -> Any:
        async for batch in batches:
            for part in batch:
                if isinstance(part, model.TextDelta):
                    part.delta = part.delta.upper()
            yield batch
            if "B" in "".join(part.delta for part in batch if isinstance(part, model.TextDelta)):
                return

    fake = FakeModel("a b c d")
    stream = stream_text(model=fake, prompt="Hi", transforms=[shout])
    assert "".join([text async for text in stream.text_stream()]) == "A B "
    assert fake.aborted == [True]


async def test_metadata_goes_with_the_start_the_steps_and_the_end() -> None:
    def metadata(part: Any) -> Any:
        return {"at": type(part).__name__} if type(part).__name__ in ("Start", "FinishStep", "Finish") else None

    chunks = await chunks_of(stream_text(model=FakeModel("Hi"), prompt="Hi"), message_metadata=metadata)
    assert chunks[0] == ui.Start(message_metadata={"at": "Start"})
    assert chunks[-3] == ui.MessageMetadata(message_metadata={"at": "FinishStep"})
    assert chunks[-1] == ui.Finish(finish_reason="stop", message_metadata={"at": "Finish"})


async def test_the_end_of_each_step_and_of_the_whole_is_told() -> None:
    steps: list[str] = []
    ends: list[str] = []

    async def on_end(result: TextResult[Any]) -> None:
        ends.append(result.text)

    fake = FakeModel(tool_call("weather", {"city": "Oslo"}), "It rains.")
    await generate_text(
        model=fake,
        prompt="Hi",
        tools=[weather],
        stop_when=step_count_is(2),
        on_step_end=lambda step: steps.append(step.finish_reason),
        on_end=on_end,
    )
    assert steps == ["tool-calls", "stop"]
    assert ends == ["It rains."]
