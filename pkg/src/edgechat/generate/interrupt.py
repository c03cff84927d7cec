"""Ends an answer from outside: on demand, or when a limit of time has passed."""

import asyncio
import inspect
from collections.abc import Awaitable, Coroutine
from typing import Any

import msgspec

from edgechat.errors import ModelTimeoutError


class Timeout(msgspec.Struct, kw_only=True, frozen=True):
    """Seconds; None is no limit."""

    total: float | None = None
    step: float | None = None
    first_chunk: float | None = None
    """From the call of the model to its first output."""
    chunk: float | None = None
    """Between one read of the answer and the next."""
    tool: float | None = None


class Stopped(Exception):
    """Someone called `stop`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Interrupt:
    """Waits for things, unless there is a reason not to wait any longer. It costs no task per wait."""

    def __init__(self) -> None:
        self._reason: Exception | None = None
        self._task: asyncio.Task[Any] | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._extended: dict[str, float] = {}

    def set(self, reason: Exception) -> None:
        """The current wait, and each later one, raises `reason`."""
        if self._reason is None:
            self._reason = reason
            if self._task:
                self._task.cancel()

    async def wait[T](self, awaitable: Awaitable[T]) -> T:
        if self._reason:
            if isinstance(awaitable, Coroutine):
                awaitable.close()
            raise self._reason
        self._task = task = asyncio.current_task()
        try:
            return await awaitable
        except asyncio.CancelledError:
            if self._reason and task and task.uncancel() <= 0:
                raise self._reason from None
            raise
        finally:
            self._task = None

    def start_timer(self, kind: str, seconds: float | None) -> None:
        """When it runs out, a `ModelTimeoutError` of this kind is the reason. A running timer of the kind ends."""
        self.stop_timer(kind)
        if seconds is not None:
            self._timers[kind] = asyncio.get_running_loop().call_later(seconds, self._expire, kind, seconds)

    def extend_timer(self, kind: str) -> None:
        """Starts the timer anew, if there is one. Cheap: the timer itself finds out when it runs out."""
        if kind in self._timers:
            self._extended[kind] = asyncio.get_running_loop().time()

    def _expire(self, kind: str, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        left = self._extended.pop(kind, loop.time() - seconds) + seconds - loop.time()
        if left > 0:
            self._timers[kind] = loop.call_later(left, self._expire, kind, seconds)
        else:
            self.set(ModelTimeoutError(kind, seconds))

    def stop_timer(self, kind: str) -> None:
        self._extended.pop(kind, None)
        if timer := self._timers.pop(kind, None):
            timer.cancel()

    def close(self) -> None:
        for kind in list(self._timers):
            self.stop_timer(kind)


async def awaited(value: Any) -> Any:
    """What a callback gave, which may be sync or async."""
    return await value if inspect.isawaitable(value) else value
