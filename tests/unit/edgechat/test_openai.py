from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import pytest

from edgechat.errors import APICallError
from edgechat.model.openai import create_openai
from edgechat.model.prompt import UserMessage
from edgechat.model.types import ModelCall

CALL = ModelCall(messages=[UserMessage("Hi")])


class Refusal:
    status = 401
    headers: Mapping[str, str] = {"content-type": "application/json"}

    async def read(self) -> bytes | None:
        return None

    async def text(self) -> str:
        return '{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}'


class Server:
    def __init__(self) -> None:
        self.url = ""
        self.headers: Mapping[str, str] = {}

    @asynccontextmanager
    async def fetch(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        **_: object,
    ) -> AsyncGenerator[Refusal]:
        self.url, self.headers = url, headers or {}
        yield Refusal()


@pytest.mark.parametrize(("api", "path"), [("responses", "responses"), ("chat", "chat/completions")])
async def test_a_model_is_asked_by_the_responses_api_unless_one_wants_chat(api: str, path: str) -> None:
    server = Server()
    openai = create_openai(
        server.fetch, api_key="key", base_url="http://127.0.0.1/v1/", organization="org", headers={"x-a": "b"}
    )
    model = openai.chat("gpt-5") if api == "chat" else openai("gpt-5")
    assert (model.provider, model.model_id) == ("openai", "gpt-5")
    with pytest.raises(APICallError, match="Incorrect API key"):
        async with model.stream(CALL):
            pass
    assert server.url == f"http://127.0.0.1/v1/{path}"
    assert server.headers == {
        "content-type": "application/json",
        "authorization": "Bearer key",
        "openai-organization": "org",
        "x-a": "b",
    }
