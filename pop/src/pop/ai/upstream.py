"""Another backend: any OpenAI-compatible server, such as vLLM, llama.cpp or Ollama on a GPU of one's own."""

import os
from collections.abc import AsyncGenerator

import httpx
import msgspec

from edgechat.sse import SSEDecoder
from pop.ai.backend import Json
from pop.ai.errors import AiError
from pop.errors import PopError

KEY = "POP_UPSTREAM_KEY"
"""Environment variable with the bearer token of a server that wants one."""


class Upstream:
    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        """`url` is the server's base, with or without `/v1`."""
        key = os.environ.get(KEY)
        self._url = url.rstrip("/").removesuffix("/v1")
        self._client = httpx.AsyncClient(
            base_url=self._url,
            headers={"authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(120, connect=5),
            transport=transport,
        )
        self.name = ""

    async def connect(self) -> None:
        """Asks the server for its model; the first one answers for all."""
        try:
            response = await self._client.get("/v1/models")
            self.name = response.raise_for_status().json()["data"][0]["id"]
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as error:
            raise PopError(f"No model answers at {self._url}/v1/models: {error}") from None

    async def stream(self, request: Json) -> AsyncGenerator[Json]:
        decoder = SSEDecoder()
        body = request | {"model": self.name}
        try:
            async with self._client.stream("POST", "/v1/chat/completions", json=body) as response:
                if response.is_error:
                    raise _to_error(response.status_code, (await response.aread()).decode(errors="replace"))
                async for data in response.aiter_bytes():
                    for event in decoder.feed(data):
                        if event.data != "[DONE]":
                            yield msgspec.json.decode(event.data, type=dict)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise AiError.internal(f"the upstream server failed: {error}") from None

    async def aclose(self) -> None:
        await self._client.aclose()


def _to_error(status: int, text: str) -> AiError:
    if status == 429:
        return AiError.out_of_capacity()
    if status == 413:
        return AiError.too_large(text)
    return (
        AiError.bad_input(text) if status in (400, 422) else AiError.internal(f"the upstream answered {status}: {text}")
    )
