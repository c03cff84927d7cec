"""What `stream_text` and `generate_text` may be told."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Required, TypedDict

import msgspec

from edgechat.generate.approval import ApprovalPolicy
from edgechat.generate.interrupt import Timeout
from edgechat.generate.result import StepResult, TextResult
from edgechat.generate.stream_parts import StreamPart
from edgechat.generate.tools import RepairToolCall, ToolSet
from edgechat.model.prompt import ModelMessage, ProviderOptions
from edgechat.model.types import LanguageModel, Reasoning, ToolChoice


class CallSettings(TypedDict, total=False):
    """Handed on to the model, as far as it knows them."""

    max_output_tokens: int | None
    temperature: float | None
    top_p: float | None
    top_k: int | None
    presence_penalty: float | None
    frequency_penalty: float | None
    stop_sequences: list[str]
    seed: int | None
    reasoning: Reasoning | None
    headers: Mapping[str, str]
    provider_options: ProviderOptions


type StopCondition = Callable[[Sequence[StepResult]], bool | Awaitable[bool]]
"""Given the steps so far: whether there is to be no other."""


def step_count_is(count: int) -> StopCondition:
    return lambda steps: len(steps) >= count


def has_tool_call(*names: str) -> StopCondition:
    """The last step called one of these tools."""
    return lambda steps: any(call.tool_name in names for call in steps[-1].tool_calls)


class StepPlan(msgspec.Struct, kw_only=True):
    """What is different in one step. None is as in the whole call."""

    model: LanguageModel | None = None
    messages: list[ModelMessage] | None = None
    instructions: str | None = None
    active_tools: Sequence[str] | None = None
    """The names of those the model may call."""
    tool_choice: ToolChoice | None = None
    settings: CallSettings | None = None


class StepStart(msgspec.Struct, frozen=True):
    """What `prepare_step` decides by."""

    number: int
    """From 0."""
    steps: Sequence[StepResult]
    messages: Sequence[ModelMessage]
    model: LanguageModel
    context: Any


type PrepareStep = Callable[[StepStart], StepPlan | Awaitable[StepPlan | None] | None]

type Transform = Callable[[AsyncIterator[list[StreamPart]]], AsyncIterator[list[StreamPart]]]
"""Takes the parts of each network read, and gives others. The stream may be ended early by returning."""


class TextOptions(CallSettings, total=False):
    """Either `prompt` or `messages`; all else as needed."""

    model: Required[LanguageModel]
    prompt: str
    messages: Sequence[ModelMessage]
    instructions: str | None
    """The system prompt."""
    tools: ToolSet
    tool_choice: ToolChoice | None
    tool_concurrency: int | None
    """How many tools may run at once; None is all of them."""
    tool_approval: ApprovalPolicy | None
    approval_secret: bytes | None
    """Signs requests for approval, so that an answer counts only for what was asked."""
    repair_tool_call: RepairToolCall | None
    stop_when: StopCondition | Sequence[StopCondition]
    """Ends the loop of model and tools, the first that is met: by default after one step."""
    prepare_step: PrepareStep | None
    transforms: Sequence[Transform]
    max_retries: int
    """2 by default: of what is retryable, and before there is output."""
    timeout: Timeout | float | None
    """A number is the limit for the whole, in seconds."""
    context: Any
    """For the tools: `ToolContext.context`."""
    on_step_end: Callable[[StepResult], Any] | None
    on_end: Callable[[TextResult[Any]], Any] | None
    """Called once, however the stream ends. Both may be async."""
    generate_id: Callable[[], str]
    clock: Callable[[], float]
    """Monotonic seconds."""
