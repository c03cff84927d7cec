"""What a call may ask of Anthropic in particular (npm `@ai-sdk/anthropic` 4.0.105,
`anthropic-language-model-options.ts`).

Keys are taken in either spelling, budgetTokens or budget_tokens.
"""

from typing import Any, Literal

import msgspec

from edgechat.errors import InvalidArgumentError
from edgechat.model.anthropic.names import options_of, snake
from edgechat.model.prompt import ProviderOptions

type Effort = Literal["low", "medium", "high", "xhigh", "max"]


class Thinking(msgspec.Struct, kw_only=True):
    type: Literal["adaptive", "enabled", "disabled", "between_tools"] | None = None
    budget_tokens: int | None = None
    """Of "enabled"."""
    display: Literal["omitted", "summarized", "updates"] | None = None
    """Of "adaptive"."""
    block_binding: dict[str, Any] | None = None


class Container(msgspec.Struct):
    id: str | None = None
    """Of an earlier answer, to go on in."""


class AnthropicOptions(msgspec.Struct, kw_only=True):
    """`provider_options["anthropic"]` of a `ModelCall`."""

    send_reasoning: bool = True
    structured_output_mode: Literal["outputFormat", "jsonTool", "auto"] = "auto"
    thinking: Thinking | None = None
    effort: Effort | None = None
    disable_parallel_tool_use: bool | None = None
    tool_streaming: bool = True
    cache_control: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    mcp_servers: list[dict[str, Any]] = []
    container: Container | None = None
    task_budget: dict[str, Any] | None = None
    speed: Literal["fast", "standard"] | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    inference_geo: Literal["us", "global"] | None = None
    fallbacks: Literal["default"] | list[dict[str, Any]] = []
    compaction: dict[str, Any] | None = None
    context_management: dict[str, Any] | None = None
    anthropic_beta: list[str] = []


def read_options(provider_options: ProviderOptions) -> AnthropicOptions:
    given = {
        # Fallbacks are in Anthropic's own words, and may contain a JSON schema.
        key: value if key == "fallbacks" else snake(value)
        for key, value in options_of(provider_options).items()
    }
    try:
        options = msgspec.convert(given, AnthropicOptions)
    except msgspec.ValidationError as error:
        raise InvalidArgumentError(f"Invalid provider options for Anthropic: {error}") from None
    if options.compaction and options.context_management:
        raise InvalidArgumentError("Anthropic's options compaction and context_management exclude each other.")
    return options
