import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any

import pytest

from edgechat.errors import MASKED, EdgeChatError, UIMessageStreamError
from edgechat.ui import chunks as ui
from edgechat.ui.messages import StepStartPart, TextPart, UIMessage
from edgechat.ui.stream import Outcome, StepEnd, StreamEnd, UIMessageStreamWriter, create_ui_message_stream

type Execute = Callable[[UIMessageStreamWriter], Coroutine[Any, Any, None]]

QUESTION = UIMessage(id="q", role="user", parts=[TextPart(text="hi")])
ANSWER = UIMessage(id="a", role="assistant", parts=[TextPart(text="Hello", state="done")])


def note(data: Any) -> ui.Data:
    return ui.Data(type="data-note", data=data)


async def stream_of(*batches: list[ui.UIChunk]) -> AsyncGenerator[list[ui.UIChunk]]:
    for batch in batches:
        yield batch
        await asyncio.sleep(0)


async def broken() -> AsyncGenerator[list[ui.UIChunk]]:
    yield [note("before")]
    raise ValueError("secret")


def writing(*chunks: ui.UIChunk) -> Execute:
    async def execute(writer: UIMessageStreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)

    return execute


async def batches_of(execute: Execute, **options: Any) -> list[list[ui.UIChunk]]:
    return [batch async for batch in create_ui_message_stream(execute, **options)]


async def chunks_of(execute: Execute, **options: Any) -> list[ui.UIChunk]:
    return [chunk for batch in await batches_of(execute, **options) for chunk in batch]


async def end_of(execute: Execute, **options: Any) -> StreamEnd:
    ends: list[StreamEnd] = []
    await batches_of(execute, on_end=ends.append, **options)
    (end,) = ends
    return end


async def test_what_is_written_together_goes_out_together() -> None:
    async def execute(writer: UIMessageStreamWriter) -> None:
        writer.write(note(1))
        writer.write(note(2))
        await asyncio.sleep(0.001)
        writer.write(note(3))

    assert await batches_of(execute) == [[note(1), note(2)], [note(3)]]


async def test_merged_streams_come_in_their_own_order_beside_what_is_written() -> None:
    async def execute(writer: UIMessageStreamWriter) -> None:
        writer.merge(stream_of([note("a1")], [note("a2")]))
        writer.merge(stream_of([note("b1")], [note("b2")]))
        writer.write(note("first"))

    data = [chunk.data for chunk in await chunks_of(execute) if isinstance(chunk, ui.Data)]
    assert data[0] == "first"
    assert [x for x in data if x[0] == "a"] == ["a1", "a2"]
    assert [x for x in data if x[0] == "b"] == ["b1", "b2"]
    assert data.index("b1") < data.index("a2")


async def test_the_stream_lasts_as_long_as_any_of_the_merged_ones() -> None:
    async def execute(writer: UIMessageStreamWriter) -> None:
        async def late() -> AsyncGenerator[list[ui.UIChunk]]:
            await asyncio.sleep(0.001)
            writer.merge(stream_of([note("later")]))
            yield [note("late")]

        writer.merge(late())

    assert await chunks_of(execute) == [note("late"), note("later")]


async def test_what_is_written_after_the_end_is_dropped() -> None:
    writers: list[UIMessageStreamWriter] = []

    async def execute(writer: UIMessageStreamWriter) -> None:
        writers.append(writer)

    assert await batches_of(execute) == []
    writers[0].write(note(1))
    writers[0].merge(stream_of([note(2)]))


async def test_an_error_becomes_a_masked_chunk_and_the_other_streams_go_on() -> None:
    async def execute(writer: UIMessageStreamWriter) -> None:
        writer.merge(broken())
        writer.merge(stream_of([note(1)], [note(2)], [note(3)], [note(4)]))
        raise RuntimeError("secret")

    chunks = await chunks_of(execute)
    assert chunks.count(ui.Error(error_text=MASKED)) == 2
    assert [chunk for chunk in chunks if chunk == note("before")]
    assert chunks[-1] == note(4)


async def test_an_error_that_is_declared_safe_is_told() -> None:
    class SafeError(EdgeChatError):
        public_message = "The limit is reached."

    async def execute(writer: UIMessageStreamWriter) -> None:
        raise SafeError("secret")

    assert await chunks_of(execute) == [ui.Error(error_text="The limit is reached.")]
    assert await chunks_of(execute, on_error=str) == [ui.Error(error_text="secret")]


async def test_an_error_in_wording_an_error_ends_the_stream() -> None:
    def on_error(error: Exception) -> str:
        raise KeyError("wording")

    async def execute(writer: UIMessageStreamWriter) -> None:
        writer.write(note(1))
        writer.merge(broken())

    ends: list[StreamEnd] = []
    with pytest.raises(KeyError, match="wording"):
        await batches_of(execute, on_error=on_error, on_end=ends.append)
    assert [end.outcome.status for end in ends] == ["failed"]


@pytest.mark.parametrize(
    ("chunk", "originals", "expected"),
    [
        (ui.Start(), [], "new"),
        (ui.Start(), [QUESTION], "new"),
        (ui.Start(), [QUESTION, ANSWER], "a"),
        (ui.Start(message_id="own"), [QUESTION, ANSWER], "own"),
    ],
)
async def test_a_start_without_an_id_gets_one(chunk: ui.Start, originals: list[UIMessage], expected: str) -> None:
    for on_end in (None, lambda end: None):
        chunks = await chunks_of(writing(chunk), original_messages=originals, message_id="new", on_end=on_end)
        assert chunks == [ui.Start(message_id=expected)]


