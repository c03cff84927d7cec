"""A network and Workers AI that answer what a test wants."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import msgspec

from edgechat import sse
from edgechat.model.types import ModelRequest
from edgechat.model.workers_ai.errors import workers_ai_error
from edgechat.testing.bindings import JsException, js_value
from edgechat.testing.script import FakeClock, Player, Script, Sleep, Wait, drop, words

_DESCRIPTIONS = {
    3007: "Request timeout",
    3036: "You have used up your daily free allocation of 10,000 neurons.",
    3040: "Capacity temporarily exceeded, please try again.",
    5007: "No such model or task",
}


class FakeRequest(msgspec.Struct, frozen=True):
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes | None = None
    credentials: str | None = None

    def json(self) -> Any:
        return msgspec.json.decode(self.body or b"null")


type BodyStep = str | bytes | Wait | Exception


class HTTPAnswer:
    """`HTTPAnswer(b"data: 1\\n\\n", wait(2), b"data: [DONE]\\n\\n", headers={"content-type": "text/event-stream"})`.

    Each step of the body is what one read gives; an exception is raised by it, such as `drop()`. `drop_after` cuts the
    connection after so many bytes.
    """

    def __init__(
        self,
        *body: BodyStep,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        drop_after: int | None = None,
    ) -> None:
        self.body = body
        self.status = status
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        self.drop_after = drop_after


type FetchAnswer = BodyStep | HTTPAnswer


class FakeFetch(Script[FakeRequest, FetchAnswer]):
    """A `Fetch` with an answer for each request; an exception as an answer stands for a server out of reach.

    An answer may be a function of the `FakeRequest`; as the last one it answers all further requests, which else raise
    `AssertionError`.
    """

    def __init__(
        self, *answers: FetchAnswer | Callable[[FakeRequest], FetchAnswer], clock: FakeClock | None = None
    ) -> None:
        super().__init__("The network", answers, clock)

    @property
    def requests(self) -> list[FakeRequest]:
        return self.calls

    def __call__(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        credentials: str | None = None,
    ) -> "AbstractAsyncContextManager[FakeResponse]":
        return self._play(FakeRequest(url, method, dict(headers or {}), body, credentials), self._respond)

    def _respond(self, answer: FetchAnswer) -> "FakeResponse":
        return FakeResponse(answer if isinstance(answer, HTTPAnswer) else HTTPAnswer(answer), self.clock.sleep)


class ByPieces(Protocol):
    """A `FetchResponse` whose text is what is read of it."""

    async def read(self) -> bytes | None: ...

    async def text(self) -> str:
        pieces: list[bytes] = []
        while (piece := await self.read()) is not None:
            pieces.append(piece)
        return b"".join(pieces).decode(errors="replace")


class FakeResponse(Player[bytes], ByPieces):
    """A `FetchResponse`."""

    def __init__(self, answer: HTTPAnswer, sleep: Sleep) -> None:
        steps = [step.encode() if isinstance(step, str) else step for step in answer.body]
        super().__init__(steps if answer.drop_after is None else _cut(steps, answer.drop_after), sleep)
        self.status = answer.status
        self.headers: Mapping[str, str] = answer.headers

    async def json(self) -> Any:
        return msgspec.json.decode(await self.text())


def _cut(steps: list[bytes | Wait | Exception], size: int) -> list[bytes | Wait | Exception]:
    kept: list[bytes | Wait | Exception] = []
    for step in steps:
        if isinstance(step, bytes):
            if len(step) >= size:
                kept += [step[:size]] if size else []
                break
            size -= len(step)
        kept.append(step)
    return [*kept, drop()]


class AICall(msgspec.Struct, frozen=True):
    model: str
    inputs: Any
    options: Mapping[str, Any] = {}


type AIAnswer = str | Mapping[str, Any] | HTTPAnswer | Exception


def ai_error(code: int, description: str | None = None) -> HTTPAnswer:
    """An answer: one of Workers AI's errors by its code, such as 3040 for want of capacity."""
    description = description or _DESCRIPTIONS.get(code, "Internal error")
    body = msgspec.json.encode({"internalCode": code, "name": "AiError", "description": description})
    status = workers_ai_error(body.decode(), 500).status or 500
    return HTTPAnswer(body, status=status, headers={"content-type": "application/json"})


class FakeAI(Script[AICall, AIAnswer]):
    """The binding `env.AI`; and, as `AIBinding(env.AI)` is, a `Sender` for `create_workers_ai`.

    An answer is a text, which is streamed word by word if the call asks for a stream; the JSON of any task; or any
    `HTTPAnswer`, such as `ai_error(3040)`. It may be a function of the `AICall`; as the last one it answers all further
    calls, which else raise `AssertionError`.
    """

    def __init__(self, *answers: AIAnswer | Callable[[AICall], AIAnswer], clock: FakeClock | None = None) -> None:
        super().__init__("Workers AI", answers, clock)

    async def run(self, model: str, inputs: Any, options: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The JSON, or in place of a `ReadableStream`, and with `returnRawResponse`, a response to read.

        Raises `JsException` for an error, except with `returnRawResponse`.
        """
        call = AICall(model, inputs, {**(options or {}), **more})
        response = self._respond(call, self._next(call))
        if call.options.get("returnRawResponse"):
            return response
        if response.status >= 400:
            error = workers_ai_error(await response.text(), response.status)
            raise JsException(str(error), "InferenceUpstreamError")
        is_json = response.headers.get("content-type") == "application/json"
        return js_value(await response.json()) if is_json else response

    def __call__(self, request: ModelRequest) -> AbstractAsyncContextManager[FakeResponse]:
        call = AICall(request.model, msgspec.json.decode(request.body), {"extraHeaders": dict(request.headers)})
        return self._play(call, lambda answer: self._respond(call, answer))

    def _respond(self, call: AICall, answer: AIAnswer) -> FakeResponse:
        return FakeResponse(_http(answer, call), self.clock.sleep)


def _http(answer: Any, call: AICall) -> HTTPAnswer:
    if isinstance(answer, HTTPAnswer):
        return answer
    usage = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}
    if isinstance(answer, str) and call.inputs.get("stream"):
        events = [{"response": word, "p": ""} for word in words(answer)] + [{"response": "", "usage": usage}]
        body = [sse.encode(msgspec.json.encode(event)) for event in events]
        return HTTPAnswer(*body, sse.DONE, headers={"content-type": "text/event-stream"})
    result = {"response": answer, "usage": usage} if isinstance(answer, str) else answer
    return HTTPAnswer(msgspec.json.encode(result), headers={"content-type": "application/json"})
