"""A request but for its prompt: what it asks for, as far as the model can do it."""

import re
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from edgechat.errors import InvalidArgumentError
from edgechat.model.prompt import ProviderOptions
from edgechat.model.types import FunctionTool, ModelCall, ProviderTool, Reasoning, ToolChoice, without_none

type Tool = FunctionTool | ProviderTool
type Effort = Literal["low", "medium", "high", "xhigh", "max"]

JSON_TOOL = "json"
"""Its input is the answer, where a model cannot answer by a JSON schema."""

_LEVELS = 8
"""How deep keys are changed: nothing that is known nests deeper, and what strangers send may."""

# Versions of the web tools that run code by themselves, so that calls of it come undeclared.
_CODE_RUNNING = ("_20260209", "_20260318")

_MAX_BREAKPOINTS = 4

# Shares of the most tokens that a model can write.
_BUDGETS = {"minimal": 0.02, "low": 0.1, "medium": 0.3, "high": 0.6, "xhigh": 0.9, "max": 0.95}
_MIN_BUDGET = 1024

_OPTION_BETAS = {
    "mcp_servers": "mcp-client-2025-04-04",
    "context_management": "context-management-2025-06-27",
}
_TOOL_BETAS = {
    "code_execution_20250522": "code-execution-2025-05-22",
    "code_execution_20250825": "code-execution-2025-08-25",
    "web_fetch_20250910": "web-fetch-2025-09-10",
    "web_fetch_20260209": "code-execution-web-tools-2026-02-09",
    "web_search_20260209": "code-execution-web-tools-2026-02-09",
}


def snake(value: Any) -> Any:
    return _rename(value, lambda key: re.sub("(?<=[a-z0-9])[A-Z]", lambda found: "_" + found[0].lower(), key), _LEVELS)


def camel(value: Any) -> Any:
    """Of structs, too."""
    return _rename(
        msgspec.to_builtins(value), lambda key: re.sub("_([a-z])", lambda found: found[1].upper(), key), _LEVELS
    )


def _rename(value: Any, name: Callable[[str], str], levels: int) -> Any:
    if levels and isinstance(value, dict):
        return {name(key): _rename(item, name, levels - 1) for key, item in value.items()}
    if levels and isinstance(value, list):
        return [_rename(item, name, levels - 1) for item in value]
    return value


def options_of(provider_options: ProviderOptions | None) -> dict[str, Any]:
    """What is meant for Anthropic, in snake_case: cacheControl and cache_control both become cache_control."""
    options: dict[str, Any] = snake((provider_options or {}).get("anthropic") or {})
    return options


def tool_kind(tool: Tool) -> str:
    """ "web_search_20250305" of "anthropic.web_search_20250305"; empty for tools that are not Anthropic's."""
    provider, _, kind = tool.id.partition(".") if isinstance(tool, ProviderTool) else ("", "", "")
    return kind if provider == "anthropic" else ""


def api_name(kind: str) -> str:
    """ "web_search" of "web_search_20250305"."""
    return kind.rpartition("_")[0]


class ToolNames:
    def __init__(self, tools: list[Tool]) -> None:
        self._provider = {tool.name: api_name(kind) for tool in tools if (kind := tool_kind(tool))}
        self._custom = {provider: custom for custom, provider in self._provider.items()}

    def custom(self, name: str) -> str:
        """The caller's."""
        return self._custom.get(name, name)

    def provider(self, name: str) -> str:
        """Anthropic's."""
        return self._provider.get(name, name)


def runs_undeclared_code(tools: list[Tool]) -> bool:
    kinds = [tool_kind(tool) for tool in tools]
    return any(kind.endswith(_CODE_RUNNING) for kind in kinds) and not any(
        kind.startswith("code_execution") for kind in kinds
    )


class Claude(msgspec.Struct, frozen=True):
    """What a model can do."""

    max_output_tokens: int = 4096
    structured_output: bool = False
    """Answers by a JSON schema, and calls tools strictly by theirs."""
    adaptive_thinking: bool = False
    """Thinks as much as it takes, instead of by a budget of tokens."""
    samples: bool = True
    """Takes temperature, top_p and top_k."""
    xhigh_effort: bool = False
    takes_budget: bool = True
    thinking_can_be_off: bool = True
    can_be_forced: bool = True
    """To call a tool."""
    is_known: bool = True


_CLAUDE_4_6 = Claude(128_000, structured_output=True, adaptive_thinking=True)
_CLAUDE_5 = msgspec.structs.replace(_CLAUDE_4_6, samples=False, xhigh_effort=True)
_HAIKU_5_5 = msgspec.structs.replace(_CLAUDE_5, takes_budget=False)
_FABLE_5 = msgspec.structs.replace(_HAIKU_5_5, thinking_can_be_off=False)

