"""OpenAI's models by their ids."""

from collections.abc import Mapping

from edgechat.http import Fetch
from edgechat.model.openai_chat.api import BASE_URL, OpenAIChat
from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.remote import RemoteModel, http_sender
from edgechat.model.types import without_none


class OpenAIProvider:
    """`openai("gpt-5")` is a `LanguageModel`."""

    def __init__(self, fetch: Fetch, base_url: str, headers: Mapping[str, str]) -> None:
        self._send = http_sender(fetch)
        self._base_url = base_url
        self._headers = headers

    def __call__(self, model_id: str) -> RemoteModel:
        """By the Responses API."""
        return RemoteModel(OpenAIResponses(model_id, base_url=self._base_url, headers=self._headers), self._send)

    def chat(self, model_id: str) -> RemoteModel:
        """By the Chat Completions API."""
        return RemoteModel(OpenAIChat(model_id, base_url=self._base_url, headers=self._headers), self._send)


def create_openai(
    fetch: Fetch,
    *,
    api_key: str,
    base_url: str = BASE_URL,
    organization: str | None = None,
    project: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> OpenAIProvider:
    own = {
        "authorization": f"Bearer {api_key}",
        "openai-organization": organization,
        "openai-project": project,
    }
    return OpenAIProvider(fetch, base_url, without_none(own) | dict(headers or {}))
