"""Calls of tools whose input streams, or which the caller runs (npm `@ai-sdk/openai` 4.0.118,
`openai-responses-language-model.ts` and `expand-parallel-tool-call.ts`).
"""

from typing import Any

import msgspec

from edgechat.json import JSONDecoder
from edgechat.model.openai_responses import client_tools, events, items
from edgechat.model.openai_responses.shapes import Item, Number, ToolNames, camel_keys, to_json
from edgechat.model.parts import (
    ModelPart,
    ProviderMetadata,
    ToolCall,
    ToolInputDelta,
    ToolInputEnd,
    ToolInputStart,
    ToolResult,
)

_END_OF_PATCH = '"}}'


class _Open(msgspec.Struct):
    """A call whose input streams."""

    id: str
    tool_name: str
    is_async: bool | None = None
    held: list[str] | None = None
    """The input so far of what may turn out to be several calls in one."""
    container_id: str = ""
    is_patch: bool = False
    has_diff: bool = False
    has_ended: bool = False


class _Use(msgspec.Struct):
    recipient_name: str
    parameters: dict[str, Any]


class _ParallelInput(msgspec.Struct):
    tool_uses: list[_Use]


_parallel_input = JSONDecoder[_ParallelInput](_ParallelInput)


class Calls:
    """Knows the calls by their place in the output: ids of items may change from event to event."""

    def __init__(self, provider: str, names: ToolNames) -> None:
        self._provider = provider
        self._functions = names.functions
        self._code_interpreter = names.name("code_interpreter")
        self._open: dict[Number, _Open] = {}
        self._hosted_searches: list[str] = []
        self.needs_results = False
        """The caller has to run a tool."""

    def added(self, event: events.OutputItemAdded, parts: list[ModelPart]) -> None:
        item = event.item
        match item:
            case items.FunctionCall():
                call = _Open(item.call_id, item.name, item.is_async)
                if self._is_parallel(item):
                    call.held = []
                else:
                    parts.append(ToolInputStart(call.id, call.tool_name))
            case items.CustomToolCall():
                call = _Open(item.call_id, item.name, item.is_async)
                parts.append(ToolInputStart(call.id, call.tool_name, input_encoding="text"))
            case items.CodeInterpreterCall():
                call = _Open(item.id, self._code_interpreter, container_id=item.container_id)
                parts.append(ToolInputStart(call.id, call.tool_name, provider_executed=True))
                parts.append(ToolInputDelta(call.id, f'{{"containerId":"{item.container_id}","code":"'))
            case client_tools.ApplyPatchCall():
                call = _Open(item.call_id, "apply_patch", is_patch=True)
                _start_patch(call, item, parts)
            case items.ToolSearchCall():
                call = _Open(item.id, "tool_search")
                if item.execution == "server":
                    parts.append(ToolInputStart(call.id, call.tool_name, provider_executed=True))
            case client_tools.ComputerCall():
                parts.append(ToolInputStart(item.id if item.call_id is None else item.call_id, "computer"))
                return
            case _:
                return
        self._open[event.output_index] = call

    def delta(self, event: events.ArgumentsDelta | events.CustomInputDelta, parts: list[ModelPart]) -> None:
        if call := self._open.get(event.output_index):
            if call.held is None:
                parts.append(ToolInputDelta(call.id, event.delta))
            else:
                call.held.append(event.delta)

    def code(self, event: events.CodeDelta | events.CodeDone, parts: list[ModelPart]) -> None:
        if not (call := self._open.get(event.output_index)):
            return
        if isinstance(event, events.CodeDelta):
            parts.append(ToolInputDelta(call.id, _inside_string(event.delta)))
            return
        parts += [ToolInputDelta(call.id, '"}'), ToolInputEnd(call.id)]
        arguments = to_json({"code": event.code, "containerId": call.container_id})
        parts.append(ToolCall(call.id, self._code_interpreter, arguments, provider_executed=True))

    def patch(self, event: events.PatchDelta | events.PatchDone, parts: list[ModelPart]) -> None:
        if not ((call := self._open.get(event.output_index)) and call.is_patch):
            return
        if isinstance(event, events.PatchDelta):
            parts.append(ToolInputDelta(call.id, _inside_string(event.delta)))
            call.has_diff = True
        else:
            _end_patch(call, event.diff, parts)

    def done(self, event: events.OutputItemDone, parts: list[ModelPart]) -> None:
        call = self._open.pop(event.output_index, None)
        item = event.item
        match item:
            case items.FunctionCallDone():
                self.needs_results = True
                self._function(item, call, parts)
            case items.CustomToolCallDone():
                self.needs_results = True
                whole = self._call(item, item.call_id, item.name, to_json(item.input), _is_async(item, call))
                parts += [ToolInputEnd(item.call_id), whole]
            case client_tools.ApplyPatchCall() if call:
                if call.is_patch and not isinstance(item.operation, client_tools.DeleteFile):
                    _end_patch(call, item.operation.diff, parts)
                if item.status == "completed":
                    self.needs_results = True
                    parts.append(self._call(item, call.id, "apply_patch", _patch_input(item)))
            case client_tools.ComputerCall():
                self._computer(item, parts)
            case client_tools.LocalShellCall() | client_tools.ShellCall():
                name = "shell" if isinstance(item, client_tools.ShellCall) else "local_shell"
                parts.append(self._call(item, item.call_id, name, to_json({"action": camel_keys(item.action)})))
            case items.ToolSearchCall() if call:
                self._search(item, call, parts)
            case items.ToolSearchOutput():
                call_id = item.call_id
                if call_id is None:
                    call_id = self._hosted_searches.pop(0) if self._hosted_searches else item.id
                metadata = self._metadata(item)
                parts.append(ToolResult(call_id, "tool_search", {"tools": item.tools}, provider_metadata=metadata))
            case _:
                pass

    def close(self, parts: list[ModelPart]) -> None:
        """Hands out what was held back of calls that the end of the stream cut off."""
        for index in sorted(self._open):
            call = self._open[index]
            if call.held is not None:
                parts += _input(call.id, call.tool_name, call.held)

    def _function(self, item: items.FunctionCallDone, call: _Open | None, parts: list[ModelPart]) -> None:
        more = _is_async(item, call)
        namespace = {} if item.namespace is None else {"namespace": item.namespace}
        more |= namespace
        if item.caller:
            more["caller"] = camel_keys(item.caller)
        whole = self._call(item, item.call_id, item.name, item.arguments, more)
        if call.held is not None if call else self._is_parallel(item):
            if inner := self._expand(item):
                for one in inner:
                    parts += _input(one.tool_call_id, one.tool_name, [one.input])
                    parts += [ToolInputEnd(one.tool_call_id), one]
                return
            held = call.held if call else None
            parts += _input(item.call_id, item.name, held or ([item.arguments] if item.arguments else []))
        parts += [ToolInputEnd(item.call_id, {self._provider: namespace} if namespace else None), whole]

    def _is_parallel(self, item: items.FunctionCall) -> bool:
        """Models sometimes call a `parallel` function that nobody declared, with the real calls inside."""
        return item.name == "parallel" and item.name not in self._functions

    def _expand(self, item: items.FunctionCallDone) -> list[ToolCall]:
        """The calls inside of one that may be parallel. Empty where it calls what was not declared."""
        if not self._is_parallel(item):
            return []
        try:
            uses = _parallel_input.decode(item.arguments).tool_uses
        except msgspec.DecodeError:
            return []
        calls = []
        for index, use in enumerate(uses):
            prefix, _, name = use.recipient_name.partition(".")
            if prefix != "functions" or name not in self._functions:
                return []
            wrapper = {
                "itemId": item.id,
                "toolCallId": item.call_id,
                "toolName": item.name,
                "index": index,
                "count": len(uses),
            }
            if index == 0:
                wrapper["input"] = item.arguments
            metadata = {self._provider: {"parallelToolCall": wrapper}}
            call = ToolCall(f"{item.call_id}_{index}", name, to_json(use.parameters), provider_metadata=metadata)
            calls.append(call)
        return calls

    def _computer(self, item: client_tools.ComputerCall, parts: list[ModelPart]) -> None:
        if item.call_id is None:
            # The preview of the tool, which OpenAI ran itself.
            result = {"type": "computer_use_tool_result", "status": item.status}
            parts += [
                ToolInputEnd(item.id),
                ToolCall(item.id, "computer_use", "", provider_executed=True),
                ToolResult(item.id, "computer_use", result),
            ]
            return
        self.needs_results = True
        actions = [item.action] if item.actions is None and item.action else item.actions or []
        arguments = to_json(
            {
                "actions": [camel_keys(action) for action in actions],
                "pendingSafetyChecks": item.pending_safety_checks or [],
                "status": item.status,
            }
        )
        parts += [ToolInputDelta(item.call_id, arguments), ToolInputEnd(item.call_id)]
        parts.append(self._call(item, item.call_id, "computer", arguments))

    def _search(self, item: items.ToolSearchCall, call: _Open, parts: list[ModelPart]) -> None:
        is_hosted = item.execution == "server"
        if is_hosted:
            call_id = call.id
            self._hosted_searches.append(call_id)
        else:
            call_id = item.id if item.call_id is None else item.call_id
            parts.append(ToolInputStart(call_id, call.tool_name))
        arguments = to_json({"arguments": item.arguments, "call_id": None if is_hosted else call_id})
        whole = self._call(item, call_id, call.tool_name, arguments)
        whole.provider_executed = is_hosted or None
        parts += [ToolInputEnd(call_id), whole]

    def _call(self, item: Item, id: str, tool_name: str, input: str, more: dict[str, Any] | None = None) -> ToolCall:
        return ToolCall(id, tool_name, input, provider_metadata=self._metadata(item, more))

    def _metadata(self, item: Item, more: dict[str, Any] | None = None) -> ProviderMetadata:
        return {self._provider: {"itemId": item.id, **(more or {})}}


