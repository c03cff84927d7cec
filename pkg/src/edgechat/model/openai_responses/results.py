"""What the caller's tools have answered (npm `@ai-sdk/openai` 4.0.118, `convert-to-openai-responses-input.ts`)."""

from collections.abc import Set
from typing import Any

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.openai_responses.content import cache_breakpoint, file_content, text_content
from edgechat.model.openai_responses.options import PartOptions, part_options, read_options
from edgechat.model.openai_responses.parallel import Group, Groups
from edgechat.model.openai_responses.replay import CLIENT_TOOLS, client_output, tool_search_output
from edgechat.model.openai_responses.settings import InputItem, PromptSettings
from edgechat.model.openai_responses.shapes import to_json
from edgechat.model.prompt import (
    ContentOutput,
    CustomPart,
    ErrorJSONOutput,
    ErrorTextOutput,
    ExecutionDenied,
    FilePart,
    FileText,
    JSONOutput,
    TextOutput,
    TextPart,
    ToolApprovalResponse,
    ToolMessage,
    ToolResultPart,
)
from edgechat.model.types import without_none


class Results:
    """Adds to `items` what stands for the messages of tools."""

    def __init__(
        self,
        settings: PromptSettings,
        groups: Groups,
        items: list[InputItem],
        warnings: list[str],
        *,
        hosted_approvals: Set[str],
        program_calls: Set[str],
    ) -> None:
        """`hosted_approvals`: the requests for approval that OpenAI made; others are the caller's own matter.
        `program_calls`: the calls that a program made which the model wrote."""
        self._settings = settings
        self._groups = groups
        self._items = items
        self._warnings = warnings
        self._hosted_approvals = hosted_approvals
        self._program_calls = program_calls
        self._told: set[str] = set()
        """Approvals, and calls of several functions in one."""

    def add(self, message: ToolMessage) -> None:
        for part in message.content:
            if isinstance(part, ToolApprovalResponse):
                if part.provider_executed or part.approval_id in self._hosted_approvals:
                    self._approval(part)
            elif group := self._groups.of(part.provider_options):
                self._group(group)
            elif not _follows_denial(part):
                self._result(part)

    def _approval(self, part: ToolApprovalResponse) -> None:
        if part.approval_id in self._told:
            return
        self._told.add(part.approval_id)
        settings = self._settings
        if settings.is_stored and not settings.in_conversation and not settings.continues_response:
            self._items.append({"type": "item_reference", "id": part.approval_id})
        self._items.append(
            {"type": "mcp_approval_response", "approval_request_id": part.approval_id, "approve": part.approved}
        )

    def _result(self, part: ToolResultPart) -> None:
        settings = self._settings
        api_name = settings.names.api_name(part.tool_name)
        call_id = part.tool_call_id
        if isinstance(part.output, JSONOutput) and api_name in settings.names.provided:
            if api_name == "tool_search":
                self._items.append(tool_search_output(None, call_id, part.output.value))
                return
            if api_name in CLIENT_TOOLS:
                self._items.append(client_output(api_name, call_id, part.output.value))
                return
        output = self._with_breakpoint(part)
        if api_name in settings.custom_tools:
            self._items.append({"type": "custom_tool_call_output", "call_id": call_id, "output": output})
            return
        caller = part_options(part.provider_options, settings.provider).caller
        is_program_call = call_id in self._program_calls or (caller and caller.type == "program")
        if is_program_call and isinstance(part.output, ExecutionDenied):
            raise UnsupportedFunctionalityError("A call that was made by a program cannot be denied.")
        item = {"type": "function_call_output", "call_id": call_id, "output": output, "caller": caller}
        self._items.append(without_none(item))
        self._load_tools(part)

    def _group(self, group: Group) -> None:
        if group.wrapper.tool_call_id in self._told:
            return
        self._told.add(group.wrapper.tool_call_id)
        results = [group.results[index] for index in range(group.wrapper.count)]
        outputs = [self._output(result) for result in results]
        texts = [output if isinstance(output, str) else to_json(output) for output in outputs]
        breakpoints = [self._breakpoint(result) for result in results]
        output: Any = "\n".join(texts)
        if any(breakpoints):
            lines = [text if index == 0 else f"\n{text}" for index, text in enumerate(texts)]
            output = [
                {"type": "input_text", "text": line, **cached} for line, cached in zip(lines, breakpoints, strict=True)
            ]
        self._items.append({"type": "function_call_output", "call_id": group.wrapper.tool_call_id, "output": output})
        for result in results:
            self._load_tools(result)

    def _with_breakpoint(self, part: ToolResultPart) -> str | list[InputItem]:
        output = self._output(part)
        if isinstance(output, str) and (cached := self._breakpoint(part)):
            return [{"type": "input_text", "text": output, **cached}]
        return output

    def _breakpoint(self, part: ToolResultPart) -> InputItem:
        if isinstance(part.output, ContentOutput):
            return {}
        provider = self._settings.provider
        return cache_breakpoint(part.output.provider_options, provider) or cache_breakpoint(
            part.provider_options, provider
        )

    def _output(self, part: ToolResultPart) -> str | list[InputItem]:
        # OpenAI wants JSON where a function has declared its output.
        as_json = part.tool_name in self._settings.tools_with_output_schema
        match part.output:
            case TextOutput(value=text):
                return to_json(text) if as_json else text
            case JSONOutput(value=value):
                return to_json(value)
            case ErrorTextOutput(value=value) | ErrorJSONOutput(value=value):
                return to_json({"error": value})
            case ExecutionDenied(reason=reason):
                text = "Tool call execution denied." if reason is None else reason
                return to_json(text) if as_json else text
            case ContentOutput(value=parts):
                return [item for item in map(self._content, parts) if item]

    def _content(self, part: TextPart | FilePart | CustomPart) -> InputItem | None:
        match part:
            case TextPart():
                return text_content(part.text, part.provider_options, self._settings.provider)
            case FilePart() if not isinstance(part.data, FileText):
                return file_content(part, self._settings.provider, "data")
        self._warnings.append("Results of tools can be of text, images and files only; the rest is left out.")
        return None

    def _load_tools(self, part: ToolResultPart) -> None:
        """Tools that the result makes known to the model."""
        options = read_options(part.provider_options, PartOptions, self._settings.provider, "openai")
        if options.additional_tools:
            self._items.append({"type": "additional_tools", "role": "developer", "tools": options.additional_tools})


def _follows_denial(part: ToolResultPart) -> bool:
    """Told already by the response to a request for approval."""
    if not isinstance(part.output, ExecutionDenied):
        return False
    return bool(part_options(part.output.provider_options, "openai").approval_id)
