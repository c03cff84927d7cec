"""What OpenAI's Responses API understands."""

from collections.abc import Callable, Mapping

import msgspec

from edgechat import ids
from edgechat.errors import APICallError
from edgechat.model.openai_errors import http_error
from edgechat.model.openai_models import openai_model
from edgechat.model.openai_responses.names import ToolNames
from edgechat.model.openai_responses.options import Options, part_options, read_options
from edgechat.model.openai_responses.request import request_body
from edgechat.model.openai_responses.shapes import snake_keys
from edgechat.model.openai_responses.stream import OpenAIResponsesDecoder
from edgechat.model.prompt import AssistantMessage, ToolApprovalRequest, ToolCallPart
from edgechat.model.types import ModelCall, ModelRequest


class OpenAIResponses:
    """The `API` of a model such as "gpt-5". `headers` carry the key.

    `provider` is the key of `provider_options` and of the metadata of parts: "openai", or "azure" for a model there,
    whose calls take either.
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
        model = openai_model(self.model_id)
        body = request_body(call, self.model_id, model, self._options(call), self.provider, warnings)
        return ModelRequest(
            model=self.model_id,
            body=msgspec.json.encode(body),
            url=self._url,
            headers={"content-type": "application/json", **self._headers, **call.headers},
            warnings=warnings,
        )

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> OpenAIResponsesDecoder:  # noqa: ARG002
        options = self._options(call)
        names = ToolNames(call.tools)
        return OpenAIResponsesDecoder(
            self.provider,
            names,
            approved=_approved(call, self.provider),
            is_stored=bool(options.store),
            is_shell_hosted=_is_shell_hosted(names),
            has_logprobs=bool(options.logprobs),
            generate_id=self._generate_id,
        )

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:  # noqa: ARG002
        return http_error(status, body)

    def _options(self, call: ModelCall) -> Options:
        return read_options(call.provider_options, Options, self.provider, "openai")


def _approved(call: ModelCall, provider: str) -> dict[str, str]:
    """By the requests for approval in the prompt, which calls they are about."""
    approved: dict[str, str] = {}
    for message in call.messages:
        if isinstance(message, AssistantMessage) and not isinstance(message.content, str):
            for part in message.content:
                if isinstance(part, ToolApprovalRequest):
                    approved[part.approval_id] = part.tool_call_id
                elif isinstance(part, ToolCallPart):
                    request = part_options(part.provider_options, provider).approval_request_id
                    if request is not None:
                        approved[request] = part.tool_call_id
    return approved


def _is_shell_hosted(names: ToolNames) -> bool:
    shell = names.provided.get("shell")
    environment = snake_keys(shell.args).get("environment") if shell else None
    return (environment or {}).get("type") in ("container_auto", "container_reference")
