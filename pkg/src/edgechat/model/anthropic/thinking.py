"""How much a model is to think (npm `@ai-sdk/anthropic` 4.0.105, `resolveAnthropicReasoningConfig`)."""

from msgspec.structs import replace

from edgechat.model.anthropic.models import Claude
from edgechat.model.anthropic.options import AnthropicOptions, Effort, Thinking
from edgechat.model.types import Reasoning

_EFFORTS: dict[Reasoning, Effort] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}

# Of the most tokens that a model can write.
_BUDGETS: dict[Reasoning, float] = {
    "minimal": 0.02,
    "low": 0.1,
    "medium": 0.3,
    "high": 0.6,
    "xhigh": 0.9,
    "max": 0.95,
}
_MIN_BUDGET = 1024


def plan_thinking(
    reasoning: Reasoning | None, options: AnthropicOptions, model: Claude, warnings: list[str]
) -> tuple[Thinking | None, Effort | None]:
    """From the options, else from `reasoning`; as near to what is wanted as the model can come."""
    thinking, effort = options.thinking, options.effort
    if reasoning is not None and effort is None:
        meant, meant_effort = _from_reasoning(reasoning, model, warnings)
        thinking = thinking or meant
        if not (thinking and thinking.type == "disabled"):
            effort = meant_effort
    if thinking and thinking.type == "disabled" and not model.thinking_can_be_off:
        if model.thinks_between_tools:
            thinking = Thinking(type="between_tools")
            warnings.append("This model's thinking cannot be disabled: it thinks between tool calls instead.")
        else:
            thinking = None
            warnings.append("This model's thinking cannot be disabled. A lower effort makes it think less.")
    if thinking and thinking.type == "enabled" and not model.takes_budget:
        thinking = Thinking(type="adaptive")
        warnings.append("This model takes no budget for thinking: it thinks as much as its effort says.")
    if thinking and effort in ("xhigh", "max") and not _allows_highest_effort(thinking, model):
        warnings.append(f"The effort {effort!r} does not go with thinking {thinking.type!r}: it is lowered to 'high'.")
        effort = "high"
    if thinking and thinking.type == "enabled" and thinking.budget_tokens is None:
        thinking = replace(thinking, budget_tokens=_MIN_BUDGET)
        warnings.append(f"Thinking needs a budget: it is set to {_MIN_BUDGET} tokens.")
    return thinking, effort


def _from_reasoning(reasoning: Reasoning, model: Claude, warnings: list[str]) -> tuple[Thinking | None, Effort | None]:
    if reasoning == "none":
        if model.thinks_between_tools:
            warnings.append("This model's thinking cannot be disabled: it thinks between tool calls instead.")
            return Thinking(type="between_tools"), None
        if not model.thinking_can_be_off:
            warnings.append("This model's thinking cannot be disabled: its effort is set to 'low'.")
            return None, "low"
        return Thinking(type="disabled"), None
    if not model.adaptive_thinking:
        budget = max(_MIN_BUDGET, round(model.max_output_tokens * _BUDGETS[reasoning]))
        return Thinking(type="enabled", budget_tokens=budget), None
    effort = "high" if reasoning == "xhigh" and not model.xhigh_effort else _EFFORTS[reasoning]
    if effort != reasoning:
        warnings.append(f"This model does not know the reasoning {reasoning!r}: its effort is set to {effort!r}.")
    return Thinking(type="adaptive", display="summarized"), effort


def _allows_highest_effort(thinking: Thinking, model: Claude) -> bool:
    if thinking.type == "disabled":
        return model.thinking_can_be_off_above_high_effort
    return thinking.type != "between_tools"
