"""What OpenAI's Responses API understands."""

from collections.abc import Callable, Mapping

import msgspec

from edgechat import ids
from edgechat.errors import APICallError
from edgechat.model.openai_responses.prompt import requested_approvals
from edgechat.model.openai_responses.request import request_body
from edgechat.model.openai_responses.shapes import ToolNames
from edgechat.model.openai_responses.stream import OpenAIResponsesDecoder
from edgechat.model.openai_wire import http_error, own_options
from edgechat.model.types import ModelCall, ModelRequest


class OpenAIResponses:
    """The `API` of a model such as "gpt-5". `headers` carry the key.

    `provider` is the key of `provider_options` and of the metadata of parts: "openai", or "azure" for a model there,
    whose calls take either. Options go into the request as they are, in either spelling (promptCacheKey or
    prompt_cache_key). Of our own are "reasoningEffort", "reasoningSummary" (None for no summary), "textVerbosity",
    "strictJsonSchema", "logprobs" (True, or how many), "systemMessageMode" ("system", "developer" or "remove"), and
    "forceReasoning", which treats an unknown model as one that reasons.
    """

    def __init__(
        self,
        model_id: str,
        *,
        base_url: str = "https://api.openai.com/v1",
        headers: Mapping[str, str] | None = None,
        provider: str = "openai",
        generate_id: Callable[[], str] = ids.generate_id,
    ) -> None:
        self.model_id = model_id
        self.provider = provider
        self._url = f"{base_url.rstrip('/')}/responses"
        self._headers = dict(headers or {})
        self._generate_id = generate_id

    def build(self, call: ModelCall) -> ModelRequest:
        """Raises `InvalidArgumentError` and `UnsupportedFunctionalityError`."""
        warnings: list[str] = []
        body = request_body(
            call, self.model_id, own_options(call.provider_options, self.provider), self.provider, warnings
        )
        return ModelRequest(
            model=self.model_id,
            body=msgspec.json.encode(body),
            url=self._url,
            headers={"content-type": "application/json", **self._headers, **call.headers},
            warnings=warnings,
        )

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> OpenAIResponsesDecoder:  # noqa: ARG002
        options = own_options(call.provider_options, self.provider)
        return OpenAIResponsesDecoder(
            self.provider,
            ToolNames(call.tools),
            approved=requested_approvals(call.messages, self.provider),
            is_stored=bool(options.get("store")),
            has_logprobs=bool(options.get("logprobs")),
            generate_id=self._generate_id,
        )

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return http_error(status, body)
