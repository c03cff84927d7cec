"""What OpenAI's models can do, by their ids (npm `@ai-sdk/openai` 4.0.118, `openai-model-catalog.ts`)."""

import re
from typing import Any

import msgspec

from edgechat.model.types import Reasoning

_O_SERIES = re.compile(r"o(\d+)(?:-|$)")
_GPT = re.compile(r"gpt-(\d+)(?:\.(\d+))?(?:-(.+))?$")
_STANDARD_VARIANT = re.compile(r"(?:(?:mini|nano|sol|luna|terra)(?:-\d{4}-\d{2}-\d{2})?|\d{4}-\d{2}-\d{2})$")

# Of their generation alone in that reasoning can be switched off.
_REASONING_IS_OPTIONAL = frozenset({"gpt-6.1-terra", "gpt-6-luna", "gpt-6-sol"})

_LEVELS = ("minimal", "low", "medium", "high", "xhigh", "max")


class OpenAIModel(msgspec.Struct, kw_only=True, frozen=True):
    is_reasoning: bool
    """Refuses some settings, and is instructed by a developer instead of the system."""
    efforts: tuple[str, ...] | None
    """Of reasoning. None: not known, so all are tried."""
    samples_without_effort: bool
    """Temperature, top_p and logprobs are allowed where the effort is "none"."""
    chat_reasons_with_tools: bool


def openai_model(model_id: str) -> OpenAIModel:
    o_series = _O_SERIES.match(model_id)
    gpt = _GPT.match(model_id)
    major, minor, variant = (int(gpt[1]), gpt[2] and int(gpt[2]), gpt[3] or "") if gpt else (0, None, "")
    is_reasoning_gpt = major >= 5 and not (minor is None and variant.startswith("chat"))
    optional = model_id in _REASONING_IS_OPTIONAL
    efforts: tuple[str, ...] | None = None
    if optional:
        efforts = ("none", "low", "medium", "high", "xhigh", "max")
    elif major >= 6:
        efforts = ("low", "medium", "high", "xhigh", "max")
    elif major == 5 and (not variant or _STANDARD_VARIANT.match(variant)):
        efforts = _gpt_5_efforts(minor or 0)
    return OpenAIModel(
        is_reasoning=bool(o_series) or is_reasoning_gpt,
        efforts=efforts,
        samples_without_effort=optional or (major == 5 and (minor or 0) >= 1),
        chat_reasons_with_tools=not (major == 5 and (minor or 0) >= 6),
    )


def _gpt_5_efforts(minor: int) -> tuple[str, ...]:
    if minor == 0:
        return ("minimal", "low", "medium", "high")
    if minor == 1:
        return ("none", "low", "medium", "high")
    return ("none", "low", "medium", "high", "xhigh", "max")[: 6 if minor >= 6 else 5]


def supported_effort(reasoning: Reasoning, efforts: tuple[str, ...] | None, warnings: list[str]) -> str | None:
    """The effort next to what is wanted: the next lower, else the next higher; "none" only where it is wanted."""
    if efforts is None or reasoning in efforts:
        return reasoning
    at = _LEVELS.index(reasoning) if reasoning in _LEVELS else 0
    for level in (*reversed(_LEVELS[:at]), *_LEVELS[at:]):
        if level in efforts:
            warnings.append(f"reasoning {reasoning!r} is not supported by this model; {level!r} is used instead.")
            return level
    warnings.append(f"reasoning {reasoning!r} is not supported by this model.")
    return None


def remove_settings(body: dict[str, Any], names: list[str], warnings: list[str]) -> None:
    """Of those that models which reason do not take."""
    warnings += [
        f"{name} is not supported by models that reason." for name in names if body.pop(name, None) is not None
    ]
