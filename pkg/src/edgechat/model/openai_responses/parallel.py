"""Calls of several functions in one: models sometimes call a `parallel` function that nobody declared, with the real
calls inside (npm `@ai-sdk/openai` 4.0.118, `expand-parallel-tool-call.ts`).

What each of the real calls carries in its metadata puts the one call, and its one result, together again.
"""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from edgechat.json import JSONDecoder
from edgechat.model.openai_responses.options import part_options
from edgechat.model.openai_responses.shapes import camel_keys, to_json
from edgechat.model.parts import ToolCall
from edgechat.model.prompt import ModelMessage, ProviderOptions, ToolMessage, ToolResultPart

_NAME = "parallel"
_PREFIX = "functions."


class Wrapper(msgspec.Struct, omit_defaults=True):
    """Where a call comes from: the item and the call around it, and which of how many it is."""

    item_id: str
    tool_call_id: str
    tool_name: str
    index: int
    count: int
    input: str | None = None
    """Kept in the first one."""

    def is_same(self, other: "Wrapper") -> bool:
        same_input = self.input is None or other.input is None or self.input == other.input
        return same_input and self.key == other.key

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.item_id, self.tool_call_id, self.tool_name, self.count


class _Use(msgspec.Struct):
    recipient_name: str
    parameters: dict[str, Any]


class _Input(msgspec.Struct):
    tool_uses: list[_Use]


_input = JSONDecoder[_Input](_Input)


def is_wrapper(tool_name: str, functions: Collection[str]) -> bool:
    return tool_name == _NAME and _NAME not in functions


def expand(item_id: str, call: ToolCall, functions: Collection[str], provider: str) -> list[ToolCall]:
    """The calls inside. Empty where it is no such call, or calls what was not declared."""
    if not is_wrapper(call.tool_name, functions):
        return []
    try:
        uses = _input.decode(call.input).tool_uses
    except msgspec.DecodeError:
        return []
    names = [use.recipient_name.removeprefix(_PREFIX) for use in uses if use.recipient_name.startswith(_PREFIX)]
    if len(names) != len(uses) or not all(name in functions for name in names):
        return []
    calls = []
    for index, (name, use) in enumerate(zip(names, uses, strict=True)):
        wrapper = Wrapper(
            item_id, call.tool_call_id, call.tool_name, index, len(uses), call.input if index == 0 else None
        )
        metadata = {provider: {"parallelToolCall": camel_keys(wrapper)}}
        call_id = f"{call.tool_call_id}_{index}"
        calls.append(ToolCall(call_id, name, to_json(use.parameters), provider_metadata=metadata))
    return calls


def wrapper_of(options: ProviderOptions | None, provider: str) -> Wrapper | None:
    """Of a call, or of a result, in a prompt."""
    try:
        wrapper = msgspec.convert(part_options(options, provider).parallel_tool_call, Wrapper)
    except msgspec.ValidationError:
        return None
    return wrapper if 0 <= wrapper.index < wrapper.count else None


class Group(msgspec.Struct):
    """All the results of one such call, and its input."""

    wrapper: Wrapper
    results: dict[int, ToolResultPart]
    is_valid: bool = True

    def add(self, wrapper: Wrapper, result: ToolResultPart) -> None:
        if not self.wrapper.is_same(wrapper) or wrapper.index in self.results:
            self.is_valid = False
            return
        if self.wrapper.input is None:
            self.wrapper.input = wrapper.input
        self.results[wrapper.index] = result

    @property
    def is_complete(self) -> bool:
        return self.is_valid and len(self.results) == self.wrapper.count and self.wrapper.input is not None


class Groups:
    """The calls that are told as OpenAI knows them: each once, with one result."""

    def __init__(self, messages: Iterable[ModelMessage], provider: str) -> None:
        self._provider = provider
        self._groups: dict[str, Group] = {}
        for message in messages:
            if isinstance(message, ToolMessage):
                for part in message.content:
                    if isinstance(part, ToolResultPart) and (wrapper := wrapper_of(part.provider_options, provider)):
                        if group := self._groups.get(wrapper.tool_call_id):
                            group.add(wrapper, part)
                        else:
                            self._groups[wrapper.tool_call_id] = Group(wrapper, {wrapper.index: part})

    def of(self, options: ProviderOptions | None) -> Group | None:
        wrapper = wrapper_of(options, self._provider)
        group = self._groups.get(wrapper.tool_call_id) if wrapper else None
        return group if group and wrapper and group.is_complete and group.wrapper.is_same(wrapper) else None
