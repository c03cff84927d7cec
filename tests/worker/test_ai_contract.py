"""pop's AI binding against the real one: workerd's own binding code, with the same server behind both."""

import asyncio
import re
import threading
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from live import ROOT
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pop import workerd
from pop.ai.backend import Json
from pop.ai.server import app
from pop.project import HOST, Project

CALLS = [
    "json",
    "stream",
    "raw",
    "rawStream",
    "rawError",
    "options",
    "gateway",
    "unknownModel",
    "badInput",
    "plainError",
    "errorList",
    "charset",
    "aborted",
]
ODD_ANSWERS = {
    "plain-error": Response("no such luck", 502, media_type="text/plain"),
    "error-list": Response('{"errors":[{"code":7009,"message":"upstream"}]}', 500, media_type="application/json"),
    "charset": Response('{"response":"Hi"}', 200, {"content-type": "application/json; charset=utf-8"}),
}


class Backend:
    name = "Scripted"

    def __init__(self) -> None:
        self.running = 0

    async def stream(self, request: Json) -> AsyncGenerator[Json]:
        self.running += 1
        try:
            for _ in range(request["max_tokens"] if request["max_tokens"] > 256 else 3):
                yield {"choices": [{"delta": {"content": "Hi "}}]}
                await asyncio.sleep(0.01 if request["max_tokens"] > 256 else 0)
            yield {"usage": {"prompt_tokens": 1, "completion_tokens": 3, "total_tokens": 4}}
        finally:
            self.running -= 1

    async def aclose(self) -> None: ...


class Recorder:
    """The local AI, which gives some odd answers too and notes what it was asked."""

    def __init__(self, inner: ASGIApp) -> None:
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await request.body()
        headers = {k: v for k, v in request.headers.items() if k.startswith(("cf-", "x-")) or k == "content-type"}
        self.asked.append((request.method, f"{request.url.path}?{request.url.query}", headers, body.decode()))
        answer = ODD_ANSWERS.get(headers["cf-consn-model-id"])
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        await (answer or self._inner)(scope, replay, send)


@pytest.fixture(scope="module")
def backend() -> Backend:
    return Backend()


@pytest.fixture(scope="module")
def recorder(backend: Backend) -> Recorder:
    return Recorder(app(backend))


@pytest.fixture(scope="module")
def server_url(recorder: Recorder) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(recorder, port=0, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def bindings(server_url: str) -> Iterator[dict[str, httpx.Client]]:
    """The same Worker twice: with the binding that workerd has built in, and with pop's."""
    binary = Project(ROOT / "wrangler.toml").workerd
    modules = [Path(__file__).parent / "ai_contract.mjs", HOST / "ai.mjs"]
    inner = '(name = "fetcher", service = "ai")'
    real = f'(name = "AI", wrapped = (moduleName = "cloudflare-internal:ai-api", innerBindings = [{inner}]))'
    service = f'(name = "ai", external = (address = "{server_url}", http = ()))'
    # `fetch` of a Worker may go to the local network only where its configuration says so
    network = '(name = "internet", network = (allow = ["private"]))'
    ours = f'(name = "POP_AI_URL", text = "http://{server_url}")'
    with (
        workerd.serve(binary, modules, [real], [service]) as first,
        workerd.serve(binary, modules, [ours], [network]) as second,
        httpx.Client(base_url=first.url, timeout=30) as of_cloudflare,
        httpx.Client(base_url=second.url, timeout=30) as of_pop,
    ):
        yield {"cloudflare": of_cloudflare, "pop": of_pop}


def without_padding(outcome: str) -> str:
    return re.sub(r'\\"p\\":\\"[^"]*\\"', "p", outcome)


@pytest.mark.parametrize("call", CALLS)
def test_a_call_has_the_same_outcome_and_asks_the_same(
    bindings: dict[str, httpx.Client], recorder: Recorder, call: str
) -> None:
    outcomes, asked = {}, {}
    for name, client in bindings.items():
        recorder.asked.clear()
        outcomes[name] = without_padding(client.get(f"/{call}").raise_for_status().text)
        asked[name] = list(recorder.asked)
    assert outcomes["pop"] == outcomes["cloudflare"]
    assert asked["pop"] == asked["cloudflare"]


def test_after_an_abort_nothing_is_generated_any_more(bindings: dict[str, httpx.Client], backend: Backend) -> None:
    for client in bindings.values():
        client.get("/aborted")
        for _ in range(100):
            if not backend.running:
                break
            threading.Event().wait(0.02)
        assert backend.running == 0
