"""From the text of a tool call to values: parsed, validated, and repaired if there is someone to do it."""

from collections.abc import Awaitable, Callable, Mapping, Set
from typing import Any

import msgspec

from edgechat.errors import InvalidToolInputError, NoSuchToolError, ToolCallRepairError, ToolError
from edgechat.generate.stream_parts import ToolCall
from edgechat.generate.tools import Tool
from edgechat.json import JSONDecoder
from edgechat.model import parts as model

type RepairToolCall = Callable[[model.ToolCall, ToolError], Awaitable[model.ToolCall | None]]
"""Given an invalid call and why it is: a better one, or None."""

_any = JSONDecoder[Any](Any)


def parse_tool_call(part: model.ToolCall, tools: Mapping[str, Tool], provider_tools: Set[str]) -> ToolCall:
    """A call whose `error` says what is wrong with it, if anything is."""
    tool = tools.get(part.tool_name)
    call = ToolCall(
        tool_call_id=part.tool_call_id,
        tool_name=part.tool_name,
        input=None,
        provider_executed=part.provider_executed,
        dynamic=True if tool and tool.dynamic else None,
        title=tool.title if tool else None,
        metadata=tool.metadata if tool else None,
        provider_metadata=part.provider_metadata,
    )
    try:
        if tool:
            call.input, call.value = tool.parse(part.input)
        elif part.tool_name in provider_tools or (part.provider_executed and part.dynamic):
            call.input = _decode(part)
            call.dynamic = True if part.dynamic else None
        else:
            raise NoSuchToolError(part.tool_name, [*tools, *provider_tools])
    except ToolError as error:
        call.error, call.dynamic = error, True
        try:
            call.input = _any.decode(part.input)
        except msgspec.DecodeError:
            call.input = part.input
    return call


async def repaired(
    part: model.ToolCall, error: ToolError, repair: RepairToolCall, tools: Mapping[str, Tool], provider_tools: Set[str]
) -> ToolCall | None:
    """What `repair` makes of an invalid call: None if it has nothing better."""
    try:
        better = await repair(part, error)
    except Exception as failure:
        raise ToolCallRepairError(f"The repair of a call of {part.tool_name} failed: {failure}") from failure
    return parse_tool_call(better, tools, provider_tools) if better else None


def _decode(part: model.ToolCall) -> Any:
    if not part.input.strip():
        return {}
    try:
        return _any.decode(part.input)
    except msgspec.DecodeError as error:
        raise InvalidToolInputError(part.tool_name, part.input, str(error)) from None
