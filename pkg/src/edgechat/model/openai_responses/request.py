"""The body of a request (npm `@ai-sdk/openai` 4.0.118, `openai-responses-language-model.ts`)."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from msgspec import UNSET

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.openai_models import OpenAIModel, supported_effort
from edgechat.model.openai_responses.names import ToolNames
from edgechat.model.openai_responses.options import Options, text_format
from edgechat.model.openai_responses.prompt import input_items
from edgechat.model.openai_responses.settings import InputItem, PromptSettings
from edgechat.model.openai_responses.shapes import camel
from edgechat.model.openai_responses.tools import prepare_tools
from edgechat.model.openai_schema import openai_schema
from edgechat.model.types import ModelCall, without_none

type Body = dict[str, Any]

_MOST_LOGPROBS = 20
_LOGPROBS = "message.output_text.logprobs"


def request_body(
    call: ModelCall, model_id: str, model: OpenAIModel, options: Options, provider: str, warnings: list[str]
) -> Body:
    warnings += [
        f"{name} is not supported by OpenAI's Responses API."
        for name in ("top_k", "seed", "presence_penalty", "frequency_penalty", "stop_sequences")
        if getattr(call, name) not in (None, [])
    ]
    if options.conversation and options.previous_response_id:
        warnings.append("conversation and previousResponseId cannot be used together.")
    names = ToolNames(call.tools)
    is_reasoning = model.is_reasoning if options.force_reasoning is None else options.force_reasoning
    effort = options.reasoning_effort
    if effort is None and call.reasoning:
        effort = supported_effort(call.reasoning, model.efforts, warnings)
    tools = prepare_tools(
        call, names, provider, allowed=options.allowed_tools, has_async=model.responses_async_tools, warnings=warnings
    )
    no_updates = _no_updates(model, options)
    settings = PromptSettings(
        provider=provider,
        names=names,
        custom_tools=tools.custom,
        tools_with_output_schema=tools.with_output_schema,
        system_role=options.system_message_mode or ("developer" if is_reasoning or model.is_reasoning else "system"),
        is_reasoning=is_reasoning,
        is_stored=options.store is not False,
        in_conversation=options.conversation is not None,
        continues_response=options.previous_response_id is not None,
        pass_through_files=options.pass_through_unsupported_files,
        no_updates=no_updates,
    )
    items = input_items(call.messages, settings, warnings)
    efforts = _update_effort(items, model, options, no_updates, warnings)
    if options.compaction_trigger:
        items.append({"type": "compaction_trigger"})
    body: Body = {
        "model": model_id,
        "input": items,
        "temperature": call.temperature,
        "top_p": call.top_p,
        "max_output_tokens": call.max_output_tokens,
        "text": _text(call, options, warnings),
        "conversation": options.conversation,
        "max_tool_calls": options.max_tool_calls,
        "metadata": options.metadata,
        "parallel_tool_calls": options.parallel_tool_calls,
        "previous_response_id": options.previous_response_id,
        "store": options.store,
        "user": options.user,
        "instructions": options.instructions,
        "service_tier": options.service_tier,
        "include": _include(options, names, is_reasoning=is_reasoning),
        "prompt_cache_key": options.prompt_cache_key,
        "prompt_cache_options": options.prompt_cache_options,
        "prompt_cache_retention": options.prompt_cache_retention,
        "safety_identifier": options.safety_identifier,
        "top_logprobs": _MOST_LOGPROBS if options.logprobs is True else options.logprobs or None,
        "truncation": options.truncation,
        "context_management": options.context_management,
        "tools": tools.tools,
        "tool_choice": tools.choice,
        "stream": True,
    }
    if is_reasoning:
        body["reasoning"] = _reasoning(effort, options)
        samples = model.samples_without_effort and [effort, *efforts][-1] == "none"
        if not samples:
            _without_sampling(body, model, warnings)
    else:
        warnings += [
            f"{camel(name)} is not supported by models that do not reason."
            for name in ("reasoning_effort", "reasoning_summary", "reasoning_mode", "reasoning_context")
            if getattr(options, name) not in (None, UNSET)
        ]
    _check_services(body, model, warnings)
    return without_none(body)


def _no_updates(model: OpenAIModel, options: Options) -> str | None:
    if not model.responses_configuration_updates:
        return "Updates of the configuration are supported by GPT-6 and later models only."
    if options.reasoning_mode == "pro" or options.context_management is not None or options.truncation == "auto":
        return "Updates of the configuration exclude the reasoning mode pro, and automatic compaction and truncation."
    return None


def _update_effort(
    items: list[InputItem], model: OpenAIModel, options: Options, no_updates: str | None, warnings: list[str]
) -> Sequence[str]:
    """The efforts that the items set, after the one of the request was put before them."""
    efforts = [item["reasoning"]["effort"] for item in items if "reasoning" in item]
    unsupported = [effort for effort in efforts if model.efforts and effort not in model.efforts]
    if unsupported:
        raise UnsupportedFunctionalityError(f"The model does not support the reasoning effort {unsupported[0]!r}.")
    if update := options.reasoning_effort_update:
        if no_updates:
            warnings.append(no_updates)
        elif model.efforts and update not in model.efforts:
            warnings.append(f"The model does not support the reasoning effort {update!r}.")
        elif not (items and items[0].get("reasoning") == {"effort": update}):
            items.insert(0, {"type": "configuration_update", "reasoning": {"effort": update}})
            efforts.insert(0, update)
    if any(a.get("type") == b.get("type") == "configuration_update" for a, b in pairwise(items)):
        raise UnsupportedFunctionalityError("One update of the configuration cannot follow on another.")
    return efforts


def _text(call: ModelCall, options: Options, warnings: list[str]) -> Body | None:
    wanted = call.response_format
    text: Body = {"verbosity": options.text_verbosity}
    if options.text_format:
        text["format"] = text_format(options.text_format, warnings)
    elif wanted and wanted.schema is not None:
        text["format"] = without_none(
            {
                "type": "json_schema",
                "strict": options.strict_json_schema is not False,
                "name": wanted.name or "response",
                "description": wanted.description,
                "schema": openai_schema(wanted.schema, warnings),
            }
        )
    elif wanted:
        text["format"] = {"type": "json_object"}
    return without_none(text) or None


def _include(options: Options, names: ToolNames, *, is_reasoning: bool) -> list[str] | None:
    include = list(options.include or ())
    if options.logprobs:
        include.append(_LOGPROBS)
    if options.include_web_search_sources and names.provided.keys() & {"web_search", "web_search_preview"}:
        include.append("web_search_call.action.sources")
    if "code_interpreter" in names.provided:
        include.append("code_interpreter_call.outputs")
    if options.store is False and is_reasoning:
        include.append("reasoning.encrypted_content")
    return list(dict.fromkeys(include)) or None


def _reasoning(effort: str | None, options: Options) -> Body | None:
    summary = options.reasoning_summary
    if summary is UNSET:
        summary = "detailed" if effort not in (None, "none") else None
    reasoning = {
        "effort": effort,
        "summary": summary,
        "mode": options.reasoning_mode,
        "context": options.reasoning_context,
    }
    return without_none(reasoning) or None


def _without_sampling(body: Body, model: OpenAIModel, warnings: list[str]) -> None:
    for name in ("temperature", "top_p"):
        if body[name] is not None:
            body[name] = None
            warnings.append(f"{name} is not supported by models that reason.")
    if not model.responses_logprobs_while_reasoning and _LOGPROBS in (body["include"] or ()):
        body["top_logprobs"] = None
        body["include"] = [value for value in body["include"] if value != _LOGPROBS] or None
        warnings.append("logprobs are not supported by models that reason.")


def _check_services(body: Body, model: OpenAIModel, warnings: list[str]) -> None:
    if body["prompt_cache_retention"] is not None and not model.prompt_cache_retention:
        body["prompt_cache_retention"] = None
        warnings.append("promptCacheRetention is not supported by GPT-6 and later models: use promptCacheOptions.")
    tier = body["service_tier"]
    is_supported = {"flex": model.flex, "priority": model.priority, "fast": model.priority}
    if not is_supported.get(tier, True):
        body["service_tier"] = None
        warnings.append(f"The service tier {tier} is not supported by this model.")
