"""What a call may ask of OpenAI in particular (`openai-chat-language-model-options.ts`)."""

import re
from typing import Any, Literal

import msgspec

from edgechat.errors import InvalidArgumentError
from edgechat.model.prompt import ProviderOptions


class PromptCacheOptions(msgspec.Struct, omit_defaults=True):
    mode: Literal["implicit", "explicit"] | None = None
    ttl: Literal["30m"] | None = None


class OpenAIChatOptions(msgspec.Struct, rename="camel", kw_only=True):
    """`provider_options["openai"]` of a `ModelCall`, in either spelling: reasoningEffort or reasoning_effort."""

    logit_bias: dict[str, float] | None = None
    logprobs: bool | int | None = None
    """True, or how many alternatives of each token."""
    parallel_tool_calls: bool | None = None
    user: str | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    max_completion_tokens: int | None = None
    store: bool | None = None
    metadata: dict[str, str] | None = None
    prediction: dict[str, Any] | None = None
    service_tier: Literal["auto", "flex", "priority", "fast", "ultrafast", "default"] | None = None
    strict_json_schema: bool = True
    text_verbosity: Literal["low", "medium", "high"] | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: PromptCacheOptions | None = None
    prompt_cache_retention: Literal["in_memory", "24h"] | None = None
    safety_identifier: str | None = None
    system_message_mode: Literal["system", "developer", "remove"] | None = None
    force_reasoning: bool | None = None
    reasoning_summary: Any = None
    """Of the Responses API only."""


def read_options(provider_options: ProviderOptions, names: list[str]) -> OpenAIChatOptions:
    """Where several names have options, the later ones win."""
    given = {camel(key): value for name in names for key, value in provider_options.get(name, {}).items()}
    try:
        return msgspec.convert(given, OpenAIChatOptions)
    except msgspec.ValidationError as error:
        raise InvalidArgumentError(f"Invalid provider options for OpenAI: {error}") from None


def camel(name: str) -> str:
    return re.sub("[_-]([a-z])", lambda match: match[1].upper(), name)
