"""A conversation in OpenAI's words (npm `@ai-sdk/openai` 4.0.118, `convert-to-openai-responses-input.ts`)."""

from collections.abc import Sequence
from typing import Any

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.openai_responses.assistant import Answers
from edgechat.model.openai_responses.content import cache_breakpoint, file_content, text_content
from edgechat.model.openai_responses.options import MessageOptions, part_options, read_options, text_format
from edgechat.model.openai_responses.parallel import Groups
from edgechat.model.openai_responses.results import Results
from edgechat.model.openai_responses.settings import InputItem, PromptSettings
from edgechat.model.prompt import (
    AssistantMessage,
    ModelMessage,
    SystemMessage,
    TextPart,
    ToolApprovalRequest,
    ToolCallPart,
    ToolMessage,
    UserMessage,
)
from edgechat.model.types import without_none


def input_items(messages: Sequence[ModelMessage], settings: PromptSettings, warnings: list[str]) -> list[InputItem]:
    items: list[InputItem] = []
    knows_calls = settings.in_conversation or settings.continues_response
    groups = Groups(messages if knows_calls else (), settings.provider)
    answers = Answers(settings, groups, items, warnings)
    hosted_approvals, program_calls = _calls(messages, settings.provider)
    results = Results(settings, groups, items, warnings, hosted_approvals=hosted_approvals, program_calls=program_calls)
    for message in messages:
        match message:
            case SystemMessage():
                _system(message, settings, items, warnings)
            case UserMessage():
                items.append({"role": "user", "content": _user_content(message, settings)})
            case AssistantMessage():
                answers.add(message)
            case ToolMessage():
                results.add(message)
    if settings.is_stored:
        return items
    kept = [item for item in items if item.get("type") != "reasoning" or item["encrypted_content"] is not None]
    if len(kept) < len(items):
        warnings.append("Reasoning without encrypted content is left out, for want of `store`.")
    return kept


def _system(message: SystemMessage, settings: PromptSettings, items: list[InputItem], warnings: list[str]) -> None:
    options = read_options(message.provider_options, MessageOptions, settings.provider, "openai")
    effort, new_format = options.reasoning_effort_update, options.text_format_update
    if effort or new_format or options.additional_tools is not None:
        if message.content:
            raise UnsupportedFunctionalityError("A system message that changes the configuration must have no text.")
        if effort or new_format:
            if settings.no_updates:
                raise UnsupportedFunctionalityError(settings.no_updates)
            update = {
                "reasoning": {"effort": effort} if effort else None,
                "text": {"format": text_format(new_format, warnings)} if new_format else None,
            }
            items.append({"type": "configuration_update", **without_none(update)})
        if options.additional_tools:
            items.append({"type": "additional_tools", "role": "developer", "tools": options.additional_tools})
    elif settings.system_role == "remove":
        warnings.append("This model takes no system messages: they are left out.")
    else:
        content: Any = message.content
        if cache_breakpoint(message.provider_options, settings.provider):
            content = [text_content(content, message.provider_options, settings.provider)]
        items.append({"role": settings.system_role, "content": content})


def _user_content(message: UserMessage, settings: PromptSettings) -> list[InputItem]:
    parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
    return [
        text_content(part.text, part.provider_options, settings.provider)
        if isinstance(part, TextPart)
        else file_content(part, settings.provider, f"part-{index}", any_type=settings.pass_through_files)
        for index, part in enumerate(parts)
    ]


def _calls(messages: Sequence[ModelMessage], provider: str) -> tuple[set[str], set[str]]:
    """The requests for approval that OpenAI made, and the calls that a program made."""
    hosted: set[str] = set()
    approvals: set[str] = set()
    by_programs: set[str] = set()
    for message in messages:
        if isinstance(message, AssistantMessage) and not isinstance(message.content, str):
            for part in message.content:
                if isinstance(part, ToolApprovalRequest):
                    if part.tool_call_id in hosted:
                        approvals.add(part.approval_id)
                elif isinstance(part, ToolCallPart):
                    if part.provider_executed:
                        hosted.add(part.tool_call_id)
                    caller = part_options(part.provider_options, provider).caller
                    if caller and caller.type == "program":
                        by_programs.add(part.tool_call_id)
    return approvals, by_programs
