"""A model behind a network or a binding: a provider's `API` and the sender that reaches it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from edgechat.http import Fetch, FetchResponse
from edgechat.model.history import build_request
from edgechat.model.parts import ModelPart, StreamStart
from edgechat.model.types import API, Decoder, ModelCall, ModelRequest, Sender


class RemoteModel:
    """A `LanguageModel`."""

    def __init__(self, api: API, send: Sender) -> None:
        self.provider = api.provider
        self.model_id = api.model_id
        self._api = api
        self._send = send

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator["RemoteStream"]:
        request = build_request(self._api, call)
        async with self._send(request) as response:
            if response.status >= 400:
                error = self._api.error(response.status, response.headers, await response.text())
                error.retry_after = _retry_after(response.headers)
                raise error
            yield RemoteStream(response, self._api.decoder(call, response.headers), request.warnings)


class RemoteStream:
    """A `PartStream`."""

    def __init__(self, response: FetchResponse, decoder: Decoder, warnings: list[str]) -> None:
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._decoder: Decoder | None = decoder
        self._first: list[ModelPart] = [StreamStart(warnings)]

    async def read(self) -> list[ModelPart] | None:
        while self._decoder:
            data = await self._response.read()
            if data is None:
                parts = self._decoder.close()
                self._decoder = None
            else:
                parts = self._decoder.feed(data)
            if parts:
                first, self._first = self._first, []
                return [*first, *parts] if first else parts
        return None


def http_sender(fetch: Fetch) -> Sender:
    """Sends requests to where they say."""

    @asynccontextmanager
    async def send(request: ModelRequest) -> AsyncGenerator[FetchResponse]:
        if request.url is None:
            raise ValueError(f"{request.model} is reached through a binding, not by HTTP.")
        async with fetch(request.url, method="POST", headers=request.headers, body=request.body) as response:
            yield response

    return send


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, from `retry-after-ms` (OpenAI, Anthropic) or `retry-after`; a date there is not read."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(0.0, float(headers[name]) * unit)
        except (KeyError, ValueError):
            continue
    return None
