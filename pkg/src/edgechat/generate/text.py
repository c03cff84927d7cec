"""`stream_text` and `generate_text`."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import Any, Unpack, cast, overload

import msgspec

from edgechat.errors import NoObjectGeneratedError, public_text
from edgechat.generate.interrupt import Interrupt, Stopped, Timeout, awaited
from edgechat.generate.loop import Loop, Task
from edgechat.generate.output import Output
from edgechat.generate.result import TextResult
from edgechat.generate.settings import CallSettings, TextOptions, Transform, step_count_is
from edgechat.generate.stream_parts import StreamPart
from edgechat.generate.tools import by_name
from edgechat.generate.ui import UIOptions, to_ui_chunks
from edgechat.ids import generate_id
from edgechat.model import parts as model
from edgechat.model.prompt import UserMessage
from edgechat.model.types import ProviderTool
from edgechat.ui import chunks as ui

_SETTINGS = frozenset(CallSettings.__annotations__)


class TextStream[Out](TextResult[Out]):
    """An answer that streams. It is consumed once, in one of the forms below; meanwhile its fields tell what is known.

    Leaving the iteration early cancels the call of the model. An error is no exception here but a part of the stream,
    and `error`.
    """

    def __init__(
        self, task: Task, transforms: Sequence[Transform], on_end: Callable[[TextResult[Out]], Any] | None
    ) -> None:
        super().__init__()
        self._task = task
        self._transforms = transforms
        self._on_end = on_end
        self._interrupt = Interrupt()
        self._is_consumed = False

    def stop(self, reason: str = "stopped") -> None:
        """Ends the answer at once: the call of the model is cancelled, what came of it is kept."""
        self._interrupt.set(Stopped(reason))

    async def parts(self) -> AsyncGenerator[list[StreamPart]]:
        """The parts of each network read."""
        if self._is_consumed:
            raise RuntimeError("A stream of text can be consumed once.")
        self._is_consumed = True
        batches: AsyncIterator[list[StreamPart]] = Loop(self._task, self, self._interrupt).run()
        source = batches
        for transform in self._transforms:
            batches = transform(batches)
        try:
            async with aclosing(cast(AsyncGenerator[list[StreamPart]], source)):
                async for batch in batches:
                    yield batch
        finally:
            self._read_output()
            if self._on_end:
                await awaited(self._on_end(self))

    async def text_stream(self) -> AsyncGenerator[str]:
        """The text of each network read."""
        async with aclosing(self.parts()) as batches:
            async for batch in batches:
                if text := _text_of(batch):
                    yield text

    async def ui_message_stream(
        self,
        *,
        message_id: str | None = None,
        send_reasoning: bool = True,
        send_sources: bool = False,
        send_start: bool = True,
        send_finish: bool = True,
        message_metadata: Callable[[StreamPart], Any] | None = None,
        error_text: Callable[[Any], str] = public_text,
    ) -> AsyncGenerator[list[ui.UIChunk]]:
        """The chunks of each network read, for a page."""
        options = UIOptions(
            message_id=message_id,
            send_reasoning=send_reasoning,
            send_sources=send_sources,
            send_start=send_start,
            send_finish=send_finish,
            message_metadata=message_metadata,
            error_text=error_text,
        )
        async with aclosing(self.parts()) as batches:
            async for batch in batches:
                if chunks := to_ui_chunks(batch, options):
                    yield chunks

    async def partial_output_stream(self) -> AsyncGenerator[Any]:
        """What can be said of the output after each network read, as JSON values. Use it before the next one comes."""
        partial = self._task.output.partial()
        async with aclosing(self.text_stream()) as texts:
            async for text in texts:
                partial.feed(text)
                if (value := partial.value) is not msgspec.UNSET:
                    yield value

    async def element_stream(self) -> AsyncGenerator[Any]:
        """The elements of an `Output.array`, each when it is whole. Raises `NoObjectGeneratedError` for a wrong one."""
        elements = self._task.output.elements()
        async with aclosing(self.text_stream()) as texts:
            async for text in texts:
                for element in elements.feed(text):
                    yield element

    async def consume(self) -> TextResult[Out]:
        """Runs to the end. Raises the error that ended it, if one did."""
        async with aclosing(self.parts()) as batches:
            async for _ in batches:
                pass
        if self.error:
            raise self.error
        return self

    def _read_output(self) -> None:
        if self.steps and not self.error and not self.is_aborted and not self.tool_calls:
            try:
                self._output = self._task.output.parse(self.text)
            except NoObjectGeneratedError as error:
                self.error = error


def _text_of(batch: Iterable[StreamPart]) -> str:
    return "".join([part.delta for part in batch if isinstance(part, model.TextDelta)])


@overload
def stream_text[Out](*, output: Output[Out], **options: Unpack[TextOptions]) -> TextStream[Out]: ...


@overload
def stream_text(**options: Unpack[TextOptions]) -> TextStream[str]: ...


def stream_text(*, output: Output[Any] | None = None, **options: Unpack[TextOptions]) -> TextStream[Any]:
    """Streams the answer of a model to `prompt`, or to `messages`. Nothing happens before the stream is consumed.

    Raises `ValueError` for options that contradict each other; all later errors are part of the stream.
    """
    prompt, messages = options.get("prompt"), options.get("messages")
    if (prompt is None) == (messages is None):
        raise ValueError("Give either `prompt` or `messages`.")
    tools = options.get("tools", ())
    stop_when = options.get("stop_when", step_count_is(1))
    timeout = options.get("timeout")
    task = Task(
        model=options["model"],
        messages=[UserMessage(prompt)] if prompt is not None else list(messages or ()),
        instructions=options.get("instructions"),
        tools=by_name(tools),
        provider_tools={tool.name: tool for tool in tools if isinstance(tool, ProviderTool)},
        tool_choice=options.get("tool_choice"),
        tool_concurrency=options.get("tool_concurrency"),
        tool_approval=options.get("tool_approval"),
        approval_secret=options.get("approval_secret"),
        repair_tool_call=options.get("repair_tool_call"),
        stop_when=[stop_when] if callable(stop_when) else stop_when,
        prepare_step=options.get("prepare_step"),
        output=output or Output.text(),
        max_retries=options.get("max_retries", 2),
        timeout=timeout if isinstance(timeout, Timeout) else Timeout(total=timeout),
        context=options.get("context"),
        settings=cast(CallSettings, {key: value for key, value in options.items() if key in _SETTINGS}),
        on_step_end=options.get("on_step_end"),
        generate_id=options.get("generate_id", generate_id),
        clock=options.get("clock", time.perf_counter),
    )
    return TextStream(task, options.get("transforms", ()), options.get("on_end"))


@overload
async def generate_text[Out](*, output: Output[Out], **options: Unpack[TextOptions]) -> TextResult[Out]: ...


@overload
async def generate_text(**options: Unpack[TextOptions]) -> TextResult[str]: ...


async def generate_text(*, output: Output[Any] | None = None, **options: Unpack[TextOptions]) -> TextResult[Any]:
    """The whole answer at once. Raises the error that ended it, if one did; see `edgechat.errors`."""
    return await stream_text(output=output or Output.text(), **options).consume()
