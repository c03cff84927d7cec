"""Requests to OpenAI-compatible servers (`openai-compatible-chat-language-model.ts`)."""

from typing import Any

from edgechat.model.openai_chat.options import camel
from edgechat.model.openai_chat.request import json_schema_format, tool_choice
from edgechat.model.openai_compatible.messages import compatible_messages
from edgechat.model.prompt import ProviderOptions
from edgechat.model.types import FunctionTool, ModelCall, without_none

_KNOWN = frozenset({"user", "reasoningEffort", "textVerbosity", "strictJsonSchema"})


def metadata_key(provider: str, options: ProviderOptions) -> str:
    """The name under which the caller gave options, where it did so in camel case."""
    return camel(provider) if options.get(camel(provider)) is not None else provider


def request_body(
    model_id: str, provider: str, call: ModelCall, warnings: list[str], *, supports_structured_outputs: bool
) -> dict[str, Any]:
    """Options that are not known go into the request as they are."""
    own = call.provider_options.get(provider, {}) | call.provider_options.get(camel(provider), {})
    options = call.provider_options.get("openaiCompatible", {}) | own
    if call.top_k is not None:
        warnings.append(f"top_k is not supported by {provider}.")
    body = without_none(
        {
            "model": model_id,
            "messages": compatible_messages(call.messages, provider, metadata_key(provider, call.provider_options)),
            "user": options.get("user"),
            "max_tokens": call.max_output_tokens,
            "temperature": call.temperature,
            "top_p": call.top_p,
            "frequency_penalty": call.frequency_penalty,
            "presence_penalty": call.presence_penalty,
            "stop": call.stop_sequences or None,
            "seed": call.seed,
        }
    )
    body |= {key: value for key, value in own.items() if key not in _KNOWN}
    body |= without_none({"verbosity": options.get("textVerbosity"), "reasoning_effort": call.reasoning})
    if "reasoningEffort" in options:
        # None is something that one may tell a server.
        body["reasoning_effort"] = options["reasoningEffort"]
    if call.response_format:
        if call.response_format.schema is None or not supports_structured_outputs:
            body["response_format"] = {"type": "json_object"}
        else:
            strict = options.get("strictJsonSchema", True)
            body["response_format"] = json_schema_format(
                call.response_format, call.response_format.schema, strict=strict
            )
        if call.response_format.schema is not None and not supports_structured_outputs:
            warnings.append(f"{provider} does not take a schema for JSON: the answer may have another shape.")
    return body | _tools(call, provider, warnings)


def _tools(call: ModelCall, provider: str, warnings: list[str]) -> dict[str, Any]:
    tools = []
    for tool in call.tools:
        if isinstance(tool, FunctionTool):
            function = {
                "name": tool.name,
                "description": tool.description,
                "parameters": tool.input_schema,
                "strict": tool.strict,
            }
            tools.append({"type": "function", "function": without_none(function)})
        else:
            warnings.append(f"The tool {tool.id} is not supported by {provider}.")
    return without_none({"tools": tools, "tool_choice": tool_choice(call.tool_choice)}) if tools else {}
