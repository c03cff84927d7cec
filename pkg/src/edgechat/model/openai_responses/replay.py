"""Calls and results of OpenAI's own tools: from the words of the AI SDK to the items that they were once (npm
`@ai-sdk/openai` 4.0.118, `convert-to-openai-responses-input.ts`).
"""

from typing import Any, Literal

import msgspec

from edgechat.errors import InvalidArgumentError
from edgechat.model.openai_responses.client_tools import (
    ComputerAction,
    CreateFile,
    DeleteFile,
    LocalShellAction,
    SafetyCheck,
    ShellAction,
    ShellOutput,
    UpdateFile,
)
from edgechat.model.openai_responses.items import APISource, FindInPage, OpenPage, Search, URLSource
from edgechat.model.openai_responses.settings import InputItem
from edgechat.model.openai_responses.shapes import Number, Status, snake_keys
from edgechat.model.types import without_none


class _ApplyPatchInput(msgspec.Struct):
    call_id: str
    operation: CreateFile | UpdateFile | DeleteFile


class _LocalShellInput(msgspec.Struct):
    action: LocalShellAction


class _ShellInput(msgspec.Struct):
    action: ShellAction


class _ComputerInput(msgspec.Struct):
    actions: list[ComputerAction]
    pending_safety_checks: list[SafetyCheck]
    status: Status


class _ApplyPatchOutput(msgspec.Struct, omit_defaults=True):
    status: Literal["completed", "failed"]
    output: str | None = None


class _LocalShellOutput(msgspec.Struct):
    output: str


class _ShellOutputs(msgspec.Struct, omit_defaults=True):
    output: list[ShellOutput]
    max_output_length: Number | None = None


class _ComputerScreenshot(msgspec.Struct, tag_field="type", tag="computer_screenshot", omit_defaults=True):
    image_url: str | None = None
    file_id: str | None = None
    detail: str | None = None


class _ComputerOutput(msgspec.Struct, omit_defaults=True):
    output: _ComputerScreenshot
    acknowledged_safety_checks: list[SafetyCheck] | None = None


class _SearchInput(msgspec.Struct):
    arguments: Any = None
    call_id: str | None = None


class _SearchOutput(msgspec.Struct):
    tools: list[dict[str, Any]]


class _Program(msgspec.Struct):
    code: str
    fingerprint: str


class _ProgramOutput(msgspec.Struct):
    result: str
    status: Literal["completed", "incomplete"]


class _WebSearch(msgspec.Struct):
    action: Search | OpenPage | FindInPage
    sources: list[URLSource | APISource] | None = None


_INPUTS: dict[str, type[msgspec.Struct]] = {
    "apply_patch": _ApplyPatchInput,
    "computer": _ComputerInput,
    "local_shell": _LocalShellInput,
    "shell": _ShellInput,
}
_OUTPUTS: dict[str, type[msgspec.Struct]] = {
    "apply_patch": _ApplyPatchOutput,
    "computer": _ComputerOutput,
    "local_shell": _LocalShellOutput,
    "shell": _ShellOutputs,
}
CLIENT_TOOLS = frozenset(_INPUTS)
"""OpenAI's names of those that the caller runs."""


def client_call(api_name: str, call_id: str, item_id: str | None, input: Any) -> InputItem:
    item: InputItem = {"type": f"{api_name}_call", "call_id": call_id, "id": item_id}
    if api_name != "local_shell":
        item["status"] = "completed"
    return without_none(item | _read(_INPUTS[api_name], input, call_id))


def client_output(api_name: str, call_id: str, output: Any) -> InputItem:
    return {"type": f"{api_name}_call_output", "call_id": call_id} | _read(_OUTPUTS[api_name], output, call_id)


def tool_search_call(item_id: str, call_id: str, input: Any) -> InputItem:
    search = {"arguments": None, "call_id": None} | _read(_SearchInput, input, call_id)
    execution = "server" if search["call_id"] is None else "client"
    return {"type": "tool_search_call", "id": item_id, "execution": execution, "status": "completed", **search}


def tool_search_output(item_id: str | None, call_id: str, output: Any) -> InputItem:
    """Of OpenAI, where it has an id, or of the caller."""
    found = {"type": "tool_search_output", "status": "completed", **_read(_SearchOutput, output, call_id)}
    if item_id is None:
        return {"execution": "client", "call_id": call_id, **found}
    return {"id": item_id, "execution": "server", "call_id": None, **found}


def program(item_id: str, call_id: str, input: Any) -> InputItem:
    return {"type": "program", "id": item_id, "call_id": call_id, **_read(_Program, input, call_id)}


def program_output(item_id: str, call_id: str, output: Any) -> InputItem:
    return {"type": "program_output", "id": item_id, "call_id": call_id, **_read(_ProgramOutput, output, call_id)}


def web_search_call(item_id: str, output: Any) -> InputItem | None:
    """None where nothing was searched for."""
    try:
        search = msgspec.convert(snake_keys(output), _WebSearch)
    except msgspec.ValidationError:
        return None
    if isinstance(search.action, Search):
        search.action.sources = search.sources
    action = msgspec.to_builtins(search.action)
    return {"type": "web_search_call", "id": item_id, "status": "completed", "action": action}


def _read(type: type[msgspec.Struct], value: Any, call_id: str) -> InputItem:
    try:
        item: InputItem = msgspec.to_builtins(msgspec.convert(snake_keys(value), type))
    except msgspec.ValidationError as error:
        raise InvalidArgumentError(f"The tool call {call_id} cannot be told to OpenAI: {error}") from None
    return item
