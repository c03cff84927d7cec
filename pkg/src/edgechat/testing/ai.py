"""Workers AI that says what a test wants."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec

from edgechat import sse
from edgechat.model.types import ModelRequest
from edgechat.model.workers_ai.errors import workers_ai_error
from edgechat.testing.bindings import JsException, js_value
from edgechat.testing.fetch import FakeResponse, HTTPAnswer
from edgechat.testing.script import FakeClock, Script, words

_DESCRIPTIONS = {
    3007: "Request timeout",
    3036: "You have used up your daily free allocation of 10,000 neurons.",
    3040: "Capacity temporarily exceeded, please try again.",
    5007: "No such model or task",
}


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
