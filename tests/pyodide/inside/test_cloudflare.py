"""The Worker's rim, with the real SDK on fakes written in JavaScript."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import js
import msgspec
import pytest
from pyodide.code import run_js
from pyodide.ffi import to_js
from workers import Request
from workers.rpc import _EnvWrapper

from edgechat.errors import MASKED, APICallError
from edgechat.model.types import ModelRequest
from edgechat.platform.cloudflare import AIBinding, headers_of, read_body, stream_response, until_aborted
from edgechat.sse import SSEDecoder
from edgechat.ui import chunks as ui

# An `Ai` binding that answers what its `next` says, and notes its calls.
AI = """
(() => {
  class Ai {
    calls = [];
    async run(model, inputs, options) {
      this.calls.push({ model, inputs: JSON.stringify(inputs), options });
      return new Response(this.next.text, { status: this.next.status, headers: { "x-pop-model": "tiny" } });
    }
  }
  return { AI: new Ai() };
})()
"""
REQUEST = ModelRequest(
    model="@cf/x", body=msgspec.json.encode({"messages": [{"role": "user", "content": "é"}]}), headers={"a": "b"}
)


class Ctx:
    """Keeps what a Worker keeps running after its answer."""

    def __init__(self) -> None:
        self.work: list[asyncio.Future[None]] = []

    def waitUntil(self, work: asyncio.Future[None]) -> None:  # noqa: N802
        self.work.append(work)


def env_answering(text: str, status: int = 200) -> Any:
    env = run_js(AI)
    env.AI.next = to_js({"text": text, "status": status}, dict_converter=js.Object.fromEntries)
    return env


async def test_the_binding_is_called_with_plain_objects() -> None:
    env = env_answering("Hello")
    async with AIBinding(_EnvWrapper(env).AI)(REQUEST) as response:
        assert response.headers["x-pop-model"] == "tiny"
        assert await response.read() == b"Hello"
        assert await response.read() is None
    call = env.AI.calls[0]
    assert (call.model, call.inputs) == ("@cf/x", '{"messages":[{"role":"user","content":"é"}]}')
    assert call.options.returnRawResponse is True
    assert call.options.extraHeaders.a == "b"


async def test_models_of_other_providers_go_through_a_gateway() -> None:
    env = env_answering("Hello")
    async with AIBinding(_EnvWrapper(env).AI, gateway="main")(REQUEST):
        assert env.AI.calls[0].options.gateway.id == "main"


async def test_leaving_the_answer_aborts_the_call() -> None:
    env = env_answering("Hello")
    async with AIBinding(_EnvWrapper(env).AI)(REQUEST):
        assert not env.AI.calls[0].options.signal.aborted
    assert env.AI.calls[0].options.signal.aborted


async def test_an_error_of_the_binding_is_read_like_an_answer() -> None:
    env = env_answering('{"internalCode":3040,"name":"AiError","description":"busy"}', 429)
    async with AIBinding(_EnvWrapper(env).AI)(REQUEST) as response:
        assert response.status == 429
        assert "busy" in await response.text()


async def test_a_binding_that_throws_is_a_retryable_error() -> None:
    env = run_js("({ AI: new (class Ai { async run() { throw new Error('no route') } })() })")
    with pytest.raises(APICallError, match="no route") as caught:
        async with AIBinding(_EnvWrapper(env).AI)(REQUEST):
            pass
    assert caught.value.is_retryable


def request_of(controller: Any) -> Request:
    options = to_js({"signal": controller.signal}, dict_converter=js.Object.fromEntries)
    return Request(js.Request.new("http://x/", options))


async def chunks_of(response: Any) -> list[str]:
    return [event.data for event in SSEDecoder().feed((await response.text()).encode())]


def delta(text: str) -> ui.UIChunk:
    return ui.TextDelta(id="t", delta=text)


async def test_chunks_become_an_event_stream() -> None:
    async def answer() -> AsyncGenerator[list[ui.UIChunk]]:
        yield [ui.TextStart(id="t"), delta("a")]
        await asyncio.sleep(0)
        yield [delta("b")]

    ctx = Ctx()
    response = stream_response(ctx, request_of(js.AbortController.new()), answer(), {"x-more": "1"})
    headers = headers_of(response.js_object)
    assert headers["content-type"] == "text/event-stream"
    assert headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert headers["x-more"] == "1"
    assert await chunks_of(response) == [
        '{"type":"text-start","id":"t"}',
        '{"type":"text-delta","id":"t","delta":"a"}',
        '{"type":"text-delta","id":"t","delta":"b"}',
        "[DONE]",
    ]
    await asyncio.gather(*ctx.work)


async def test_a_slow_reader_holds_the_writer_back() -> None:
    written = 0

    async def answer() -> AsyncGenerator[list[ui.UIChunk]]:
        nonlocal written
        for written in range(1, 101):  # noqa: B007
            yield [delta("x")]

    ctx = Ctx()
    response = stream_response(ctx, request_of(js.AbortController.new()), answer())
    await asyncio.sleep(0.05)
    assert written < 30
    assert len(await chunks_of(response)) == 101
    await asyncio.gather(*ctx.work)


@pytest.mark.parametrize("how", ["abort", "cancel"])
async def test_the_work_is_done_to_its_end_when_the_client_has_gone(how: str) -> None:
    done = False

    async def answer() -> AsyncGenerator[list[ui.UIChunk]]:
        nonlocal done
        for _ in range(100):
            yield [delta("x")]
            await asyncio.sleep(0)
        done = True

    ctx, controller = Ctx(), js.AbortController.new()
    response = stream_response(ctx, request_of(controller), answer())
    reader = response.js_object.body.getReader()
    await reader.read()
    if how == "abort":
        controller.abort()
    else:
        await reader.cancel()
    await asyncio.wait_for(asyncio.gather(*ctx.work), 5)
    assert done


async def test_a_failure_is_told_in_safe_words_and_the_stream_has_no_done() -> None:
    async def answer() -> AsyncGenerator[list[ui.UIChunk]]:
        yield [delta("x")]
        raise ZeroDivisionError("secret")

    ctx = Ctx()
    response = stream_response(ctx, request_of(js.AbortController.new()), answer())
    *_, last = await chunks_of(response)
    assert last == f'{{"type":"error","errorText":"{MASKED}"}}'
    await asyncio.gather(*ctx.work)


async def test_a_body_is_read_up_to_its_limit() -> None:
    def request(text: str | None) -> Any:
        options = {"method": "POST"} if text is None else {"method": "POST", "body": text}
        return js.Request.new("http://x/", to_js(options, dict_converter=js.Object.fromEntries))

    assert await read_body(request("x" * 100), 100) == b"x" * 100
    assert await read_body(request("x" * 101), 100) is None
    assert await read_body(request(None), 100) == b""


async def test_one_waits_until_a_signal_is_given() -> None:
    controller = js.AbortController.new()
    waiting = asyncio.ensure_future(until_aborted(controller.signal))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    controller.abort()
    async with asyncio.timeout(1):
        await waiting
        await until_aborted(controller.signal)  # as it was given before


async def test_who_waits_for_a_signal_can_be_cancelled() -> None:
    controller = js.AbortController.new()
    waiting = asyncio.ensure_future(until_aborted(controller.signal))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    controller.abort()  # nobody listens any more, and nothing is raised