async def test_ids_are_made_where_none_is_given() -> None:
    first, second = [(await chunks_of(writing(ui.Start())))[0] for _ in range(2)]
    assert isinstance(first, ui.Start)
    assert first.message_id
    assert first != second


TEXT: list[ui.UIChunk] = [ui.TextStart(id="t"), ui.TextDelta(id="t", delta="World"), ui.TextEnd(id="t")]


async def test_the_end_tells_of_a_new_answer() -> None:
    chunks = [ui.Start(), ui.StartStep(), *TEXT, ui.FinishStep(), ui.Finish(finish_reason="stop")]
    end = await end_of(writing(*chunks), original_messages=[QUESTION], message_id="m")
    answer = UIMessage(id="m", role="assistant", parts=[StepStartPart(), TextPart(text="World", state="done")])
    assert end == StreamEnd(
        messages=[QUESTION, answer],
        response_message=answer,
        is_continuation=False,
        is_aborted=False,
        is_cancelled=False,
        outcome=Outcome("unknown"),
        finish_reason="stop",
    )


async def test_an_answer_may_go_on() -> None:
    end = await end_of(writing(ui.Start(), *TEXT), original_messages=[QUESTION, ANSWER])
    assert end.is_continuation
    assert [message.id for message in end.messages] == ["q", "a"]
    assert end.response_message.text == "HelloWorld"
    assert ANSWER.text == "Hello"
    other = await end_of(writing(ui.Start(message_id="b")), original_messages=[QUESTION, ANSWER])
    assert [message.id for message in other.messages] == ["q", "a", "b"]
    assert not other.is_continuation


async def test_the_first_outcome_counts_and_an_error_overrides_it() -> None:
    async def execute(writer: UIMessageStreamWriter) -> None:
        writer.set_outcome(Outcome("completed"))
        writer.set_outcome(Outcome("aborted"))

    async def failing(writer: UIMessageStreamWriter) -> None:
        writer.set_outcome(Outcome("completed"))
        raise error

    error = ValueError()
    assert (await end_of(execute)).outcome == Outcome("completed")
    assert (await end_of(failing)).outcome == Outcome("failed", error)


async def test_an_abort_is_told() -> None:
    end = await end_of(writing(ui.Abort()))
    assert (end.is_aborted, end.outcome, end.is_cancelled) == (True, Outcome("aborted"), False)


async def test_a_consumer_that_leaves_cancels_everything_and_the_end_is_told_once() -> None:
    log: list[str] = []
    ends: list[StreamEnd] = []

    async def endless() -> AsyncGenerator[list[ui.UIChunk]]:
        try:
            yield TEXT[:2]
            await asyncio.sleep(60)
        finally:
            log.append("merged stream closed")

    async def execute(writer: UIMessageStreamWriter) -> None:
        writer.merge(endless())
        try:
            await asyncio.sleep(60)
        finally:
            log.append("execute cancelled")

    async def on_end(end: StreamEnd) -> None:
        await asyncio.sleep(0)
        ends.append(end)

    async with aclosing(create_ui_message_stream(execute, on_end=on_end)) as batches:
        assert await anext(batches) == TEXT[:2]
    assert sorted(log) == ["execute cancelled", "merged stream closed"]
    (end,) = ends
    assert (end.is_cancelled, end.outcome) == (True, Outcome("unknown"))
    assert end.response_message.parts == [TextPart(text="World", state="done")]


async def test_a_consumer_that_is_cancelled_leaves_too() -> None:
    ends: list[StreamEnd] = []

    async def execute(writer: UIMessageStreamWriter) -> None:
        await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await batches_of(execute, on_end=ends.append)
    assert [end.is_cancelled for end in ends] == [True]


async def test_each_step_is_told_before_its_end_is_sent() -> None:
    log: list[Any] = []
    record = log.append
    steps: list[StepEnd] = []

    async def on_step_end(step: StepEnd) -> None:
        record("told")
        steps.append(step)

    chunks = [ui.Start(), *TEXT, ui.FinishStep(), *TEXT, ui.FinishStep()]
    stream = create_ui_message_stream(writing(*chunks), on_step_end=on_step_end, original_messages=[QUESTION, ANSWER])
    async for batch in stream:
        record(len(batch))
    assert log == [4, "told", 4, "told", 1]
    assert [step.response_message.text for step in steps] == ["HelloWorld", "HelloWorldWorld"]
    assert [len(step.messages) for step in steps] == [2, 2]
    assert steps[0].is_continuation


async def test_an_error_of_the_step_callback_does_not_end_the_stream() -> None:
    seen: list[Exception] = []

    def on_step_end(step: StepEnd) -> Awaitable[None] | None:
        raise ValueError("full")

    def on_error(error: Exception) -> str:
        seen.append(error)
        return ""

    chunks = await chunks_of(writing(ui.FinishStep(), note(1)), on_step_end=on_step_end, on_error=on_error)
    assert chunks == [ui.FinishStep(), note(1)]
    assert [str(error) for error in seen] == ["full"]


async def test_chunks_in_a_wrong_order_fail_where_the_message_matters() -> None:
    ends: list[StreamEnd] = []
    wrong = writing(note(1), ui.TextDelta(id="t", delta="x"))
    with pytest.raises(UIMessageStreamError):
        await batches_of(wrong, on_end=ends.append)
    assert [(end.outcome.status, end.is_cancelled) for end in ends] == [("failed", False)]
    assert len(await chunks_of(wrong)) == 2
