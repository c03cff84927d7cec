from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec
import pytest

from edgechat.errors import APICallError
from edgechat.model.parts import ModelPart, StreamStart, TextDelta
from edgechat.model.prompt import UserMessage
from edgechat.model.types import LanguageModel, ModelCall, ModelRequest
from edgechat.model.workers_ai import create_workers_ai, create_workers_ai_rest

CALL = ModelCall(messages=[UserMessage("Hi")])
EVENTS = b'data: {"response":"Hi"}\n\ndata: [DONE]\n\n'
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
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> AsyncGenerator[Response]:
        self.requests.append((url, dict(headers or {}), msgspec.json.decode(body or b"{}")))
        yield self._responses.pop(0)


async def parts_of(model: LanguageModel) -> list[ModelPart]:
    parts: list[ModelPart] = []
    async with model.stream(CALL) as stream:
        while read := await stream.read():
            parts += read
    return parts


async def test_a_binding_is_asked_by_the_id_of_the_model() -> None:
    requests: list[ModelRequest] = []

    @asynccontextmanager
    async def send(request: ModelRequest) -> AsyncGenerator[Response]:
        requests.append(request)
        yield Response(EVENTS, {})

    parts = await parts_of(create_workers_ai(send)("@cf/x/y"))
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


async def test_an_error_by_rest_is_raised() -> None:
    body = b'{"result":null,"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}'
    provider = create_workers_ai_rest(Server(Response(body, JSON, 401)).fetch, account_id="acc", api_token="x")
    with pytest.raises(APICallError, match="10000: Authentication error") as error:
        await parts_of(provider("@cf/x/y"))
    assert error.value.status == 401
