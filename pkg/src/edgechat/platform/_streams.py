"""JavaScript streams, read and filled by callbacks.

A promise becomes a future when it crosses into Python: that, its own callback and the turn of the event loop after
which its task goes on take 40 microseconds and more. A callback takes 4. So JavaScript pipes a stream into a callback,
and the task that waits for it goes on inside the callback.
"""

import asyncio
from collections.abc import Callable
from contextvars import Context
from functools import partial
from typing import Any, Self

import js
from pyodide.ffi import create_proxy, to_js

from edgechat.platform._js import js_object

_MAX_READ_AHEAD = 32
"""Chunks that may wait to be read. It is one at first, so that many streams can begin at once, and doubles."""


class Wait(asyncio.Future[None]):
    """What one task waits for until a callback of JavaScript calls `end`.

    The task goes on within that call. There, and until it waits for something else, it cannot use `run_sync`.
    """

    _resume: Callable[[], object]

    def add_done_callback(self, fn: Callable[[Self], object], /, *, context: Context | None = None) -> None:
        assert context is not None  # a task has one
        self._resume = partial(context.run, fn, self)

    def cancel(self, msg: Any = None) -> bool:
        if not super().cancel(msg):
            return False
        self.get_loop().call_soon(self._resume)
        return True

    def end(self) -> None:
        if self.done():
            return
        self.set_result(None)
        if _is_idle():
            self._resume()
        else:
            self.get_loop().call_soon(self._resume)


def _is_idle() -> bool:
    """Whether a task may go on here: JavaScript can call back from within another one."""
    try:
        return asyncio.current_task() is None
    except RuntimeError:  # the loop is not known on this stack
        return False


class Reader:
    """Reads a `ReadableStream` of bytes. `close` it, also after its end."""

    def __init__(self, stream: Any) -> None:
        self._chunks: list[bytes] = []
        self._wait: Wait | None = None
        self._read_ahead = 1
        self._let_go: Callable[[], None] | None = None
        self._is_closed = False
        self._proxies = [create_proxy(self._receive), create_proxy(self._hold)]
        receive, hold = self._proxies
        # To return a promise would cost as much as to await one. A thenable is asked when it can be had.
        self._held = js_object({"then": hold})
        self._end = stream.pipeTo(js.WritableStream.new(js_object({"write": receive})))
        self._end.add_done_callback(self._finish)

    async def read(self) -> bytes | None:
        """What has come since the last read, or None at the end. Raises `JsException` when the stream fails."""
        if not self._chunks and not self._end.done():
            self._wait = Wait()
            await self._wait
        if not self._chunks:
            self._end.result()
            return None
        data = b"".join(self._chunks)
        self._chunks.clear()
        self._read_ahead = min(2 * self._read_ahead, _MAX_READ_AHEAD)
        self._go_on()
        return data

    def close(self) -> None:
        """Cancels the stream with its next chunk, if it has not come to its end."""
        self._is_closed = True
        self._go_on()

    def _receive(self, chunk: Any, controller: Any) -> Any:
        if self._is_closed:
            controller.error(js.Error.new("The reader has been closed."))
            return None
        self._chunks.append(chunk.to_bytes())
        if self._wait:
            self._wait.end()
        return self._held if len(self._chunks) >= self._read_ahead else None

    def _hold(self, let_go: Callable[[], None], _reject: Any) -> None:
        if len(self._chunks) >= self._read_ahead and not self._is_closed:
            self._let_go = let_go
        else:
            let_go()

    def _go_on(self) -> None:
        if self._let_go:
            self._let_go()
            self._let_go = None

    def _finish(self, end: asyncio.Future[None]) -> None:
        end.exception()  # else asyncio would complain of one that nobody waits for any more
        for proxy in self._proxies:
            proxy.destroy()
        if self._wait:
            self._wait.end()


class Writer:
    """Fills a `ReadableStream`, its `stream`. Writes do nothing once its reader or the client of `signal` has gone."""

    def __init__(self, signal: Any) -> None:
        self._controller: Any = None
        self._wait: Wait | None = None
        self._has_room = True
        self._is_left = False
        self._signal = signal
        self._proxies = [create_proxy(self._start), create_proxy(self._pull), create_proxy(self._leave)]
        start, pull, self._on_leave = self._proxies
        self.stream = js.ReadableStream.new(js_object({"start": start, "pull": pull, "cancel": self._on_leave}))
        signal.addEventListener("abort", self._on_leave)

    async def write(self, data: bytes) -> None:
        """Waits while an earlier write has not been taken."""
        if not self._has_room and not self._is_left:
            self._wait = Wait()
            await self._wait
        self.send(data)

    def send(self, data: bytes) -> None:
        """Does not wait, however much has not been taken."""
        if not self._is_left:
            self._has_room = False
            self._controller.enqueue(to_js(data))

    @property
    def is_left(self) -> bool:
        """Whether nobody reads any more."""
        return self._is_left

    def close(self) -> None:
        if not self._is_left:
            self._controller.close()
        self._let_go()

    def fail(self) -> None:
        """Ends the stream with an error, so that its reader does not take it for whole."""
        if not self._is_left:
            self._controller.error(js.Error.new("The stream has failed."))
        self._let_go()

    def _let_go(self) -> None:
        self._signal.removeEventListener("abort", self._on_leave)
        for proxy in self._proxies:
            proxy.destroy()

    def _start(self, controller: Any) -> None:
        self._controller = controller

    def _pull(self, _controller: Any) -> None:
        self._has_room = True
        if self._wait:
            self._wait.end()

    def _leave(self, _reason: Any) -> None:
        self._is_left = True
        if self._wait:
            self._wait.end()
