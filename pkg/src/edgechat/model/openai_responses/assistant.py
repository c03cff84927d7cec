"""What the model said before, told to it again (npm `@ai-sdk/openai` 4.0.118, `convert-to-openai-responses-input.ts`).

What OpenAI has stored is told by its id alone.
"""

from typing import Any, TypeGuard

import msgspec

from edgechat.json import JSONDecoder
from edgechat.model.openai_responses.options import PartOptions, part_options
from edgechat.model.openai_responses.parallel import Groups, Wrapper
from edgechat.model.openai_responses.replay import (
    CLIENT_TOOLS,
    client_call,
    client_output,
    program,
    program_output,
    tool_search_call,
    tool_search_output,
    web_search_call,
)
from edgechat.model.openai_responses.settings import InputItem, PromptSettings
from edgechat.model.openai_responses.shapes import to_json
from edgechat.model.prompt import (
    AssistantMessage,
    CustomPart,
    ExecutionDenied,
    JSONOutput,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolOutput,
    ToolResultPart,
)
from edgechat.model.types import without_none

_any = JSONDecoder[Any](Any)


class Answers:
    """Adds to `items` what stands for the model's messages."""

    def __init__(self, settings: PromptSettings, groups: Groups, items: list[InputItem], warnings: list[str]) -> None:
        self._settings = settings
        self._groups = groups
        self._items = items
        self._warnings = warnings
        self._told_groups: set[str] = set()

    def add(self, message: AssistantMessage) -> None:
        parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
        told: dict[str, InputItem] = {}
        has_reasoning = False
        for part in parts:
            match part:
                case TextPart():
                    self._text(part, told, has_reasoning=has_reasoning)
                case ReasoningPart():
                    has_reasoning = True
                    self._reasoning(part, told)
                case ToolCallPart():
                    self._call(part)
                case ToolResultPart():
                    self._result(part)
                case CustomPart(kind="openai.compaction"):
                    self._compaction(part)
                case _:
                    pass

    def _text(self, part: TextPart, told: dict[str, InputItem], *, has_reasoning: bool) -> None:
        options = self._options(part)
        item_id = options.item_id
        if item_id is not None and self._settings.in_conversation:
            return
        if self._is_known(item_id) and (has_reasoning or not self._settings.is_reasoning):
            if item_id not in told:
                told[item_id] = self._refer(item_id)
            return
        message = {"role": "assistant", "content": part.text, "phase": options.phase}
        self._items.append(without_none(message))

    def _reasoning(self, part: ReasoningPart, told: dict[str, InputItem]) -> None:
        options = self._options(part)
        item_id, encrypted = options.item_id, options.reasoning_encrypted_content
        summary = [{"type": "summary_text", "text": part.text}] if part.text else []
        if item_id is None and encrypted is None:
            self._warnings.append("Reasoning that is not OpenAI's is left out.")
        elif item_id is None:
            self._items.append({"type": "reasoning", "encrypted_content": encrypted, "summary": summary})
        elif self._settings.in_conversation or self._settings.continues_response:
            pass
        elif item_id in told:
            if not self._settings.is_stored:
                told[item_id]["summary"] += summary
                # Only the last of several parts has it.
                told[item_id]["encrypted_content"] = encrypted or told[item_id]["encrypted_content"]
        elif self._settings.is_stored:
            told[item_id] = self._refer(item_id)
        else:
            told[item_id] = {"type": "reasoning", "id": item_id, "encrypted_content": encrypted, "summary": summary}
            self._items.append(told[item_id])

    def _call(self, part: ToolCallPart) -> None:
        if group := self._groups.of(part.provider_options):
            self._call_group(group.wrapper)
            return
        options = self._options(part)
        item_id = options.item_id
        if item_id is not None and self._settings.in_conversation:
            return
        api_name = self._settings.names.api_name(part.tool_name)
        is_provided = api_name in self._settings.names.provided
        is_kept = api_name == "programmatic_tool_calling" or (api_name == "tool_search" and is_provided)
        can_be_retold = api_name == "shell" and is_provided and not self._settings.is_stored
        if part.provider_executed and not is_kept and not can_be_retold:
            if self._is_known(item_id):
                self._refer(item_id)
        elif self._is_known(item_id) and (is_kept or self._is_client_tool(api_name) or self._is_custom(api_name)):
            if is_kept or not self._settings.continues_response:
                self._refer(item_id)
        else:
            self._items.append(self._call_item(part, api_name, options))

    def _call_item(self, part: ToolCallPart, api_name: str, options: PartOptions) -> InputItem:
        call_id, item_id = part.tool_call_id, options.item_id
        if api_name == "programmatic_tool_calling":
            return program(item_id or call_id, call_id, part.input)
        if api_name == "tool_search" and api_name in self._settings.names.provided:
            return tool_search_call(item_id or call_id, call_id, part.input)
        if self._is_client_tool(api_name):
            return client_call(api_name, call_id, item_id, part.input)
        item: InputItem = {"call_id": call_id, "name": api_name, "async": options.is_async}
        if self._is_custom(api_name):
            text = part.input if isinstance(part.input, str) else to_json(part.input)
            return without_none({"type": "custom_tool_call", **item, "input": text, "id": item_id})
        item |= {"namespace": options.namespace, "caller": options.caller}
        return without_none({"type": "function_call", **item, "arguments": _arguments(part.input)})

    def _call_group(self, wrapper: Wrapper) -> None:
        if wrapper.tool_call_id in self._told_groups:
            return
        self._told_groups.add(wrapper.tool_call_id)
        if not self._settings.in_conversation:
            self._items.append(
                {
                    "type": "function_call",
                    "call_id": wrapper.tool_call_id,
                    "name": wrapper.tool_name,
                    "arguments": wrapper.input,
                }
            )

    def _result(self, part: ToolResultPart) -> None:
        """Of a tool that OpenAI ran."""
        if _is_denied(part.output) or self._settings.in_conversation:
            return
        api_name = self._settings.names.api_name(part.tool_name)
        is_provided = api_name in self._settings.names.provided
        item_id = self._options(part).item_id or part.tool_call_id
        if api_name == "shell" and is_provided:
            # The id is that of the call: a result has one of its own, which is lost.
            if isinstance(part.output, JSONOutput):
                self._items.append(client_output(api_name, part.tool_call_id, part.output.value))
        elif self._settings.is_stored:
            self._refer(item_id)
        elif item := self._result_item(part, api_name, item_id, is_provided=is_provided):
            self._items.append(item)
        else:
            self._warnings.append(f"Results of OpenAI's tool {part.tool_name} are not told again, for want of `store`.")

    def _result_item(self, part: ToolResultPart, api_name: str, item_id: str, *, is_provided: bool) -> InputItem | None:
        if not isinstance(part.output, JSONOutput):
            return None
        call_id, output = part.tool_call_id, part.output.value
        match api_name:
            case "web_search" | "web_search_preview":
                return web_search_call(item_id, output)
            case "tool_search" if is_provided:
                return tool_search_output(item_id, call_id, output)
            case "programmatic_tool_calling":
                return program_output(item_id, call_id, output)
        return None

    def _compaction(self, part: CustomPart) -> None:
        options = self._options(part)
        item_id = options.item_id
        if item_id is None or self._settings.in_conversation:
            return
        if self._settings.is_stored:
            self._refer(item_id)
        else:
            item = {"type": "compaction", "id": item_id, "encrypted_content": options.encrypted_content}
            self._items.append(without_none(item))

    def _options(self, part: TextPart | ReasoningPart | ToolCallPart | ToolResultPart | CustomPart) -> PartOptions:
        return part_options(part.provider_options, self._settings.provider)

    def _is_known(self, item_id: str | None) -> TypeGuard[str]:
        return item_id is not None and self._settings.is_stored

    def _is_client_tool(self, api_name: str) -> bool:
        return api_name in CLIENT_TOOLS and api_name in self._settings.names.provided

    def _is_custom(self, api_name: str) -> bool:
        return api_name in self._settings.custom_tools

    def _refer(self, item_id: str) -> InputItem:
        item = {"type": "item_reference", "id": item_id}
        self._items.append(item)
        return item


def _is_denied(output: ToolOutput) -> bool:
    """Such a result is ours: OpenAI knows nothing of it."""
    match output:
        case ExecutionDenied() | JSONOutput(value={"type": "execution-denied"}):
            return True
    return False


def _arguments(input: Any) -> str:
    if isinstance(input, str):
        try:
            _any.decode(input)
        except msgspec.DecodeError:
            return to_json(input)
        return input
    return "{}" if input is msgspec.UNSET else to_json(input)
