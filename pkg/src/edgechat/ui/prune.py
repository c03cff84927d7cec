"""Leaves out of a conversation what a model no longer needs (npm `ai` 7.0.173, `pruneMessages`)."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple

import msgspec

from edgechat.errors import InvalidArgumentError
from edgechat.model.prompt import (
    ModelMessage,
    ReasoningFilePart,
    ReasoningPart,
    ToolApprovalRequest,
    ToolApprovalResponse,
    ToolCallPart,
    ToolResultPart,
)

_BEFORE_LAST = re.compile(r"before-last-(\d{1,9})-messages")


class ToolPruning(NamedTuple):
    """`when`: "all", "before-last-message" or "before-last-N-messages"; `tools`: their names, or None for all."""

    when: str
    tools: Sequence[str] | None = None

    @property
    def kept(self) -> int:
        """How many messages at the end are left as they are."""
        if self.when == "all":
            return 0
        if self.when == "before-last-message":
            return 1
        if match := _BEFORE_LAST.fullmatch(self.when):
            return int(match[1])
        raise InvalidArgumentError(f"Tool calls are pruned all, before-last-message, or -N-messages, not {self.when!r}")


def prune_messages(
    messages: Iterable[ModelMessage],
    *,
    reasoning: Literal["all", "before-last-message", "none"] = "none",
    tool_calls: str | Sequence[ToolPruning] = "none",
    empty_messages: Literal["keep", "remove"] = "remove",
) -> list[ModelMessage]:
    """The messages without reasoning, without tool calls, and without those that are empty then.

    `tool_calls` is "none", a `when` of `ToolPruning`, or several of them. A call goes together with its result and
    with what was said about its approval, and it stays if any of that is in the messages that are left as they are.
    """
    result = list(messages)
    if reasoning != "none":
        end = len(result) - (reasoning == "before-last-message")
        result = _filtered(result, end, lambda parts: [part for part in parts if not _is_reasoning(part)])
    if isinstance(tool_calls, str):
        tool_calls = [] if tool_calls == "none" else [ToolPruning(tool_calls)]
    for pruning in tool_calls:
        result = _without_tool_calls(result, pruning)
    return [message for message in result if message.content] if empty_messages == "remove" else result


def _filtered(
    messages: list[ModelMessage], end: int, parts_left: Callable[[Sequence[Any]], list[Any]]
) -> list[ModelMessage]:
    return [
        message
        if isinstance(message.content, str) or index >= end
        else msgspec.structs.replace(message, content=parts_left(message.content))
        for index, message in enumerate(messages)
    ]


def _without_tool_calls(messages: list[ModelMessage], pruning: ToolPruning) -> list[ModelMessage]:
    first_kept = max(len(messages) - pruning.kept, 0)
    names: dict[str, str] = {}  # of tools, by the id of their call
    calls: dict[str, str] = {}  # by the id of the approval they were asked for
    kept_calls: set[str] = set()
    kept_approvals: set[str] = set()
    for index, message in enumerate(messages):
        for part in () if isinstance(message.content, str) else message.content:
            if isinstance(part, ToolCallPart | ToolResultPart):
                names[part.tool_call_id] = part.tool_name
                if index >= first_kept:
                    kept_calls.add(part.tool_call_id)
            elif isinstance(part, ToolApprovalRequest | ToolApprovalResponse):
                if isinstance(part, ToolApprovalRequest):
                    calls[part.approval_id] = part.tool_call_id
                if index >= first_kept:
                    kept_approvals.add(part.approval_id)
    kept_calls.update(calls[approval] for approval in kept_approvals if approval in calls)

    def is_spared(tool: str | None) -> bool:
        return tool is not None and pruning.tools is not None and tool not in pruning.tools

    def stays(part: Any) -> bool:
        if isinstance(part, ToolCallPart | ToolResultPart):
            return part.tool_call_id in kept_calls or is_spared(part.tool_name)
        if isinstance(part, ToolApprovalRequest | ToolApprovalResponse):
            return part.approval_id in kept_approvals or is_spared(names.get(calls.get(part.approval_id, "")))
        return True

    return _filtered(messages, first_kept, lambda parts: _pruned(parts, stays))


def _pruned(parts: Sequence[Any], stays: Callable[[Any], bool]) -> list[Any]:
    """Reasoning goes with what follows it: to a provider they may be one."""
    runs = [(kind, list(run)) for kind, run in groupby(parts, _is_reasoning)]
    left: list[Any] = []
    for index, (is_reasoning, run) in enumerate(runs):
        following = runs[index + 1][1] if is_reasoning and index + 1 < len(runs) else run
        if any(map(stays, following)):
            left += filter(stays, run)
    return left


def _is_reasoning(part: Any) -> bool:
    return isinstance(part, ReasoningPart | ReasoningFilePart)
