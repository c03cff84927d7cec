"""What a call may ask of OpenAI in particular (npm `@ai-sdk/openai` 4.0.118,
`openai-responses-language-model-options.ts`). Keys are taken in either spelling, reasoningEffort or reasoning_effort.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from edgechat.errors import InvalidArgumentError
from edgechat.model.openai_responses.shapes import snake_keys
from edgechat.model.openai_schema import openai_schema
from edgechat.model.prompt import ProviderOptions

type Effort = Literal["none", "low", "medium", "high", "xhigh", "max"]


class TextFormat(msgspec.Struct, omit_defaults=True):
    type: Literal["text", "json_schema"]
    name: str | None = None
    description: str | None = None
    schema: dict[str, Any] | None = None
    strict: bool | None = None


class AllowedTools(msgspec.Struct):
    tool_names: Annotated[list[str], msgspec.Meta(min_length=1)]
    mode: Literal["auto", "required"] = "auto"


class Options(msgspec.Struct, kw_only=True):
    """`provider_options["openai"]`, or "azure", of a `ModelCall`. None leaves it to OpenAI."""

    allowed_tools: AllowedTools | None = None
    """Of all tools; in place of `tool_choice`."""
    compaction_trigger: bool = False
    context_management: list[dict[str, Any]] | None = None
    conversation: str | None = None
    force_reasoning: bool | None = None
    """Treats an unknown model as one that reasons."""
    include: list[str] | None = None
    include_web_search_sources: bool = True
    instructions: str | None = None
    logprobs: bool | Annotated[int, msgspec.Meta(ge=1, le=20)] = False
    max_tool_calls: int | None = None
    metadata: Any = None
    parallel_tool_calls: bool | None = None
    pass_through_unsupported_files: bool = False
    previous_response_id: str | None = None
    prompt_cache_key: str | None = None
    prompt_cache_options: dict[str, Any] | None = None
    prompt_cache_retention: str | None = None
    reasoning_context: str | None = None
    reasoning_effort: str | None = None
    reasoning_effort_update: Effort | None = None
    reasoning_mode: str | None = None
    reasoning_summary: str | UnsetType | None = UNSET
    """None for no summary. Left out, it is "detailed" where an effort is set."""
    safety_identifier: str | None = None
    service_tier: str | None = None
    store: bool | None = None
    strict_json_schema: bool | None = None
    system_message_mode: Literal["system", "developer", "remove"] | None = None
    text_format: TextFormat | None = None
    text_verbosity: str | None = None
    truncation: str | None = None
    user: str | None = None


class MessageOptions(msgspec.Struct):
    """Of a system message without text: what changes from there on."""

    reasoning_effort_update: Effort | None = None
    text_format_update: TextFormat | None = None
    additional_tools: list[dict[str, Any]] | None = None


class Caller(msgspec.Struct, omit_defaults=True):
    """Who made a call: the model, or a program that it wrote."""

    type: Literal["direct", "program"]
    caller_id: str | None = None


class PartOptions(msgspec.Struct):
    """Of a part of a message: what its metadata said when it came from OpenAI, and what the caller adds."""

    item_id: str | None = None
    phase: str | None = None
    reasoning_encrypted_content: str | None = None
    encrypted_content: str | None = None
    is_async: bool | None = msgspec.field(name="async", default=None)
    namespace: str | None = None
    caller: Caller | None = None
    parallel_tool_call: Any = None
    approval_request_id: str | None = None
    approval_id: str | None = None
    additional_tools: list[dict[str, Any]] | None = None
    image_detail: str | None = None
    prompt_cache_breakpoint: dict[str, Any] | None = None


class Namespace(msgspec.Struct):
    name: str
    description: str


class FunctionOptions(msgspec.Struct):
    """Of a tool."""

    allowed_callers: list[str] | None = None
    is_async: bool | None = msgspec.field(name="async", default=None)
    defer_loading: bool | None = None
    omit_from_request_tools: bool = False
    """For tools that are told of within the conversation."""
    output_schema: dict[str, Any] | None = None
    namespace: Namespace | None = None


def read_options[T](options: ProviderOptions | None, type: type[T], *providers: str) -> T:
    """Those of the first provider that has any."""
    given = next((found for provider in providers if (found := (options or {}).get(provider))), {})
    try:
        return msgspec.convert(snake_keys(given), type)
    except msgspec.ValidationError as error:
        raise InvalidArgumentError(f"Invalid provider options for {providers[0]}: {error}") from None


def part_options(options: ProviderOptions | None, provider: str) -> PartOptions:
    return read_options(options, PartOptions, provider)


def text_format(format: TextFormat, warnings: list[str]) -> dict[str, Any]:
    wire: dict[str, Any] = msgspec.to_builtins(format)
    if format.schema is not None:
        wire["schema"] = openai_schema(format.schema, warnings)
    return wire
