"""What OpenAI's Chat Completions API understands."""

from collections.abc import Mapping
from typing import Any

import msgspec

from edgechat.errors import APICallError
from edgechat.model.openai_chat.decoder import OpenAIChatDecoder
from edgechat.model.openai_chat.request import request_body
from edgechat.model.openai_wire import http_error, own_options
from edgechat.model.types import Decoder, ModelCall, ModelRequest

BASE_URL = "https://api.openai.com/v1"


class OpenAIChat:
    """The `API` of a model such as "gpt-4.1-mini". `headers` carry the key.

    `provider_options["openai"]` go into the request as they are, in either spelling (promptCacheKey or
    prompt_cache_key). Of our own are "reasoningEffort", "textVerbosity", "strictJsonSchema", "logprobs" (True, or how
    many), "systemMessageMode" ("system", "developer" or "remove") and "forceReasoning".
    """

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
        body = self._body(call, warnings)
        return ModelRequest(
            model=self.model_id,
            url=self._url,
            headers={"content-type": "application/json", **self._headers, **call.headers},
            body=msgspec.json.encode(body),
            warnings=warnings,
        )

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> Decoder:  # noqa: ARG002
        return OpenAIChatDecoder()

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return http_error(status, body)

    def _body(self, call: ModelCall, warnings: list[str]) -> dict[str, Any]:
        options = own_options(call.provider_options, self.provider)
        return request_body(self.model_id, self.provider, call, options, warnings)
