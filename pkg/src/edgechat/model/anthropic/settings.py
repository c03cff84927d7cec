"""The settings of a request, all but prompt and tools (npm `@ai-sdk/anthropic` 4.0.105, `prepareRequest`)."""

from typing import Any

import msgspec

from edgechat.model.anthropic.models import Claude
from edgechat.model.anthropic.options import AnthropicOptions, Effort, Thinking
from edgechat.model.anthropic.schema import is_native, sanitized
from edgechat.model.anthropic.thinking import plan_thinking
from edgechat.model.types import JSONSchema, ModelCall, without_none


def answers_by_schema(schema: JSONSchema, options: AnthropicOptions, model: Claude) -> bool:
    """Or by the input of a tool."""
    if options.structured_output_mode == "outputFormat":
        return True
    if options.structured_output_mode == "jsonTool" and model.can_be_forced:
        return False
    return model.structured_output and is_native(schema)


def prepare_settings(
    call: ModelCall, options: AnthropicOptions, model: Claude, schema: JSONSchema | None, warnings: list[str]
) -> dict[str, Any]:
    """`schema`: that the answer is to follow."""
    _warn(call, warnings)
    if schema is not None and options.structured_output_mode == "jsonTool":
        warnings.append("This model cannot be forced to call a tool: it answers by the schema instead.")
    thinking, effort = plan_thinking(call.reasoning, options, model, warnings)
    is_thinking = thinking is not None and thinking.type not in (None, "disabled")
    return without_none(
        {
            "max_tokens": _max_tokens(call, thinking, model, warnings),
            **_sampling(call, model, warnings, is_thinking=is_thinking),
            "stop_sequences": call.stop_sequences or None,
            "thinking": _thinking(thinking),
            "output_config": _output_config(effort, options, schema),
            "speed": options.speed,
            "service_tier": options.service_tier,
            "inference_geo": options.inference_geo,
            "fallbacks": options.fallbacks or None,
            "cache_control": options.cache_control,
            "metadata": options.metadata,
            "mcp_servers": options.mcp_servers or None,
            "container": options.container and options.container.id,
            "compaction": options.compaction,
            "context_management": options.context_management,
        }
    )


def option_betas(options: AnthropicOptions) -> list[str]:
    """What has to be switched on for the options."""
    edits = (options.context_management or {}).get("edits", [])
    wanted = {
        "mcp-client-2025-04-04": options.mcp_servers,
        "compact-2026-09-04": options.compaction,
        "context-management-2025-06-27": options.context_management,
        "compact-2026-01-12": any(edit.get("type") == "compact_20260112" for edit in edits),
        "task-budgets-2026-03-13": options.task_budget,
        "fast-mode-2026-02-01": options.speed == "fast",
        "thinking-display-updates-2026-08-18": options.thinking and options.thinking.display == "updates",
        "thinking-binding-controls-2026-08-01": options.thinking and options.thinking.block_binding,
        "server-side-fallback-2026-07-01": options.fallbacks == "default",
        "server-side-fallback-2026-06-01": options.fallbacks and options.fallbacks != "default",
    }
    return [beta for beta, is_wanted in wanted.items() if is_wanted]


def _warn(call: ModelCall, warnings: list[str]) -> None:
    settings = ("frequency_penalty", "presence_penalty", "seed")
    warnings += [f"Anthropic does not support {name}." for name in settings if getattr(call, name) is not None]
    if call.response_format and call.response_format.schema is None:
        warnings.append("Anthropic gives JSON by a schema only: the response format is ignored.")


def _sampling(call: ModelCall, model: Claude, warnings: list[str], *, is_thinking: bool) -> dict[str, Any]:
    given = without_none({"temperature": call.temperature, "top_k": call.top_k, "top_p": call.top_p})
    if "temperature" in given and not 0 <= given["temperature"] <= 1:
        given["temperature"] = min(max(given["temperature"], 0), 1)
        warnings.append(f"Anthropic takes a temperature from 0 to 1: it is set to {given['temperature']}.")
    if given and not model.samples:
        warnings.append(f"This model does not support {', '.join(given)}.")
        return {}
    if given and is_thinking:
        warnings.append(f"Anthropic does not support {', '.join(given)} while the model thinks.")
        return {}
    if model.is_claude and "temperature" in given and given.pop("top_p", None) is not None:
        warnings.append("Anthropic does not support top_p together with temperature: top_p is ignored.")
    return given


def _max_tokens(call: ModelCall, thinking: Thinking | None, model: Claude, warnings: list[str]) -> int:
    if call.max_output_tokens is None and not model.is_known:
        warnings.append(f"The model is unknown: without max_output_tokens it gets {model.max_output_tokens}.")
    tokens = model.max_output_tokens if call.max_output_tokens is None else call.max_output_tokens
    if thinking and thinking.type == "enabled":
        tokens += thinking.budget_tokens or 0
    if model.is_known and tokens > model.max_output_tokens:
        if call.max_output_tokens is not None:
            warnings.append(
                f"{tokens} tokens, with thinking, are more than the {model.max_output_tokens} of this model."
            )
        return model.max_output_tokens
    return tokens


def _thinking(thinking: Thinking | None) -> dict[str, Any] | None:
    """Disabled is said too: some models think unless they are told not to."""
    if thinking is None:
        return None
    return without_none(msgspec.to_builtins(thinking)) or None


def _output_config(
    effort: Effort | None, options: AnthropicOptions, schema: JSONSchema | None
) -> dict[str, Any] | None:
    config = {
        "effort": effort,
        "task_budget": options.task_budget,
        "format": None if schema is None else {"type": "json_schema", "schema": sanitized(schema)},
    }
    return without_none(config) or None
