"""Streams that are read and filled by callbacks, with the streams of a real JavaScript engine."""

import asyncio
from typing import Any

import js
import pytest
from pyodide.code import run_js
from pyodide.ffi import JsException, create_once_callable, run_sync

from edgechat.platform._streams import Reader, Wait

# A stream of ten-byte chunks which ends, or fails, after so many. It notes how many it was asked for.
SOURCE = """
(total, error) => {
  const source = { pulled: 0, cancelled: false };
  source.stream = new ReadableStream({
    pull(controller) {
      if (source.pulled < total) return controller.enqueue(new TextEncoder().encode(`chunk ${1000 + source.pulled++}`));
      if (error) controller.error(new TypeError(error)); else controller.close();
    },
    cancel() { source.cancelled = true; },
  }, { highWaterMark: 0 });
  return source;
}
"""


def source(total: int, error: str | None = None) -> Any:
    return run_js(SOURCE)(total, error)


def chunk(number: int) -> bytes:
    return b"chunk %d" % (1000 + number)


async def read_all(reader: Reader) -> bytes:
    pieces = []
    while (data := await reader.read()) is not None:
        pieces.append(data)
    return b"".join(pieces)


async def test_a_read_takes_all_that_has_come() -> None:
    reader = Reader(source(3).stream)
    assert await reader.read() == chunk(0)
    await asyncio.sleep(0.01)
    assert await reader.read() == chunk(1) + chunk(2)
    assert await reader.read() is None
    assert await reader.read() is None


async def test_a_stream_that_is_not_read_is_held_back() -> None:
    asked = source(1000)
    reader = Reader(asked.stream)
    data = []
    for _ in range(10):
        await asyncio.sleep(0.01)
        data.append(await reader.read() or b"")
    assert 100 < asked.pulled < 400
    assert b"".join(data) + await read_all(reader) == b"".join(map(chunk, range(1000)))


async def test_a_stream_that_fails_has_first_said_what_came() -> None:
    reader = Reader(source(2, "no such luck").stream)
    assert await reader.read() == chunk(0)
    await asyncio.sleep(0.01)
    assert await reader.read() == chunk(1)
    with pytest.raises(JsException, match="no such luck"):
        await reader.read()


async def test_a_reader_that_is_closed_cancels_its_stream() -> None:
    held = source(100)
    Reader(held.stream).close()
    await asyncio.sleep(0.01)
    assert held.cancelled
    assert held.pulled < 3


async def test_a_stream_that_is_held_back_is_cancelled_too() -> None:
    held = source(100)
    reader = Reader(held.stream)
    await asyncio.sleep(0.01)
    reader.close()
    await asyncio.sleep(0.01)
    assert held.cancelled


async def test_run_sync_can_be_used_after_the_end() -> None:
    assert await read_all(Reader(source(3).stream))
    assert run_sync(js.Promise.resolve(7)) == 7


async def test_a_task_goes_on_within_the_callback() -> None:
    wait, seen = Wait(), []

    async def work() -> None:
        await wait
        seen.append("task")

    def call_back() -> None:
        wait.end()
        seen.append("callback")

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    js.queueMicrotask(create_once_callable(call_back))
    await task
    assert seen == ["task", "callback"]


async def test_a_task_waits_for_the_one_that_calls_back() -> None:
    wait, seen = Wait(), []

    async def work() -> None:
        await wait
        seen.append("work")

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    wait.end()
    seen.append("caller")
    await task
    assert seen == ["caller", "work"]


async def test_a_wait_can_be_cancelled() -> None:
    wait = Wait()

    async def work() -> None:
        await wait

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    wait.end()  # too late, and no error
