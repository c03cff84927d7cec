"""Workers AI models by their ids."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from edgechat.http import Fetch, FetchResponse
from edgechat.model.remote import RemoteModel
from edgechat.model.types import API, ModelRequest, Sender
from edgechat.model.workers_ai.api import WorkersAI


class WorkersAIProvider:
    """`workers_ai("@cf/meta/llama-3.1-8b-instruct-fp8-fast")` is a `LanguageModel`, and so is
    `workers_ai("anthropic/claude-sonnet-4-5")`, which needs an AI Gateway that may bill it.
    """

    def __init__(self, send: Sender) -> None:
        self._send = send

    def __call__(self, model_id: str) -> RemoteModel:
        return RemoteModel(_api(model_id), self._send)


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
            if not (_is_json(response) and _wants_stream(request)):
                yield response
                return
        # Some models, gpt-oss among them, do not stream here: they answer with an empty result.
        async with fetch(url, method="POST", headers=headers, body=_without_stream(request)) as response:
            yield response

    return WorkersAIProvider(send)


def _api(model_id: str) -> API:
    if not model_id.startswith(("openai/", "anthropic/")):
        return WorkersAI(model_id)
    # Imported when used: most Workers never ask other providers, whose modules are many.
    from edgechat.model.workers_ai.gateway import GatewayModel

    return GatewayModel(model_id)


def _is_json(response: FetchResponse) -> bool:
    return response.status < 400 and "json" in response.headers.get("content-type", "")


def _wants_stream(request: ModelRequest) -> bool:
    return bool(msgspec.json.decode(request.body).get("stream"))


def _without_stream(request: ModelRequest) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(request.body) | {"stream": False})
