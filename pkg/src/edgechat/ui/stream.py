"""A UI message stream of one's own (npm `ai` 7.0.173, `createUIMessageStream`)."""

import asyncio
import copy
import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from edgechat.errors import public_text
from edgechat.ids import generate_id
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage

type Batches = AsyncGenerator[list[ui.UIChunk]]
type Status = Literal["completed", "failed", "aborted", "unknown"]


class Outcome(NamedTuple):
    """What became of the whole, whatever its chunks say of the model."""

    status: Status
    error: Exception | None = None


class UIMessageStreamWriter(Protocol):
    on_error: Callable[[Exception], str]
    """Words an error for the browser."""

    def write(self, chunk: ui.UIChunk) -> None: ...

    def merge(self, batches: AsyncIterable[list[ui.UIChunk]]) -> None:
        """Sends the chunks of another stream too, as they come. The stream ends when all of them have ended."""

    def set_outcome(self, outcome: Outcome) -> None:
        """The first one counts. An error overrides it."""


class StepEnd(NamedTuple):
    """Of the answer so far."""

    messages: list[UIMessage]
    """The original ones, and the answer."""
    response_message: UIMessage
    is_continuation: bool
    """The answer goes on with the last of the original messages."""


class StreamEnd(NamedTuple):
    messages: list[UIMessage]
    """The original ones, and the answer."""
    response_message: UIMessage
    is_continuation: bool
    """The answer went on with the last of the original messages."""
    is_aborted: bool
    is_cancelled: bool
    """The consumer left before there was an outcome."""
    outcome: Outcome
    finish_reason: ui.FinishReason | None


type OnStepEnd = Callable[[StepEnd], Awaitable[None] | None]
type OnEnd = Callable[[StreamEnd], Awaitable[None] | None]


async def create_ui_message_stream(
    execute: Callable[[UIMessageStreamWriter], Coroutine[Any, Any, None]],
    *,
    on_error: Callable[[Exception], str] = public_text,
    original_messages: Sequence[UIMessage] = (),
    message_id: str | None = None,
    on_step_end: OnStepEnd | None = None,
    on_end: OnEnd | None = None,
) -> Batches:
    """What `execute` writes and merges, in batches of what was ready together.

    An error of `execute` or of a merged stream becomes an `error` chunk, whose text is masked unless `on_error` words
    it; the other streams go on. A `start` chunk without an id gets the one of the last original message if that is an
    answer, else `message_id`, or a new one. With a callback the chunks are folded, so that chunks in a wrong order
    raise `UIMessageStreamError`.

    `on_step_end` is awaited before the end of the step is sent; its errors only go to `on_error`. `on_end` is called
    once when the stream has begun, also if the consumer leaves early: then `execute` and the merged streams are
    cancelled. What is open in the message at the end is closed.
    """
    merger = _Merger(on_error)
    answer = _Answer(list(original_messages), message_id or generate_id())
    is_folded = on_step_end is not None or on_end is not None
    has_left, failure = True, None
    try:
        async with aclosing(merger.run(execute)) as batches:
            async for batch in batches:
                ready: list[ui.UIChunk] = []
                for chunk in map(answer.identified, batch):
                    if is_folded:
                        answer.fold.apply(chunk)
                    if on_step_end and isinstance(chunk, ui.FinishStep):
                        if ready:
                            yield ready
                            ready = []
                        try:
                            await _awaited(on_step_end(answer.step_end()))
                        except Exception as error:
                            on_error(error)
                    ready.append(chunk)
                yield ready
        has_left = False
    except Exception as error:
        failure = error
        raise
    finally:
        if on_end:
            outcome = Outcome("failed", failure) if failure else merger.outcome
            await _awaited(on_end(answer.end(outcome, has_left)))


class _Merger:
    """Many writers, one reader. It is a `UIMessageStreamWriter`."""

    def __init__(self, on_error: Callable[[Exception], str]) -> None:
        self.on_error = on_error
        self.outcome = Outcome("unknown")
        self._batch: list[ui.UIChunk] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._failure: Exception | None = None
        self._is_open = True

    def write(self, chunk: ui.UIChunk) -> None:
        self._send([chunk])

    def merge(self, batches: AsyncIterable[list[ui.UIChunk]]) -> None:
        async def pump() -> None:
            async for batch in batches:
                self._send(batch)

        if self._is_open:
            self._start(pump())

    def set_outcome(self, outcome: Outcome) -> None:
        if self.outcome.status == "unknown":
            self.outcome = outcome

    async def run(self, execute: Callable[[UIMessageStreamWriter], Coroutine[Any, Any, None]]) -> Batches:
        self._start(execute(self))
        try:
            while True:
                if self._batch:
                    batch, self._batch = self._batch, []
                    yield batch
                elif self._failure:
                    raise self._failure
                elif self._tasks:
                    self._wake.clear()
                    await self._wake.wait()
                else:
                    return
        finally:
            self._is_open = False
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _send(self, chunks: list[ui.UIChunk]) -> None:
        if self._is_open:
            self._batch += chunks
            self._wake.set()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self.outcome = Outcome("failed", error)
            try:
                self.write(ui.Error(error_text=self.on_error(error)))
            except Exception as another:
                self.outcome = Outcome("failed", another)
                self._failure = another

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()


class _Answer:
    """The message that the chunks describe: a new one, or the last of the original ones, if that is an answer."""

    def __init__(self, originals: list[UIMessage], message_id: str) -> None:
        self._originals = originals
        self._last = originals[-1] if originals and originals[-1].role == "assistant" else None
        self._id = self._last.id if self._last else message_id
        message = copy.deepcopy(self._last) if self._last else UIMessage(id=self._id, role="assistant")
        self.fold = MessageFold(message)

    def identified(self, chunk: ui.UIChunk) -> ui.UIChunk:
        if isinstance(chunk, ui.Start) and chunk.message_id is None:
            return msgspec.structs.replace(chunk, message_id=self._id)
        return chunk

    def step_end(self) -> StepEnd:
        message = copy.deepcopy(self.fold.message)
        return StepEnd(self._messages(message), message, self._is_continuation)

    def end(self, outcome: Outcome, has_left: bool) -> StreamEnd:
        self.fold.close()
        message = self.fold.message
        if outcome.status == "unknown" and self.fold.aborted:
            outcome = Outcome("aborted")
        return StreamEnd(
            messages=self._messages(message),
            response_message=message,
            is_continuation=self._is_continuation,
            is_aborted=self.fold.aborted or outcome.status == "aborted",
            is_cancelled=has_left and outcome.status == "unknown",
            outcome=outcome,
            finish_reason=self.fold.finish_reason,
        )

    @property
    def _is_continuation(self) -> bool:
        return self._last is not None and self.fold.message.id == self._last.id

    def _messages(self, message: UIMessage) -> list[UIMessage]:
        return [*(self._originals[:-1] if self._is_continuation else self._originals), message]


async def _awaited(result: Awaitable[None] | None) -> None:
    if inspect.isawaitable(result):
        await result
