"""Requests to OpenAI's Chat Completions API (`openai-chat-language-model.ts`)."""

from typing import Any

from edgechat.model.openai_chat.messages import openai_messages
from edgechat.model.openai_chat.options import OpenAIChatOptions
from edgechat.model.openai_models import OpenAIModel, openai_model, supported_effort
from edgechat.model.openai_schema import openai_schema
from edgechat.model.types import FunctionTool, JSONFormat, ModelCall, ToolChoice, ToolNamed, without_none


def request_body(model_id: str, call: ModelCall, options: OpenAIChatOptions, warnings: list[str]) -> dict[str, Any]:
    """What the model does not support goes into `warnings`."""
    model = openai_model(model_id)
    effort = _effort(call, options, model, warnings)
    is_reasoning = model.is_reasoning if options.force_reasoning is None else options.force_reasoning
    mode = options.system_message_mode or ("developer" if is_reasoning or model.is_reasoning else "system")
    has_logprobs = options.logprobs is not None and options.logprobs is not False
    body = without_none(
        {
            "model": model_id,
            "messages": openai_messages(call.messages, mode, warnings),
            "max_tokens": call.max_output_tokens,
            "max_completion_tokens": options.max_completion_tokens,
            "temperature": call.temperature,
            "top_p": call.top_p,
            "frequency_penalty": call.frequency_penalty,
            "presence_penalty": call.presence_penalty,
            "stop": call.stop_sequences or None,
            "seed": call.seed,
            "logit_bias": options.logit_bias,
            "logprobs": has_logprobs or None,
            "top_logprobs": (0 if options.logprobs is True else options.logprobs) if has_logprobs else None,
            "response_format": _response_format(call.response_format, options, warnings),
            "reasoning_effort": effort,
            "verbosity": options.text_verbosity,
            "prediction": options.prediction,
            "parallel_tool_calls": options.parallel_tool_calls,
            "service_tier": options.service_tier,
            "prompt_cache_key": options.prompt_cache_key,
            "prompt_cache_options": options.prompt_cache_options,
            "prompt_cache_retention": options.prompt_cache_retention,
            "store": options.store,
            "metadata": options.metadata,
            "user": options.user,
            "safety_identifier": options.safety_identifier,
        }
    )
    if call.top_k is not None:
        warnings.append("OpenAI does not support top_k.")
    if options.reasoning_summary is not None:
        warnings.append("The Chat Completions API has no reasoningSummary; the Responses API has.")
    if is_reasoning:
        _remove_for_reasoning(body, model, warnings)
    elif not model.chat_temperature:
        _remove(body, ["temperature"], "with search", warnings)
    if not model.prompt_cache_retention:
        _remove(body, ["prompt_cache_retention"], "here; use promptCacheOptions", warnings)
    tier = options.service_tier
    if (tier == "flex" and not model.flex) or (tier in ("priority", "fast") and not model.priority):
        _remove(body, ["service_tier"], f"as {tier!r}", warnings)
    return body | tools_of(call, warnings)


def tools_of(call: ModelCall, warnings: list[str]) -> dict[str, Any]:
    tools = []
    for tool in call.tools:
        if isinstance(tool, FunctionTool):
            function = {
                "name": tool.name,
                "description": tool.description,
                "parameters": openai_schema(tool.input_schema, warnings),
                "strict": tool.strict,
            }
            tools.append({"type": "function", "function": without_none(function)})
        else:
            warnings.append(f"The tool {tool.id} is not supported by the Chat Completions API.")
    return without_none({"tools": tools, "tool_choice": tool_choice(call.tool_choice)}) if tools else {}


def tool_choice(choice: ToolChoice | None) -> Any:
    return {"type": "function", "function": {"name": choice.name}} if isinstance(choice, ToolNamed) else choice


def json_schema_format(format: JSONFormat, schema: dict[str, Any], *, strict: bool) -> dict[str, Any]:
    wanted = {"schema": schema, "strict": strict, "name": format.name or "response", "description": format.description}
    return {"type": "json_schema", "json_schema": without_none(wanted)}


def _response_format(
    format: JSONFormat | None, options: OpenAIChatOptions, warnings: list[str]
) -> dict[str, Any] | None:
    if format is None:
        return None
    if format.schema is None:
        return {"type": "json_object"}
    return json_schema_format(format, openai_schema(format.schema, warnings), strict=options.strict_json_schema)


def _effort(call: ModelCall, options: OpenAIChatOptions, model: OpenAIModel, warnings: list[str]) -> str | None:
    if options.reasoning_effort is not None:
        return options.reasoning_effort
    if not model.chat_reasons_with_tools and any(isinstance(tool, FunctionTool) for tool in call.tools):
        if call.reasoning not in (None, "none"):
            warnings.append("This model does not reason with tools, except by the Responses API.")
        return "none"
    if call.reasoning is None:
        return None
    # "max" is for the Responses API.
    efforts = model.efforts and tuple(effort for effort in model.efforts if effort != "max")
    return supported_effort(call.reasoning, efforts, warnings)


def _remove_for_reasoning(body: dict[str, Any], model: OpenAIModel, warnings: list[str]) -> None:
    names = ["frequency_penalty", "presence_penalty", "logit_bias", "top_logprobs"]
    if body.get("reasoning_effort") != "none" or not model.samples_without_effort:
        names += ["temperature", "top_p", "logprobs"]
    _remove(body, names, "by reasoning models", warnings)
    tokens = body.pop("max_tokens", None)
    if tokens is not None:
        body.setdefault("max_completion_tokens", tokens)


def _remove(body: dict[str, Any], names: list[str], where: str, warnings: list[str]) -> None:
    warnings += [f"{name} is not supported {where}." for name in names if body.pop(name, None) is not None]
