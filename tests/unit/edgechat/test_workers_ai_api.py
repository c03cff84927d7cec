from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec
import pytest

from edgechat.errors import APICallError
from edgechat.model.parts import ModelPart, StreamStart, TextDelta
from edgechat.model.prompt import UserMessage
from edgechat.model.types import LanguageModel, ModelCall, ModelRequest
from edgechat.model.workers_ai import create_workers_ai, create_workers_ai_rest

CALL = ModelCall(messages=[UserMessage("Hi")], max_output_tokens=9)
EVENTS = b'data: {"response":"Hi"}\n\ndata: [DONE]\n\n'
OPENAI = (
    b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
ANTHROPIC = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant",'
    b'"model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
    b'data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n'
    b'data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\n\n'
    b'data: {"type":"content_block_stop","index":0}\n\n'
    b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}\n\n'
    b'data: {"type":"message_stop"}\n\n'
)
JSON = {"content-type": "application/json"}


class Response:
    def __init__(self, body: bytes, headers: Mapping[str, str], status: int = 200) -> None:
        self.status = status
        self.headers = headers
        self._body: bytes | None = body

    async def read(self) -> bytes | None:
        body, self._body = self._body, None
        return body

    async def text(self) -> str:
        return (self._body or b"").decode()


class Server:
    """Gives its answers in turn."""

    def __init__(self, *responses: Response) -> None:
        self._responses = list(responses)
        self.requests: list[tuple[str, dict[str, str], dict[str, object]]] = []

    @asynccontextmanager
    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        **_: object,
    ) -> AsyncGenerator[Response]:
        self.requests.append((url, dict(headers or {}), msgspec.json.decode(body or b"{}")))
        yield self._responses.pop(0)


def bound_model(model_id: str, body: bytes, status: int = 200) -> tuple[LanguageModel, list[ModelRequest]]:
    requests: list[ModelRequest] = []

    @asynccontextmanager
    async def send(request: ModelRequest) -> AsyncGenerator[Response]:
        requests.append(request)
        yield Response(body, {}, status)

    return create_workers_ai(send)(model_id), requests


async def parts_of(model: LanguageModel) -> list[ModelPart]:
    parts: list[ModelPart] = []
    async with model.stream(CALL) as stream:
        while read := await stream.read():
            parts += read
    return parts


async def test_a_binding_is_asked_by_the_id_of_the_model() -> None:
    model, requests = bound_model("@cf/x/y", EVENTS)
    parts = await parts_of(model)
    assert requests[0].model == "@cf/x/y"
    assert parts[0] == StreamStart()
    assert TextDelta("text-0", "Hi") in parts


@pytest.mark.parametrize(
    ("gateway", "url"),
    [
        (None, "https://api.cloudflare.com/client/v4/accounts/acc/ai/run/@cf/x/y"),
        ("gate", "https://gateway.ai.cloudflare.com/v1/acc/gate/workers-ai/run/@cf/x/y"),
    ],
)
async def test_by_rest_the_account_is_asked(gateway: str | None, url: str) -> None:
    server = Server(Response(EVENTS, {"content-type": "text/event-stream"}))
    provider = create_workers_ai_rest(server.fetch, account_id="acc", api_token="secret", gateway=gateway)
    assert TextDelta("text-0", "Hi") in await parts_of(provider("@cf/x/y"))
    asked, headers, body = server.requests[0]
    assert (asked, headers["authorization"], body["stream"]) == (url, "Bearer secret", True)


async def test_a_model_that_does_not_stream_by_rest_is_asked_again() -> None:
    answer = b'{"result":{"response":"Hi"},"success":true,"errors":[]}'
    server = Server(Response(b'{"result":{},"success":true}', JSON), Response(answer, JSON))
    provider = create_workers_ai_rest(server.fetch, account_id="acc", api_token="secret")
    assert TextDelta("text-0", "Hi") in await parts_of(provider("@cf/openai/gpt-oss-20b"))
    assert [body["stream"] for _, _, body in server.requests] == [True, False]


async def test_openai_is_asked_through_the_same_binding() -> None:
    model, requests = bound_model("openai/gpt-5-mini", OPENAI)
    assert TextDelta("0", "Hi") in await parts_of(model)
    body = msgspec.json.decode(requests[0].body)
    assert (requests[0].model, requests[0].url, requests[0].headers) == ("openai/gpt-5-mini", None, {})
    assert (body["model"], body["max_completion_tokens"]) == ("gpt-5-mini", 9)


async def test_anthropic_is_asked_through_the_same_binding() -> None:
    model, requests = bound_model("anthropic/claude-sonnet-4-5", ANTHROPIC)
    assert "Hi" in [part.delta for part in await parts_of(model) if isinstance(part, TextDelta)]
    body = msgspec.json.decode(requests[0].body)
    assert (requests[0].model, body["max_tokens"]) == ("anthropic/claude-sonnet-4-5", 9)


async def test_the_errors_of_the_gateway_are_those_of_workers_ai() -> None:
    model, _ = bound_model("openai/gpt-5-mini", b'{"errors":[{"code":3040,"message":"busy"}]}', status=429)
    with pytest.raises(APICallError, match="3040: busy"):
        await parts_of(model)


async def test_a_route_may_end_at_anthropic() -> None:
    model, _ = bound_model("dynamic/route", ANTHROPIC)
    assert "Hi" in [part.delta for part in await parts_of(model) if isinstance(part, TextDelta)]


async def test_an_error_by_rest_is_raised() -> None:
    body = b'{"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}'
    provider = create_workers_ai_rest(Server(Response(body, JSON, 401)).fetch, account_id="acc", api_token="x")
    with pytest.raises(APICallError, match="10000: Authentication error") as error:
        await parts_of(provider("@cf/x/y"))
    assert error.value.status == 401
