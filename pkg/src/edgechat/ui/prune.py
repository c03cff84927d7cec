"""Leaves out of a conversation what a model no longer needs (npm `ai` 7.0.173, `pruneMessages`)."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple

import msgspec

from edgechat.errors import InvalidArgumentError
from edgechat.model.prompt import (
    AssistantMessage,
    ModelMessage,
    ReasoningFilePart,
    ReasoningPart,
    ToolApprovalRequest,
    ToolApprovalResponse,
    ToolCallPart,
    ToolMessage,
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
        result = _without_reasoning(result, 1 if reasoning == "before-last-message" else 0)
    if isinstance(tool_calls, str):
        tool_calls = [] if tool_calls == "none" else [ToolPruning(tool_calls)]
    for pruning in tool_calls:
        result = _without_tool_calls(result, pruning)
    return [message for message in result if message.content] if empty_messages == "remove" else result


def _without_reasoning(messages: list[ModelMessage], kept: int) -> list[ModelMessage]:
    return [
        _replaced(message, [part for part in message.content if not _is_reasoning(part)])
        if isinstance(message, AssistantMessage) and index < len(messages) - kept
        else message
        for index, message in enumerate(messages)
    ]


def _without_tool_calls(messages: list[ModelMessage], pruning: ToolPruning) -> list[ModelMessage]:
    first_kept = max(len(messages) - pruning.kept, 0)
    links = _Links(messages, first_kept, pruning.tools)
    return [
        _replaced(message, _pruned(message, links))
        if isinstance(message, AssistantMessage | ToolMessage) and index < first_kept
        else message
        for index, message in enumerate(messages)
    ]


def _replaced(message: ModelMessage, content: list[Any]) -> ModelMessage:
    return message if isinstance(message.content, str) else msgspec.structs.replace(message, content=content)


class _Links:
    """Which calls, results and approvals stay. An approval knows its tool by the call it was asked for."""

    def __init__(self, messages: list[ModelMessage], first_kept: int, pruned_tools: Sequence[str] | None) -> None:
        self._pruned_tools = pruned_tools
        self._names: dict[str, str] = {}
        self._calls: dict[str, str] = {}
        self._kept_calls: set[str] = set()
        self._kept_approvals: set[str] = set()
        for index, message in enumerate(messages):
            is_kept = index >= first_kept
            for part in () if isinstance(message.content, str) else message.content:
                if isinstance(part, ToolCallPart | ToolResultPart):
                    self._names[part.tool_call_id] = part.tool_name
                    if is_kept:
                        self._kept_calls.add(part.tool_call_id)
                elif isinstance(part, ToolApprovalRequest | ToolApprovalResponse):
                    if isinstance(part, ToolApprovalRequest):
                        self._calls[part.approval_id] = part.tool_call_id
                    if is_kept:
                        self._kept_approvals.add(part.approval_id)
        self._kept_calls.update(self._calls[key] for key in self._kept_approvals if key in self._calls)

    def stays(self, part: Any) -> bool:
        if isinstance(part, ToolCallPart | ToolResultPart):
            return part.tool_call_id in self._kept_calls or self._is_spared(part.tool_name)
        if isinstance(part, ToolApprovalRequest | ToolApprovalResponse):
            name = self._names.get(self._calls.get(part.approval_id, ""))
            return part.approval_id in self._kept_approvals or (name is not None and self._is_spared(name))
        return True

    def _is_spared(self, name: str) -> bool:
        return self._pruned_tools is not None and name not in self._pruned_tools


def _pruned(message: AssistantMessage | ToolMessage, links: _Links) -> list[Any]:
    """Reasoning goes with what follows it: to a provider they may be one."""
    runs = [(kind, list(parts)) for kind, parts in groupby(message.content, _is_reasoning)]
    content: list[Any] = []
    for index, (is_reasoning, parts) in enumerate(runs):
        following = runs[index + 1][1] if is_reasoning and index + 1 < len(runs) else parts
        if any(map(links.stays, following)):
            content += filter(links.stays, parts)
    return content


def _is_reasoning(part: Any) -> bool:
    return isinstance(part, ReasoningPart | ReasoningFilePart)
