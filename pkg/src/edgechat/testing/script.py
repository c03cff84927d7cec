"""What fakes answer: a script, with one answer for each call, made of steps; and the time they take."""

import asyncio
import heapq
import math
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from edgechat.errors import APICallError

type Sleep = Callable[[float], Awaitable[object]]


class FakeClock:
    """A clock in seconds, to be called like `time.time`. Who sleeps by it does not wait: time jumps to the next one
    to wake."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self._sleeping: list[tuple[float, int]] = []
        self._count = 0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        sleeper = (self.now + seconds, self._count)
        heapq.heappush(self._sleeping, sleeper)
        try:
            await asyncio.sleep(0)
            while self._sleeping[0] is not sleeper:
                await asyncio.sleep(0)
            self.now = max(self.now, sleeper[0])
        finally:
            self._sleeping.remove(sleeper)
            heapq.heapify(self._sleeping)


class Wait(msgspec.Struct, frozen=True):
    seconds: float


def wait(seconds: float) -> Wait:
    """A step: so long nothing comes, by the clock of the fake."""
    return Wait(seconds)


def hang() -> Wait:
    """A step: nothing comes any more, until the call is cancelled."""
    return Wait(math.inf)


def drop() -> APICallError:
    """A step: the connection is lost."""
    return APICallError("The connection was lost.")


class Player[T]:
    """Gives the steps of one answer, one a read; pauses are waited for and exceptions raised."""

    def __init__(self, steps: Sequence[T | Wait | Exception], sleep: Sleep) -> None:
        self._steps = list(steps)
        self._sleep = sleep

    @property
    def is_over(self) -> bool:
        return not self._steps

    async def read(self) -> T | None:
        while self._steps:
            step = self._steps[0]
            if isinstance(step, Wait):
                await (self._sleep(step.seconds) if step.seconds < math.inf else asyncio.Future())
            del self._steps[0]
            if isinstance(step, Exception):
                self._steps.clear()
                raise step
            if not isinstance(step, Wait):
                return step
        return None


class Script[Call, Answer]:
    """Answers in their order. One may be a function of the call; as the last it answers all further calls."""

    def __init__(
        self, name: str, answers: Sequence[Answer | Callable[[Call], Answer]], clock: FakeClock | None
    ) -> None:
        self.calls: list[Call] = []
        self.aborted: list[bool] = []
        """For each call, whether its caller left before the end of the answer."""
        self.clock = clock or FakeClock()
        self._name = name
        self._answers = answers

    def _next(self, call: Call) -> Answer:
        """Raises what is an exception, and `AssertionError` once the script is over."""
        index = len(self.calls)
        self.calls.append(call)
        self.aborted.append(False)
        if index < len(self._answers):
            answer = self._answers[index]
        elif self._answers and callable(self._answers[-1]):
            answer = self._answers[-1]
        else:  # a loop that calls too often is to be seen
            raise AssertionError(f"{self._name} has {len(self._answers)} answers, and this is call {index + 1}.")
        if callable(answer):
            answer = answer(call)
        if isinstance(answer, Exception):
            raise answer
        return answer

    @asynccontextmanager
    async def _play[P: Player[Any]](self, call: Call, player_of: Callable[[Answer], P]) -> AsyncGenerator[P]:
        index = len(self.calls)
        player = player_of(self._next(call))
        try:
            yield player
        finally:
            self.aborted[index] = not player.is_over


def words(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*", text) or ([text] if text else [])
