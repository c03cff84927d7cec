"""Runs the tools of a step side by side, and gives what comes of them as it comes."""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec

from edgechat.errors import ModelTimeoutError
from edgechat.generate.interrupt import Interrupt
from edgechat.generate.stream_parts import StreamPart, ToolCall, ToolError, ToolResult
from edgechat.generate.tools import Tool, ToolContext
from edgechat.model.prompt import ModelMessage


class Execution(msgspec.Struct, kw_only=True):
    """What the tools of a step have in common."""

    tools: dict[str, Tool]
    messages: Sequence[ModelMessage]
    context: Any
    concurrency: int | None
    timeout: float | None

    async def run(self, calls: Sequence[ToolCall], interrupt: Interrupt) -> AsyncGenerator[list[StreamPart]]:
        """Results and errors, and preliminary results before them. Leaving early cancels what still runs."""
        queue: asyncio.Queue[StreamPart | None] = asyncio.Queue()
        slots = asyncio.Semaphore(self.concurrency or max(len(calls), 1))

        async def run_one(call: ToolCall) -> None:
            try:
                async with slots:
                    await self._run(call, queue)
            finally:
                queue.put_nowait(None)

        tasks = [asyncio.create_task(run_one(call)) for call in calls]
        try:
            running = len(tasks)
            while running:
                batch = [await interrupt.wait(queue.get())]
                while not queue.empty():
                    batch.append(queue.get_nowait())
                running -= batch.count(None)
                if parts := [part for part in batch if part is not None]:
                    yield parts
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, call: ToolCall, queue: asyncio.Queue[StreamPart | None]) -> None:
        tool = self.tools[call.tool_name]
        seconds = tool.timeout if tool.timeout is not None else self.timeout
        output: Any = None
        try:
            async with asyncio.timeout(seconds) as timer:
                assert tool.execute
                outcome = tool.execute(call.value, ToolContext(call.tool_call_id, self.messages, self.context))
                if inspect.isasyncgen(outcome):
                    async for output in outcome:
                        queue.put_nowait(result_of(call, output, preliminary=True))
                else:
                    output = await outcome if inspect.isawaitable(outcome) else outcome
            queue.put_nowait(result_of(call, output))
        except TimeoutError as error:
            is_ours = seconds is not None and timer.expired()
            queue.put_nowait(
                error_of(call, ModelTimeoutError(f"tool {call.tool_name}", seconds or 0) if is_ours else error)
            )
        except Exception as error:  # whatever a tool raises is told to the model
            queue.put_nowait(error_of(call, error))


def result_of(call: ToolCall, output: Any, *, preliminary: bool | None = None) -> ToolResult:
    return ToolResult(
        tool_call_id=call.tool_call_id,
        tool_name=call.tool_name,
        input=call.input,
        output=output,
        preliminary=preliminary,
        dynamic=call.dynamic,
        metadata=call.metadata,
        provider_metadata=call.provider_metadata,
    )


def error_of(call: ToolCall, error: Exception) -> ToolError:
    return ToolError(
        tool_call_id=call.tool_call_id,
        tool_name=call.tool_name,
        input=call.input,
        error=error,
        dynamic=call.dynamic,
        metadata=call.metadata,
        provider_metadata=call.provider_metadata,
    )
