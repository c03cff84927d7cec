"""The local Workers AI in front of a scripted backend: its wire, without a model."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
import msgspec
import pytest

from edgechat.sse import SSEDecoder
from pop.ai.backend import Json
from pop.ai.errors import AiError
from pop.ai.server import MAX_BODY, app

LLAMA = "@cf/meta/llama-3.1-8b-instruct-fp8-fast"
GLM = "@cf/zai-org/glm-4.7-flash"
HI = {"messages": [{"role": "user", "content": "Hi"}]}
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


class Backend:
    name = "Scripted"

    def __init__(self, *texts: str, error: AiError | None = None) -> None:
        self.requests: list[Json] = []
        self.closed = False
        self._texts = texts
        self._error = error

    async def stream(self, request: Json) -> AsyncGenerator[Json]:
        self.requests.append(request)
        if self._error:
            raise self._error
        try:
            yield {"choices": [{"delta": {"role": "assistant", "content": None}}]}
            for text in self._texts:
                await asyncio.sleep(0)
                yield {"choices": [{"delta": {"content": text}}]}
            yield {"choices": [{"delta": {}, "finish_reason": "stop"}]}
            yield {"choices": [], "usage": USAGE | {"prompt_tokens_details": {"cached_tokens": 1}}}
        finally:
            self.closed = True

    async def aclose(self) -> None: ...


async def run(backend: Backend, inputs: object, model: str = LLAMA, path: str = "/run?version=3") -> httpx.Response:
    body = inputs if isinstance(inputs, bytes) else msgspec.json.encode({"inputs": inputs, "options": {}})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app(backend)), base_url="http://ai") as client:
        return await client.post(path, content=body, headers={"cf-consn-model-id": model})


def events_of(response: httpx.Response) -> list[str]:
    return [event.data for event in SSEDecoder().feed(response.content)]


async def test_an_answer_is_json_in_the_native_shape() -> None:
    response = await run(Backend("Hel", "lo"), HI)
    assert response.json() == {"response": "Hello", "tool_calls": [], "usage": USAGE}
    # exactly this: with a charset, the binding would hand on the stream
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-pop-model"] == "Scripted"
    assert response.headers["cf-ai-req-id"]


async def test_an_answer_is_a_stream_in_the_native_shape() -> None:
    response = await run(Backend("Hel", "lo"), HI | {"stream": True})
    assert response.headers["content-type"].startswith("text/event-stream")
    *events, done = events_of(response)
    assert done == "[DONE]"
    decoded = [msgspec.json.decode(event) for event in events]
    assert [event["response"] for event in decoded] == ["Hel", "lo", ""]
    assert decoded[-1]["usage"] == USAGE
    assert all(isinstance(event["p"], str) for event in decoded)


async def test_a_model_of_the_openai_shape_answers_in_it() -> None:
    response = await run(Backend("Hel", "lo"), HI, GLM)
    message = {"role": "assistant", "content": "Hello"}
    assert response.json() == {
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    *events, done = events_of(await run(Backend("Hi"), HI | {"stream": True}, GLM))
    assert done == "[DONE]"
    assert msgspec.json.decode(events[1]) == {"choices": [{"delta": {"content": "Hi"}}]}


async def test_what_was_asked_reaches_the_backend() -> None:
    backend = Backend("x")
    await run(backend, HI | {"max_tokens": 7, "temperature": 0, "seed": 3, "top_p": 0.5})
    assert backend.requests == [
        {
            "messages": [
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": "Hi"},
            ],
            "max_tokens": 7,
            "temperature": 0,
            "seed": 3,
            "top_p": 0.5,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]


async def test_a_prompt_is_a_message_and_a_system_message_is_kept() -> None:
    backend = Backend("x")
    await run(backend, {"prompt": "Hi"})
    await run(backend, {"messages": [{"role": "system", "content": "Be brief."}, *HI["messages"]]})
    assert [request["messages"][0]["content"] for request in backend.requests] == [
        "You are a helpful assistant.",
        "Be brief.",
    ]
    assert backend.requests[0]["messages"][1] == {"role": "user", "content": "Hi"}
    assert backend.requests[0]["max_tokens"] == 256


@pytest.mark.parametrize("schema", [{"type": "object"}, {"name": "x", "schema": {"type": "object"}}])
async def test_in_json_mode_the_response_is_an_object(schema: Json) -> None:
    backend = Backend('{"a":', " 1}")
    response = await run(backend, HI | {"response_format": {"type": "json_schema", "json_schema": schema}})
    assert response.json()["response"] == {"a": 1}
    wanted = {"type": "json_schema", "json_schema": {"name": "response", "schema": {"type": "object"}}}
    assert backend.requests[0]["response_format"] == wanted


@pytest.mark.parametrize(
    ("inputs", "model", "status", "code"),
    [
        (HI, "@cf/meta/llama-3.1-8b-instruct", 400, 5007),
        (HI, "", 400, 5007),
        ({}, LLAMA, 400, 5004),
        ({"messages": []}, LLAMA, 400, 5004),
        ({"messages": [{"role": "robot", "content": "Hi"}]}, LLAMA, 400, 5004),
        ({"messages": [{"role": "user", "content": None}]}, LLAMA, 400, 5004),
        (HI | {"prompt": "Hi"}, LLAMA, 400, 5004),
        (HI | {"max_tokens": None}, LLAMA, 400, 5004),
        (HI | {"max_tokens": 0}, LLAMA, 400, 5004),
        (HI | {"temperature": 9}, LLAMA, 400, 5004),
        (HI | {"stream": True, "response_format": {"type": "json_object"}}, LLAMA, 400, 5023),
        (b"{", LLAMA, 400, 5004),
        (b"{}", LLAMA, 400, 5004),
        (b" " * (MAX_BODY + 1), LLAMA, 413, 3006),
    ],
)
async def test_a_bad_request_gets_the_code_of_cloudflare(inputs: object, model: str, status: int, code: int) -> None:
    response = await run(Backend("x"), inputs, model)
    body = response.json()
    assert (response.status_code, body["internalCode"], body["name"]) == (status, code, "AiError")
    assert body["description"]


async def test_an_answer_that_is_no_json_in_json_mode_is_an_error() -> None:
    response = await run(Backend("{broken"), HI | {"response_format": {"type": "json_object"}})
    assert response.json()["internalCode"] == 5024


@pytest.mark.parametrize("stream", [False, True])
async def test_an_error_before_the_first_token_has_its_status(stream: bool) -> None:
    response = await run(Backend(error=AiError.out_of_capacity()), HI | {"stream": stream})
    assert (response.status_code, response.json()["internalCode"]) == (429, 3040)


async def test_a_gateway_of_the_options_changes_nothing() -> None:
    response = await run(Backend("Hi"), HI, path="/ai-gateway/run?version=3")
    assert response.json()["response"] == "Hi"


async def test_a_backend_is_always_closed() -> None:
    backend = Backend("Hi")
    await run(backend, HI | {"stream": True})
    assert backend.closed