def _start_patch(call: _Open, item: client_tools.ApplyPatchCall, parts: list[ModelPart]) -> None:
    parts.append(ToolInputStart(call.id, call.tool_name))
    if isinstance(item.operation, client_tools.DeleteFile):
        call.has_diff = call.has_ended = True
        parts += [ToolInputDelta(call.id, _patch_input(item)), ToolInputEnd(call.id)]
    else:
        item.operation.diff = ""
        parts.append(ToolInputDelta(call.id, _patch_input(item).removesuffix(_END_OF_PATCH)))


def _end_patch(call: _Open, diff: str, parts: list[ModelPart]) -> None:
    if call.has_ended:
        return
    if not call.has_diff:
        parts.append(ToolInputDelta(call.id, _inside_string(diff)))
    parts += [ToolInputDelta(call.id, _END_OF_PATCH), ToolInputEnd(call.id)]
    call.has_diff = call.has_ended = True


def _patch_input(item: client_tools.ApplyPatchCall) -> str:
    return to_json({"callId": item.call_id, "operation": item.operation})


def _is_async(item: items.FunctionCall | items.CustomToolCall, call: _Open | None) -> dict[str, Any]:
    is_async = call.is_async if item.is_async is None and call else item.is_async
    return {} if is_async is None else {"async": is_async}


def _input(id: str, tool_name: str, pieces: list[str]) -> list[ModelPart]:
    return [ToolInputStart(id, tool_name), *(ToolInputDelta(id, piece) for piece in pieces)]


def _inside_string(text: str) -> str:
    """For a JSON string that is sent in pieces."""
    return to_json(text)[1:-1]
