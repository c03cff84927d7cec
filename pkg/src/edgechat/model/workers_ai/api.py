"""Workers AI models: what they understand, and how they are reached by their ids."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import msgspec

from edgechat.errors import APICallError
from edgechat.http import Fetch, FetchResponse
from edgechat.model.remote import RemoteModel
from edgechat.model.types import API, Decoder, ModelCall, ModelRequest, Sender
from edgechat.model.workers_ai.decoder import WorkersAIDecoder
from edgechat.model.workers_ai.errors import workers_ai_error
from edgechat.model.workers_ai.request import forced_tools, request_body
from edgechat.model.workers_ai.speech import WorkersAISpeech, WorkersAITranscription

STAND_IN_HEADER = "x-pop-model"
"""By this a local stand-in says which model really answered. Cloudflare does not send it."""


class WorkersAI:
    """The `API` of a text generation model, such as "@cf/meta/llama-3.1-8b-instruct-fp8-fast".

    `provider_options["workers-ai"]`: "sessionAffinity" names a conversation, whose calls find their prompts cached. All
    else goes into the request as it is, such as "reasoning_effort", "chat_template_kwargs" or "lora". Without
    `max_output_tokens` many models stop after 256.
    """

    provider = "workers-ai"

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id

    def build(self, call: ModelCall) -> ModelRequest:
        warnings: list[str] = []
        options = dict(call.provider_options.get(self.provider, {}))
        headers = dict(call.headers)
        for name in ("sessionAffinity", "session_affinity"):
            if affinity := options.pop(name, None):
                headers["x-session-affinity"] = affinity
        body = request_body(call, warnings) | options
        return ModelRequest(model=self.model_id, body=msgspec.json.encode(body), headers=headers, warnings=warnings)

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> WorkersAIDecoder:
        def anthropic() -> Decoder:
            # Only a gateway may send this wire.
            return _other_api(f"anthropic/{self.model_id}").decoder(call, headers)

        return WorkersAIDecoder(
            stand_in=headers.get(STAND_IN_HEADER), forced_tools=forced_tools(call), anthropic=anthropic
        )

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return workers_ai_error(body, status)


class GatewayModel:
    """The `API` of another provider's model that Cloudflare's AI Gateway reaches, and has the key of, such as
    "openai/gpt-5" (npm `workers-ai-provider` 4.0.0, `gateway-delegate.ts`).

    Cloudflare speaks OpenAI's Chat Completions for them, and Anthropic's own wire for Anthropic's.
    """

    def __init__(self, model_id: str) -> None:
        self.model_id = model_id
        self._api = _other_api(model_id)
        self.provider = self._api.provider

    def build(self, call: ModelCall) -> ModelRequest:
        return msgspec.structs.replace(self._api.build(call), model=self.model_id, url=None, headers=call.headers)

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> Decoder:
        return self._api.decoder(call, headers)

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return workers_ai_error(body, status)


def _other_api(model_id: str) -> API:
    author, _, name = model_id.partition("/")
    # Imported when used: most Workers never ask other providers, whose modules are many.
    if author == "anthropic":
        from edgechat.model.anthropic import AnthropicMessages

        return AnthropicMessages(name, api_key="")
    from edgechat.model.openai_chat import OpenAIChat

    return OpenAIChat(name)


class WorkersAIProvider:
    """`workers_ai("@cf/meta/llama-3.1-8b-instruct-fp8-fast")` is a `LanguageModel`, and so is
    `workers_ai("anthropic/claude-sonnet-4-5")`, which needs an AI Gateway that may bill it.
    """

    def __init__(self, send: Sender) -> None:
        self._send = send

    def __call__(self, model_id: str) -> RemoteModel:
        is_other = model_id.startswith(("openai/", "anthropic/"))
        return RemoteModel(GatewayModel(model_id) if is_other else WorkersAI(model_id), self._send)

    def transcription(self, model_id: str) -> WorkersAITranscription:
        """Such as "@cf/openai/whisper-large-v3-turbo"."""
        return WorkersAITranscription(model_id, self._send)

    def speech(self, model_id: str) -> WorkersAISpeech:
        """Such as "@cf/myshell-ai/melotts"."""
        return WorkersAISpeech(model_id, self._send)


def create_workers_ai(send: Sender) -> WorkersAIProvider:
    """Through a binding: `create_workers_ai(AIBinding(env.AI))`."""
    return WorkersAIProvider(send)


def create_workers_ai_rest(
    fetch: Fetch, *, account_id: str, api_token: str, gateway: str | None = None
) -> WorkersAIProvider:
    """By REST, from anywhere; through an AI Gateway by its id."""
    if gateway:
        base_url = f"https://gateway.ai.cloudflare.com/v1/{account_id}/{gateway}/workers-ai"
    else:
        base_url = f"https://api.cloudflare.com/client/v4/accounts/{account_id}/ai"
    authorization = {"content-type": "application/json", "authorization": f"Bearer {api_token}"}

    @asynccontextmanager
    async def send(request: ModelRequest) -> AsyncGenerator[FetchResponse]:
        url, headers = f"{base_url}/run/{request.model}", authorization | dict(request.headers)
        async with fetch(url, method="POST", headers=headers, body=request.body) as response:
            is_json = response.status < 400 and "json" in response.headers.get("content-type", "")
            body = msgspec.json.decode(request.body) if is_json else {}
            if not body.get("stream"):
                yield response
                return
        # Some models, gpt-oss among them, do not stream here: they answer with an empty result.
        whole = msgspec.json.encode(body | {"stream": False})
        async with fetch(url, method="POST", headers=headers, body=whole) as response:
            yield response

    return WorkersAIProvider(send)
