"""What OpenAI's Chat Completions API understands."""

from collections.abc import Mapping

import msgspec

from edgechat.errors import APICallError
from edgechat.model.openai_chat.decoder import OpenAIChatDecoder
from edgechat.model.openai_chat.options import read_options
from edgechat.model.openai_chat.request import request_body
from edgechat.model.openai_wire import http_error
from edgechat.model.types import ModelCall, ModelRequest

BASE_URL = "https://api.openai.com/v1"


class OpenAIChat:
    """The `API` of a model such as "gpt-4.1-mini". `headers` carry the key."""

    def __init__(
        self,
        model_id: str,
        *,
        provider: str = "openai",
        base_url: str = BASE_URL,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.model_id = model_id
        self.provider = provider
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._headers = headers or {}

    def build(self, call: ModelCall) -> ModelRequest:
        warnings: list[str] = []
        options = read_options(call.provider_options, ["openai", self.provider])
        body = request_body(self.model_id, call, options, warnings)
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        return ModelRequest(
            model=self.model_id,
            url=self._url,
            headers={"content-type": "application/json", **self._headers, **call.headers},
            body=msgspec.json.encode(body),
            warnings=warnings,
        )

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> OpenAIChatDecoder:  # noqa: ARG002
        return OpenAIChatDecoder()

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return http_error(status, body)
