import json

import httpx
import pytest

from pop.ai.errors import AiError
from pop.ai.upstream import KEY, Upstream
from pop.errors import PopError


def upstream(handler: httpx.MockTransport, url: str = "http://gpu:8000/v1/") -> Upstream:
    return Upstream(url, transport=handler)


async def test_the_first_model_of_the_server_answers() -> None:
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": "qwen"}, {"id": "other"}]})
        asked.append(json.loads(request.content))
        return httpx.Response(200, content=b'data: {"choices":[]}\n\ndata: {"usage":{}}\n\ndata: [DONE]\n\n')

    backend = upstream(httpx.MockTransport(handler))
    await backend.connect()
    assert backend.name == "qwen"
    assert [chunk async for chunk in backend.stream({"messages": []})] == [{"choices": []}, {"usage": {}}]
    assert asked == [{"messages": [], "model": "qwen"}]


async def test_the_key_of_the_environment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "secret")

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer secret"
        return httpx.Response(200, json={"data": [{"id": "m"}]})

    await upstream(httpx.MockTransport(handler)).connect()


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(200, text="hm"), httpx.Response(200, json={})])
async def test_a_server_without_models_is_refused_at_the_start(answer: httpx.Response) -> None:
    with pytest.raises(PopError, match="No model answers at http://gpu:8000/v1/models"):
        await upstream(httpx.MockTransport(lambda _: answer)).connect()


@pytest.mark.parametrize(("status", "code"), [(429, 3040), (400, 5004), (413, 3006), (500, 3050), (404, 3050)])
async def test_its_errors_get_codes_of_cloudflare(status: int, code: int) -> None:
    backend = upstream(httpx.MockTransport(lambda _: httpx.Response(status, text="why")))
    with pytest.raises(AiError) as caught:
        [chunk async for chunk in backend.stream({})]
    assert caught.value.code == code


async def test_a_connection_that_fails_is_an_internal_error() -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(AiError, match="refused"):
        [chunk async for chunk in upstream(httpx.MockTransport(handler)).stream({})]
