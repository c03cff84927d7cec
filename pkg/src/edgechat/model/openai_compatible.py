"""Servers that speak OpenAI's Chat Completions wire: vLLM, llama.cpp, Ollama, Groq, Mistral, DeepSeek and many others.

(npm `@ai-sdk/openai-compatible` 3.0.92, whose behaviour this follows.)
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from edgechat.http import Fetch
from edgechat.model.openai_chat import OpenAIChat
from edgechat.model.openai_chat.api import common_body
from edgechat.model.openai_chat.compatible import OpenAICompatibleDecoder
from edgechat.model.openai_chat.messages import ChatMessages
from edgechat.model.prompt import AssistantMessage, ProviderOptions, ReasoningPart, ToolCallPart
from edgechat.model.remote import RemoteModel, http_sender
from edgechat.model.types import Decoder, ModelCall, without_none

_OWN_OPTIONS = frozenset({"reasoningEffort", "textVerbosity", "strictJsonSchema"})


class OpenAICompatible(OpenAIChat):
    """The `API` of a model of such a server. `provider` is the server's name, `headers` carry the key.

    `provider_options` go into the request as they are, but for "reasoningEffort", "textVerbosity" and
    "strictJsonSchema". These may also be those of "openaiCompatible", and under that name what is said of a message or
    a part goes into it as it is.
    """

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
        super().__init__(model_id, provider=provider, base_url=base_url, headers=headers)
        if query_params:
            self._url += f"?{urlencode(query_params)}"
        self._include_usage = include_usage
        self._supports_structured_outputs = supports_structured_outputs

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> Decoder:  # noqa: ARG002
        return OpenAICompatibleDecoder(self._metadata_key(call))

    def _body(self, call: ModelCall, warnings: list[str]) -> dict[str, Any]:
        own = call.provider_options.get(self.provider, {}) | call.provider_options.get(_camel(self.provider), {})
        options = call.provider_options.get("openaiCompatible", {}) | own
        body = common_body(
            self.model_id,
            call,
            _Messages(self.provider, self._metadata_key(call)).convert(call.messages),
            warnings,
            strict=options.get("strictJsonSchema", True),
            has_schemas=self._supports_structured_outputs,
        )
        named = {
            "user": options.get("user"),
            "verbosity": options.get("textVerbosity"),
            "reasoning_effort": call.reasoning,
            "stream_options": {"include_usage": True} if self._include_usage else None,
        }
        body |= without_none(named) | {key: value for key, value in own.items() if key not in _OWN_OPTIONS}
        if "reasoningEffort" in options:
            # None is something that one may tell a server.
            body["reasoning_effort"] = options["reasoningEffort"]
        return body

    def _metadata_key(self, call: ModelCall) -> str:
        """The name under which the caller gave options, where it did so in camel case."""
        camel = _camel(self.provider)
        return self.provider if call.provider_options.get(camel) is None else camel


class _Messages(ChatMessages):
    def __init__(self, provider: str, metadata_key: str) -> None:
        super().__init__(provider)
        self._metadata_key = metadata_key

    def extras(self, part: Any) -> dict[str, Any]:
        options: ProviderOptions = part.provider_options or {}
        extras = dict(options.get("openaiCompatible", {}))
        if isinstance(part, AssistantMessage) and not isinstance(part.content, str):
            reasoning = "".join(inner.text for inner in part.content if isinstance(inner, ReasoningPart))
            if reasoning:
                extras.setdefault("reasoning_content", reasoning)
        elif isinstance(part, ToolCallPart):
            # Of Gemini's thoughts.
            signatures = [options.get(key, {}).get("thoughtSignature") for key in (self._metadata_key, "google")]
            if signature := signatures[0] or signatures[1]:
                extras["extra_content"] = {"google": {"thought_signature": str(signature)}}
        return extras


def _camel(name: str) -> str:
    return re.sub("[_-]([a-z])", lambda match: match[1].upper(), name)


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