# The first that is found in an id.
_MODELS = {
    "claude-(?:(?:opus|sonnet)-5-5|fable-5-[12])": msgspec.structs.replace(_FABLE_5, can_be_forced=False),
    "claude-haiku-5-5": _HAIKU_5_5,
    "claude-fable-5": _FABLE_5,
    "claude-(?:opus-4-[78]|(?:opus|sonnet)-5)": _CLAUDE_5,
    "claude-(?:opus|sonnet)-4-6": _CLAUDE_4_6,
    "claude-(?:opus|sonnet|haiku)-4-5": Claude(64_000, structured_output=True),
    "claude-opus-4-1": Claude(32_000, structured_output=True),
    "claude-sonnet-4": Claude(64_000),
    "claude-opus-4": Claude(32_000),
    "claude-3-haiku": Claude(),
    "claude-(?:instant|v?[23])|^(?!.*claude-)": Claude(is_known=False),
    "": msgspec.structs.replace(_CLAUDE_5, is_known=False),  # newer than this list
}


def claude(model_id: str) -> Claude:
    return next(model for pattern, model in _MODELS.items() if re.search(pattern, model_id))


class Thinking(msgspec.Struct, kw_only=True, omit_defaults=True):
    type: Literal["adaptive", "enabled", "disabled"]
    budget_tokens: int | None = None
    """Of "enabled"."""
    display: Literal["omitted", "summarized", "updates"] | None = None
    """Of "adaptive"."""


class AnthropicOptions(msgspec.Struct, kw_only=True):
    """`provider_options["anthropic"]` of a `ModelCall`, with keys in either spelling, budgetTokens or budget_tokens."""

    send_reasoning: bool = True
    structured_output_mode: Literal["outputFormat", "jsonTool", "auto"] = "auto"
    thinking: Thinking | None = None
    effort: Effort | None = None
    disable_parallel_tool_use: bool | None = None
    anthropic_beta: list[str] = []
    others: dict[str, Any] = {}
    """All other keys, such as mcpServers and metadata: fields of the request."""


def read_options(provider_options: ProviderOptions) -> AnthropicOptions:
    others = options_of(provider_options)
    known = {key: others.pop(key) for key in AnthropicOptions.__struct_fields__ if key in others}
    try:
        return msgspec.convert({**known, "others": others}, AnthropicOptions)
    except msgspec.ValidationError as error:
        raise InvalidArgumentError(f"Invalid provider options for Anthropic: {error}") from None


class Notes:
    """What comes up while a request is written."""

    def __init__(self, options: AnthropicOptions) -> None:
        self.warnings: list[str] = []
        self.betas = [beta for option, beta in _OPTION_BETAS.items() if options.others.get(option)]
        self._breakpoints = 0

    def cache_control(self, *provider_options: ProviderOptions | None) -> dict[str, Any] | None:
        """The first `cacheControl` among the options, unless there are too many already."""
        for options in provider_options:
            control: dict[str, Any] | None = options_of(options).get("cache_control")
            if not control:
                continue
            self._breakpoints += 1
            if self._breakpoints <= _MAX_BREAKPOINTS:
                return control
            self.warnings.append(f"Anthropic takes {_MAX_BREAKPOINTS} cache breakpoints: another one is ignored.")
        return None


def plan_thinking(
    reasoning: Reasoning | None, options: AnthropicOptions, model: Claude, notes: Notes
) -> tuple[Thinking | None, Effort | None]:
    """From the options, else from `reasoning`; as near to what is wanted as the model can come."""
    thinking, effort = options.thinking, options.effort
    if reasoning and effort is None:
        meant, effort = _from_reasoning(reasoning, model)
        thinking = thinking or meant
    if thinking and thinking.type == "disabled" and not model.thinking_can_be_off:
        thinking, effort = None, effort or "low"
        notes.warnings.append("This model's thinking cannot be disabled. A low effort makes it think less.")
    elif thinking and thinking.type == "enabled" and not model.takes_budget:
        thinking = Thinking(type="adaptive")
        notes.warnings.append("This model takes no budget for thinking: it thinks as much as its effort says.")
    elif thinking and thinking.type == "enabled" and thinking.budget_tokens is None:
        thinking.budget_tokens = _MIN_BUDGET
        notes.warnings.append(f"Thinking needs a budget: it is set to {_MIN_BUDGET} tokens.")
    return thinking, effort


