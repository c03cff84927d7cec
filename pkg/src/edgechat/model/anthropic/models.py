"""What Anthropic's models can do, by their ids (npm `@ai-sdk/anthropic` 4.0.105, `anthropic-model-catalog.ts`)."""

import re

import msgspec


class Claude(msgspec.Struct, kw_only=True, frozen=True):
    max_output_tokens: int = 4096
    structured_output: bool = False
    """Answers by a JSON schema, and calls tools strictly by theirs."""
    adaptive_thinking: bool = False
    """Thinks as much as it takes, instead of by a budget of tokens."""
    samples: bool = True
    """Takes temperature, top_p and top_k."""
    xhigh_effort: bool = False
    thinking_can_be_off: bool = True
    thinking_can_be_off_above_high_effort: bool = True
    takes_budget: bool = True
    can_be_forced: bool = True
    """To call a tool."""
    thinks_between_tools: bool = False
    """Has this as its least thinking."""
    is_known: bool = True
    is_claude: bool = True
    """Others speak the same protocol."""


_NOW = Claude(max_output_tokens=128_000, structured_output=True, adaptive_thinking=True)
_NEXT = msgspec.structs.replace(_NOW, samples=False, xhigh_effort=True)
_OPUS_5 = msgspec.structs.replace(_NEXT, thinking_can_be_off_above_high_effort=False)
_HAIKU_5_5 = msgspec.structs.replace(_OPUS_5, takes_budget=False)
_OPUS_5_5 = msgspec.structs.replace(_HAIKU_5_5, thinking_can_be_off=False, can_be_forced=False)
_FABLE_5 = msgspec.structs.replace(_NEXT, thinking_can_be_off=False, takes_budget=False)

# The first that is found in an id.
_MODELS = [
    (re.compile(pattern), model)
    for pattern, model in (
        ("claude-sonnet-5-5", msgspec.structs.replace(_OPUS_5_5, thinks_between_tools=True)),
        ("claude-opus-5-5", _OPUS_5_5),
        ("claude-haiku-5-5", _HAIKU_5_5),
        ("claude-opus-5", _OPUS_5),
        ("claude-fable-5-[12]", msgspec.structs.replace(_FABLE_5, can_be_forced=False)),
        ("claude-fable-5", _FABLE_5),
        ("claude-(?:opus-4-[78]|sonnet-5)", _NEXT),
        ("claude-(?:sonnet|opus)-4-6", _NOW),
        ("claude-(?:sonnet|opus|haiku)-4-5", Claude(max_output_tokens=64_000, structured_output=True)),
        ("claude-opus-4-1", Claude(max_output_tokens=32_000, structured_output=True)),
        ("claude-sonnet-4[-@]", Claude(max_output_tokens=64_000)),
        ("claude-opus-4[-@]", Claude(max_output_tokens=32_000)),
        ("claude-3-haiku", Claude()),
        (r"claude-(?:instant(?:-|$)|v?2(?=$|[-.:])|3(?=$|[-.]))", Claude(is_known=False)),
        # Newer than this list.
        ("claude-", msgspec.structs.replace(_OPUS_5, is_known=False)),
    )
]
_OTHER = Claude(is_known=False, is_claude=False)


def claude(model_id: str) -> Claude:
    return next((model for pattern, model in _MODELS if pattern.search(model_id)), _OTHER)
