"""A server that speaks Anthropic's Messages API and OpenAI's Chat Completions and Responses, and is strict about it.

Each request is checked by the documented rules; what breaks one is refused as the provider would. What passes is
answered by the next script that was given to `play`, else by `script`: a list of steps, as those of `ScriptedAI`:

- `["say", text]`, `["think", text]`, `["call", tool, input]`: text, reasoning and a call of a tool;
- `["wait", seconds]`, and `["hang"]`: until the caller leaves;
- `["status", number, code]`, as the first one: an error instead of a stream; a fourth value is its `retry-after`;
- `["error", code]`: an error inside of the stream, which ends with it;
- `["drop"]`: the connection is cut; `["end"]`: the answer ends here, as if that were all of it.

It is what lies behind the AI binding, too, for models that Cloudflare bills: by `POP_AI_URL`.
"""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import msgspec
import uvicorn

from central.anthropic import Anthropic
from central.chat import OpenAIChat
from central.responses import OpenAIResponses
from central.rules import API, Refusal, Speaker

type Script = list[list[Any]]

ANTHROPIC_KEY = "sk-ant-test"
OPENAI_KEY = "sk-test"
GREETING: Script = [["say", "Hello "], ["say", "from afar."]]


class _Gateway(msgspec.Struct):
    id: str


class _Options(msgspec.Struct):
    gateway: _Gateway


class _Billed(msgspec.Struct):
    """What the binding sends for a model of another provider."""

    inputs: msgspec.Raw
    options: _Options


@dataclass
class Received:
    path: str
    headers: Mapping[str, str]
    body: Any
    refusal: str | None = None
    """Why it was refused."""
    is_over: bool = False
    left: float | None = None
    """When the caller went away before the end of the answer."""


@dataclass
class CentralServer:
    """Serves on 127.0.0.1 in a thread of its own, in a `with` block or until `close`."""

    MODELS: ClassVar = frozenset({"claude-sonnet-5-5", "claude-sonnet-4-5", "gpt-6-sol", "gpt-4.1-mini"})

    models: set[str] = field(default_factory=lambda: set(CentralServer.MODELS))
    script: Script = field(default_factory=lambda: GREETING)
    requests: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next: list[Script] = []
        apis: list[API] = [
            Anthropic(ANTHROPIC_KEY, self.models),
            OpenAIChat(OPENAI_KEY, self.models),
            OpenAIResponses(OPENAI_KEY, self.models),
        ]
        self._apis = {api.path: api for api in apis}
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._serve,
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()

    @property
    def variables(self) -> dict[str, str]:
        """For the chat service, which is to ask here."""
        base_url = f"{self.url}/v1"
        return {
            "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
            "ANTHROPIC_BASE_URL": base_url,
            "OPENAI_API_KEY": OPENAI_KEY,
            "OPENAI_BASE_URL": base_url,
        }

    @property
    def cancelled(self) -> list[Received]:
        """Whose callers went away before the end."""
        return [request for request in self.requests if request.left is not None]

    def play(self, *steps: list[Any]) -> None:
        """Answers the next request that has no other answer yet."""
        self._next.append(list(steps))

    def reset(self) -> None:
        self.requests.clear()
        self._next.clear()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message["more_body"]:
                break
        received = Received(scope["path"], headers, _json(body))
        self.requests.append(received)
        if scope["path"] == "/ai-gateway/run":
            path, headers, body = _billed(headers, body)
        else:
            path = scope["path"]
        api = self._apis.get(path)
        if api is None or scope["method"] != "POST":
            received.refusal = "there is no such API"
            await _send(send, 404, b'{"error": {"message": "Not Found", "type": "invalid_request_error"}}')
            return
        try:
            speaker = api.answer(headers, body)
            script = self._next.pop(0) if self._next else self.script
            if script[:1] and script[0][0] == "status":
                _, status, code, *seconds = script[0]
                await _send(send, status, api.refusal(Refusal(status, code, "It is as the test wants it.")), *seconds)
                return
        except Refusal as refusal:
            received.refusal = str(refusal)
            await _send(send, refusal.status, api.refusal(refusal))
            return
        leaving = asyncio.ensure_future(receive())
        playing = asyncio.ensure_future(_play(speaker, script, send))
        await asyncio.wait([leaving, playing], return_when=asyncio.FIRST_COMPLETED)
        received.is_over = playing.done() and not playing.exception()
        if not playing.done():
            received.left = time.monotonic()
            playing.cancel()
        leaving.cancel()
        await asyncio.gather(leaving, playing, return_exceptions=True)
        if not received.is_over and received.left is None:
            raise ConnectionAbortedError  # uvicorn cuts the connection


class _Dropped(Exception):
    pass


async def _play(speaker: Speaker, script: Script, send: Any) -> None:
    head = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"request-id", b"req_1")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    async for data in _events(speaker, script):
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _events(speaker: Speaker, script: Script) -> AsyncIterator[bytes]:
    yield speaker.begin()
    for step, *arguments in script:
        match step:
            case "say":
                yield speaker.say(arguments[0])
            case "think":
                yield speaker.think(arguments[0])
            case "call":
                yield speaker.call(*arguments)
            case "wait":
                await asyncio.sleep(arguments[0])
            case "hang":
                await asyncio.Event().wait()
            case "error":
                yield speaker.fail(arguments[0], "It is as the test wants it.")
                return
            case "drop":
                raise _Dropped
            case "end":
                return
            case _:
                raise ValueError(f"There is no step {step!r}.")
    yield speaker.end()


def _billed(headers: Mapping[str, str], body: bytes) -> tuple[str, dict[str, str], bytes]:
    """The request that Cloudflare makes of it, with a key of its own."""
    inputs = bytes(msgspec.json.decode(body, type=_Billed).inputs)
    if headers["cf-consn-model-id"].startswith("anthropic/"):
        own = {"x-api-key": ANTHROPIC_KEY, "anthropic-version": "2023-06-01"}
        return Anthropic.path, own | {"content-type": "application/json"}, inputs
    own = {"authorization": f"Bearer {OPENAI_KEY}"}
    return OpenAIChat.path, own | {"content-type": "application/json"}, inputs


async def _send(send: Any, status: int, body: bytes, retry_after: float | None = None) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
