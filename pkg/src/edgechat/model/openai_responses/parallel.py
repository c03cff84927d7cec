"""Calls of several functions in one: models sometimes call a `parallel` function that nobody declared, with the real
calls inside (npm `@ai-sdk/openai` 4.0.118, `expand-parallel-tool-call.ts`).

What each of the real calls carries in its metadata puts the one call, and its one result, together again.
"""

from collections.abc import Collection
from typing import Any

import msgspec

from edgechat.json import JSONDecoder
from edgechat.model.openai_responses.shapes import to_json
from edgechat.model.parts import ToolCall
from edgechat.model.prompt import ProviderOptions

NAME = "parallel"
_PREFIX = "functions."


class Wrapper(msgspec.Struct, rename="camel", omit_defaults=True):
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
    return tool_name == NAME and NAME not in functions


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
        metadata = {provider: {"parallelToolCall": msgspec.to_builtins(wrapper)}}
        call_id = f"{call.tool_call_id}_{index}"
        calls.append(ToolCall(call_id, name, to_json(use.parameters), provider_metadata=metadata))
    return calls


def wrapper_of(options: ProviderOptions | None, provider: str) -> Wrapper | None:
    """Of a call or a result in a prompt."""
    try:
        wrapper = msgspec.convert((options or {}).get(provider, {}).get("parallelToolCall"), Wrapper)
    except msgspec.ValidationError:
        return None
    return wrapper if 0 <= wrapper.index < wrapper.count else None
