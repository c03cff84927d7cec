"""Requests and streams as they are in a page and in a Worker: real promises, real streams, real proxies."""

import asyncio
from collections.abc import Iterator
from typing import Any

import js
import pytest
from pyodide.code import run_js

from edgechat.errors import APICallError
from edgechat.platform.browser import fetch

# A fetch that notes its calls and answers with three pieces, the last of which waits until it is let go.
SERVER = """
(() => {
  const calls = [];
  let release;
  const waits = new Promise((resolve) => (release = resolve));
  const real = globalThis.fetch;
  globalThis.fetch = async (url, options) => {
    calls.push({ url, ...options, text: options.body && new TextDecoder().decode(options.body) });
    if (url === "/down") throw new TypeError("fetch failed");
    const pieces = ["one", "two", "three"].map((piece) => new TextEncoder().encode(piece));
    const body = new ReadableStream({
      async pull(controller) {
        if (pieces.length === 1) await waits;
        if (url === "/drop" && pieces.length === 2) return controller.error(new TypeError("network error"));
        if (pieces.length === 0) return controller.close();
        controller.enqueue(pieces.shift());
      },
    }, { highWaterMark: 0 });
    return new Response(url === "/empty" ? null : body, { status: 207, headers: { "X-Name": "Value" } });
  };
  return { calls, release, restore: () => { globalThis.fetch = real; } };
})()
"""


@pytest.fixture
def server() -> Iterator[Any]:
    server = run_js(SERVER)
    yield server
    server.restore()


async def test_a_response_is_read_piece_by_piece(server: Any) -> None:
    server.release()
    async with fetch("/x", method="POST", headers={"a": "b"}, body=b'{"c":1}') as response:
        assert response.status == 207
        assert response.headers["x-name"] == "Value"
        pieces = [await response.read() for _ in range(4)]
    assert pieces == [b"one", b"two", b"three", None]
    call = server.calls[0]
    assert (call.url, call.method, call.headers.a, call.text) == ("/x", "POST", "b", '{"c":1}')


async def test_credentials_are_those_of_the_browser_unless_they_are_named(server: Any) -> None:
    for named in (None, "include"):
        async with fetch("/empty", credentials=named):
            pass
    assert [getattr(call, "credentials", None) for call in server.calls] == [None, "include"]


async def test_the_whole_text_can_be_had(server: Any) -> None:
    server.release()
    async with fetch("/x") as response:
        assert await response.text() == "onetwothree"
    async with fetch("/empty") as response:
        assert await response.text() == ""


async def test_an_answer_without_a_body_is_at_its_end(server: Any) -> None:
    async with fetch("/empty") as response:
        assert await response.read() is None


async def test_leaving_early_aborts_the_request(server: Any) -> None:
    async with fetch("/x") as response:
        await response.read()
        assert not server.calls[0].signal.aborted
    assert server.calls[0].signal.aborted


async def test_a_cancelled_task_aborts_its_request(server: Any) -> None:
    async def read() -> None:
        async with fetch("/x") as response:
            while await response.read():
                pass

    task = asyncio.ensure_future(read())
    while not len(server.calls):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert server.calls[0].signal.aborted


async def test_a_server_that_cannot_be_reached_is_a_retryable_error(server: Any) -> None:
    with pytest.raises(APICallError, match="fetch failed") as caught:
        async with fetch("/down"):
            pass
    assert caught.value.is_retryable


async def test_a_connection_that_drops_is_a_retryable_error(server: Any) -> None:
    async with fetch("/drop") as response:
        assert await response.read() == b"one"
        with pytest.raises(APICallError, match="network error"):
            await response.read()


def test_nothing_of_javascript_is_made_at_import() -> None:
    assert js.fetch is not None
