"""Models of other providers that Cloudflare's AI Gateway reaches: "openai/gpt-5", "anthropic/claude-sonnet-4-5".

Cloudflare speaks OpenAI's Chat Completions for them, and Anthropic's own wire for Anthropic's.
(npm `workers-ai-provider` 4.0.0, `gateway-delegate.ts`.)
"""

from collections.abc import Mapping

import msgspec

from edgechat.errors import APICallError
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.openai_chat import OpenAIChat
from edgechat.model.types import API, Decoder, ModelCall, ModelRequest
from edgechat.model.workers_ai.errors import workers_ai_error


class GatewayModel:
    """The `API` of another provider's model. The gateway has the key."""

    def __init__(self, model_id: str) -> None:
        author, _, name = model_id.partition("/")
        self.model_id = model_id
        self._api: API = AnthropicMessages(name, api_key="") if author == "anthropic" else OpenAIChat(name)
        self.provider = self._api.provider

    def build(self, call: ModelCall) -> ModelRequest:
        return msgspec.structs.replace(self._api.build(call), model=self.model_id, url=None, headers=call.headers)

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> Decoder:
        return self._api.decoder(call, headers)

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return workers_ai_error(body, status)
