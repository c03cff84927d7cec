"""Calls that are tried again: as long as nothing of the answer has been handed on."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import msgspec

from edgechat.errors import APICallError
from edgechat.model import parts
from edgechat.model.parts import ModelPart
from edgechat.model.types import LanguageModel, ModelCall, PartStream

INITIAL_DELAY = 2.0
BACKOFF = 2.0
LONGEST_DELAY = 60.0
"""Seconds: a server that asks for more than this, and for more than the planned delay, is not waited for."""

_OUTPUT = (
    parts.TextDelta,
    parts.ReasoningDelta,
    parts.ToolInputStart,
    parts.ToolCall,
    parts.File,
    parts.ReasoningFile,
    parts.Source,
    parts.Finish,
)


class Attempt(msgspec.Struct):
    """A call that has begun to answer: `first` are its parts so far. `cleanup` ends it."""

    stream: PartStream
    first: list[ModelPart]
    cleanup: AsyncExitStack


async def call_with_retries(model: LanguageModel, call: ModelCall, max_retries: int) -> Attempt:
    """Calls the model until it gives output: `with_retries`, also for an error inside a stream that began well."""
    return await with_retries(lambda is_last: _begin(model, call, is_last=is_last), max_retries)


async def with_retries[T](attempt: Callable[[bool], Awaitable[T]], max_retries: int) -> T:
    """Tries at most `1 + max_retries` times; `attempt` is told whether it is the last one.

    Tried again is what is retryable. A server's `retry-after` is honoured. The error of the last attempt is raised,
    with a note that says how many there were.
    """
    delay = INITIAL_DELAY
    for number in range(max_retries + 1):
        try:
            return await attempt(number == max_retries)
        except APICallError as error:
            if number:
                error.add_note(f"After {number + 1} attempts.")
            if not error.is_retryable or number == max_retries:
                raise
            pause = delay if error.retry_after is None else error.retry_after
            if pause > max(LONGEST_DELAY, delay):
                raise
        await asyncio.sleep(pause)
        delay *= BACKOFF
    raise AssertionError("unreachable")


async def _begin(model: LanguageModel, call: ModelCall, *, is_last: bool) -> Attempt:
    async with AsyncExitStack() as cleanup:
        stream = await cleanup.enter_async_context(model.stream(call))
        first: list[ModelPart] = []
        while (more := await stream.read()) is not None:
            first += more
            for part in more:
                if isinstance(part, _OUTPUT):
                    return Attempt(stream, first, cleanup.pop_all())
                if isinstance(part, parts.Error) and not is_last:
                    if isinstance(part.error, APICallError) and part.error.is_retryable:
                        raise part.error
                    return Attempt(stream, first, cleanup.pop_all())
        return Attempt(stream, first, cleanup.pop_all())
    raise AssertionError("unreachable")
