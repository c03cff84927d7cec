"""A language model that says what a test wants."""

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from edgechat.model.parts import (
    Finish,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
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
from edgechat.model.types import ModelCall
from edgechat.testing.script import FakeClock, Player, Script, Sleep, Wait, words


class ReasoningStep(msgspec.Struct, frozen=True):
    text: str


class ToolCallStep(msgspec.Struct, frozen=True):
    name: str
    input: str
    id: str | None


def reasoning(text: str) -> ReasoningStep:
    """A step: the model thinks, word by word."""
    return ReasoningStep(text)


def tool_call(name: str, input: Mapping[str, Any] | str = "{}", *, id: str | None = None) -> ToolCallStep:
    """A step: the model calls a tool. A str is the input as it stands, valid or not. Ids are "call-1" and so on."""
    return ToolCallStep(name, input if isinstance(input, str) else json.dumps(input, ensure_ascii=False), id)


_USAGE = Usage(input_tokens=10, output_tokens=20)

type ModelStep = str | ReasoningStep | ToolCallStep | ModelPart | Wait | Exception
type ModelAnswer = ModelStep | Sequence[ModelStep]


class FakeModel(Script[ModelCall, ModelAnswer]):
    """A `LanguageModel` with an answer for each call: `FakeModel(tool_call("weather", {"city": "Oslo"}), "It rains.")`.

    An answer is a step or a list of steps. A str is said word by word, one word a read; parts are given as they stand;
    `wait` and `hang` pause; an exception is raised. An exception that is the whole answer refuses the call, before
    any answer has begun. The start and the end of blocks and `Finish` are added. An answer may be a function of the
    `ModelCall`; as the last one it answers all further calls, which else raise `AssertionError`.
    """

    def __init__(
        self,
        *answers: ModelAnswer | Callable[[ModelCall], ModelAnswer],
        provider: str = "fake",
        model_id: str = "fake-model",
        usage: Usage = _USAGE,
        headers: Mapping[str, str] | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        super().__init__(f"The model {model_id!r}", answers, clock)
        self.provider = provider
        self.model_id = model_id
        self._usage = usage
        self._headers = headers or {}
        self._ids = (f"call-{count}" for count in itertools.count(1))

    def stream(self, call: ModelCall) -> "AbstractAsyncContextManager[FakeStream]":
        return self._play(call, self._speak)

    def _speak(self, answer: ModelAnswer) -> "FakeStream":
        steps = [answer] if isinstance(answer, str) or not isinstance(answer, Sequence) else answer
        speaker = _Speaker(self._ids)
        for step in steps:
            speaker.add(step)
        if not steps or not isinstance(steps[-1], Finish | Exception):
            speaker.finish(self._usage)
        return FakeStream(speaker.reads, self._headers, self.clock.sleep)


type _Read = list[ModelPart] | Wait | Exception


class FakeStream(Player[list[ModelPart]]):
    """A `PartStream`."""

    def __init__(self, reads: list[_Read], headers: Mapping[str, str], sleep: Sleep) -> None:
        super().__init__(reads, sleep)
        self.headers = headers


class _Speaker:
    """Makes of steps what each read of the answer gives."""

    def __init__(self, ids: Iterator[str]) -> None:
        self.reads: list[_Read] = []
        self._ids = ids
        self._parts: list[ModelPart] = [StreamStart()]  # for the next read
        self._block: TextStart | ReasoningStart | None = None
        self._blocks = 0
        self._calls_tool = False

    def add(self, step: ModelStep) -> None:
        match step:
            case str():
                self._say(TextStart, TextDelta, step)
            case ReasoningStep():
                self._say(ReasoningStart, ReasoningDelta, step.text)
            case ToolCallStep():
                self._call(step)
            case Wait() | Exception():
                self.reads.append(step)
            case StreamStart():
                self._parts = [step]
            case _:
                self._end_block()
                self._give(step)

    def finish(self, usage: Usage) -> None:
        self._end_block()
        self._give(Finish("tool-calls" if self._calls_tool else "stop", usage))

    def _say(self, start: type[TextStart | ReasoningStart], delta: type[TextDelta | ReasoningDelta], text: str) -> None:
        if not isinstance(self._block, start):
            self._end_block()
            self._block = start(f"{'text' if start is TextStart else 'reasoning'}-{self._blocks}")
            self._blocks += 1
            self._parts.append(self._block)
        for word in words(text):
            self._give(delta(self._block.id, word))

    def _call(self, step: ToolCallStep) -> None:
        self._end_block()
        self._calls_tool = True
        call_id = step.id or next(self._ids)
        self._parts.append(ToolInputStart(call_id, step.name))
        for word in words(step.input):
            self._give(ToolInputDelta(call_id, word))
        self._parts.append(ToolInputEnd(call_id))
        self._give(ToolCall(call_id, step.name, step.input))

    def _end_block(self) -> None:
        if self._block:
            end = TextEnd if isinstance(self._block, TextStart) else ReasoningEnd
            self._parts.append(end(self._block.id))
            self._block = None

    def _give(self, part: ModelPart) -> None:
        self.reads.append([*self._parts, part])
        self._parts.clear()