def _from_reasoning(reasoning: Reasoning, model: Claude) -> tuple[Thinking, Effort | None]:
    if reasoning == "none":
        return Thinking(type="disabled"), None
    if not model.adaptive_thinking:
        budget = max(_MIN_BUDGET, round(model.max_output_tokens * _BUDGETS[reasoning]))
        return Thinking(type="enabled", budget_tokens=budget), None
    effort: Effort = "low" if reasoning == "minimal" else reasoning
    if effort == "xhigh" and not model.xhigh_effort:
        effort = "high"
    return Thinking(type="adaptive", display="summarized"), effort


def prepare_settings(call: ModelCall, thinking: Thinking | None, model: Claude, notes: Notes) -> dict[str, Any]:
    """How much to write, and how to choose the words."""
    unsupported = ("frequency_penalty", "presence_penalty", "seed")
    notes.warnings += [f"Anthropic does not support {name}." for name in unsupported if getattr(call, name) is not None]
    return {
        "max_tokens": _max_tokens(call, thinking, model, notes),
        **_sampling(call, thinking, model, notes),
        "stop_sequences": call.stop_sequences or None,
        # Disabled is said too: some models think unless they are told not to.
        "thinking": thinking,
    }


def _sampling(call: ModelCall, thinking: Thinking | None, model: Claude, notes: Notes) -> dict[str, Any]:
    given = without_none({"temperature": call.temperature, "top_k": call.top_k, "top_p": call.top_p})
    if given and not (model.samples and (thinking is None or thinking.type == "disabled")):
        notes.warnings.append(f"This model does not support {', '.join(given)}, or not while it thinks.")
        return {}
    if "temperature" in given and not 0 <= given["temperature"] <= 1:
        given["temperature"] = min(max(given["temperature"], 0), 1)
        notes.warnings.append(f"Anthropic takes a temperature from 0 to 1: it is set to {given['temperature']}.")
    if "temperature" in given and given.pop("top_p", None) is not None:
        notes.warnings.append("Anthropic does not support top_p together with temperature: top_p is ignored.")
    return given


def _max_tokens(call: ModelCall, thinking: Thinking | None, model: Claude, notes: Notes) -> int:
    most = model.max_output_tokens
    if call.max_output_tokens is None and not model.is_known:
        notes.warnings.append(f"The model is unknown: without max_output_tokens it gets {most}.")
    tokens = most if call.max_output_tokens is None else call.max_output_tokens
    tokens += (thinking and thinking.budget_tokens) or 0
    if tokens <= most or not model.is_known:
        return tokens
    if call.max_output_tokens is not None:
        notes.warnings.append(f"{tokens} tokens, with thinking, are more than the {most} of this model.")
    return most


def prepare_tools(tools: list[Tool], model: Claude, notes: Notes) -> list[dict[str, Any]]:
    prepared = []
    for tool in tools:
        if isinstance(tool, FunctionTool):
            prepared.append(_function(tool, model, notes))
        elif kind := tool_kind(tool):
            prepared.append({"type": kind, "name": api_name(kind), **without_none(snake(tool.args))})
            notes.betas += [_TOOL_BETAS[kind]] if kind in _TOOL_BETAS else []
        else:
            notes.warnings.append(f"Anthropic has no tool {tool.id}.")
    return prepared


def _function(tool: FunctionTool, model: Claude, notes: Notes) -> dict[str, Any]:
    """Its input comes as it is written, before Anthropic has seen whether it is JSON."""
    if tool.strict and not model.structured_output:
        notes.warnings.append(f"The tool {tool.name} cannot be strict with this model.")
    return without_none(
        {
            "name": tool.name,
            "description": tool.description,
            "input_schema": tool.input_schema,
            "eager_input_streaming": True,
            "strict": tool.strict if model.structured_output else None,
            **options_of(tool.provider_options),
            "cache_control": notes.cache_control(tool.provider_options),
        }
    )


def prepare_choice(
    choice: ToolChoice | None, notes: Notes, *, can_be_forced: bool, one_at_a_time: bool | None
) -> dict[str, Any] | None:
    if choice is None and not one_at_a_time:
        return None
    if choice == "none":
        return {"type": "none"}
    parallel = without_none({"disable_parallel_tool_use": one_at_a_time})
    if choice is None or choice == "auto":
        return {"type": "auto", **parallel}
    if not can_be_forced:
        notes.warnings.append(
            "This model, or the way it thinks, cannot be forced to call a tool: the prompt should ask."
        )
        return {"type": "auto", **parallel}
    if choice == "required":
        return {"type": "any", **parallel}
    return {"type": "tool", "name": choice.name, **parallel}
