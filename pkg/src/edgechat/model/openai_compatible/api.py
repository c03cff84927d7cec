"""What OpenAI-compatible servers understand."""

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import msgspec

from edgechat.errors import APICallError
from edgechat.http import Fetch
from edgechat.model.openai_compatible.decoder import OpenAICompatibleDecoder
from edgechat.model.openai_compatible.request import metadata_key, request_body
from edgechat.model.openai_wire import http_error
from edgechat.model.remote import RemoteModel, http_sender
from edgechat.model.types import ModelCall, ModelRequest


class OpenAICompatible:
    """The `API` of a model of such a server. `provider` is the server's name, `headers` carry the key."""

    def __init__(
        self,
        model_id: str,
        *,
        provider: str,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        query_params: Mapping[str, str] | None = None,
        include_usage: bool = True,
        supports_structured_outputs: bool = False,
    ) -> None:
        self.model_id = model_id
        self.provider = provider
        self._url = f"{base_url.rstrip('/')}/chat/completions" + (f"?{urlencode(query_params)}" if query_params else "")
        self._headers = headers or {}
        self._include_usage = include_usage
        self._supports_structured_outputs = supports_structured_outputs

    def build(self, call: ModelCall) -> ModelRequest:
        warnings: list[str] = []
        body = request_body(
            self.model_id,
            self.provider,
            call,
            warnings,
            supports_structured_outputs=self._supports_structured_outputs,
        )
        body["stream"] = True
        if self._include_usage:
            body["stream_options"] = {"include_usage": True}
        return ModelRequest(
            model=self.model_id,
            url=self._url,
            headers={"content-type": "application/json", **self._headers, **call.headers},
            body=msgspec.json.encode(body),
            warnings=warnings,
        )

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> OpenAICompatibleDecoder:  # noqa: ARG002
        return OpenAICompatibleDecoder(metadata_key(self.provider, call.provider_options))

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return http_error(status, body)


def create_openai_compatible(
    fetch: Fetch,
    *,
    name: str,
    base_url: str,
    api_key: str | None = None,
    headers: Mapping[str, str] | None = None,
    query_params: Mapping[str, str] | None = None,
    include_usage: bool = True,
    supports_structured_outputs: bool = False,
) -> Callable[[str], RemoteModel]:
    """Gives the models of a server by their ids. `base_url` is such as "http://127.0.0.1:8000/v1".

    Not every server takes `include_usage`, and not every one can keep to a schema.
    """
    authorization = {"authorization": f"Bearer {api_key}"} if api_key else {}

    def provide(model_id: str) -> RemoteModel:
        api = OpenAICompatible(
            model_id,
            provider=name,
            base_url=base_url,
            headers=authorization | dict(headers or {}),
            query_params=query_params,
            include_usage=include_usage,
            supports_structured_outputs=supports_structured_outputs,
        )
        return RemoteModel(api, http_sender(fetch))

    return provide
