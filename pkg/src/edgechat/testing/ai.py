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

# Workers AI docs, Errors.
_ERRORS = {
    3003: (400, "Request is missing headers or body"),
    3006: (413, "Request is too large"),
    3007: (408, "Request timeout"),
    3008: (408, "Request was aborted"),
    3023: (403, "Service unavailable for account"),
    3036: (429, "You have used up your daily free allocation of 10,000 neurons."),
    3040: (429, "Capacity temporarily exceeded, please try again."),
    3041: (403, "The account is not allowed to access this model"),
    3042: (404, "Invalid model"),
    3050: (500, "Internal error"),
    5004: (400, "Invalid data"),
    5007: (400, "No such model or task"),
    5016: (403, "Model agreement has not been accepted"),
    5018: (403, "The account is not allowed to use this private model"),
    5035: (403, "This model needs a paid plan"),
}


class AICall(msgspec.Struct, frozen=True):
    model: str
    inputs: Any
    options: Mapping[str, Any] = {}


type AIAnswer = str | Mapping[str, Any] | HTTPAnswer | Exception


def ai_error(code: int, description: str | None = None) -> HTTPAnswer:
    """An answer: one of Workers AI's errors by its code, such as 3040 for want of capacity."""
    status, usual = _ERRORS.get(code, (500, "Internal error"))
    error = {"internalCode": code, "name": "AiError", "description": description or usual}
    return HTTPAnswer(msgspec.json.encode(error), status=status, headers={"content-type": "application/json"})


class FakeAI:
    """The binding `env.AI`; and, as `AIBinding(env.AI)` is, a `Sender` for `create_workers_ai`.

    An answer is a text, which is streamed word by word if the call asks for a stream; the JSON of any task; or any
    `HTTPAnswer`, such as `ai_error(3040)`. It may be a function of the `AICall`; as the last one it answers all further
    calls, which else raise `AssertionError`.
    """

    def __init__(self, *answers: AIAnswer | Callable[[AICall], AIAnswer], clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self._script = Script[AICall, AIAnswer]("Workers AI", answers)

    @property
    def calls(self) -> list[AICall]:
        return self._script.calls

    @property
    def aborted(self) -> list[bool]:
        """For each call, whether its sender left before the end of the answer; not known of `run`."""
        return self._script.aborted

    async def run(self, model: str, inputs: Any, options: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """The JSON, or in place of a `ReadableStream`, and with `returnRawResponse`, a response to read.

        Raises `JsException` for an error, except with `returnRawResponse`.
        """
        call = AICall(model, inputs, {**(options or {}), **more})
        response = self._respond(call, self._script.next(call))
        if call.options.get("returnRawResponse"):
            return response
        if response.status >= 400:
            error = workers_ai_error(await response.text(), response.status)
            raise JsException(str(error), "InferenceUpstreamError")
        is_json = response.headers.get("content-type") == "application/json"
        return js_value(await response.json()) if is_json else response

    def __call__(self, request: ModelRequest) -> AbstractAsyncContextManager[FakeResponse]:
        call = AICall(request.model, msgspec.json.decode(request.body), {"extraHeaders": dict(request.headers)})
        return self._script.play(call, lambda answer: self._respond(call, answer))

    def _respond(self, call: AICall, answer: AIAnswer) -> FakeResponse:
        return FakeResponse(_http(answer, call), self.clock)


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
