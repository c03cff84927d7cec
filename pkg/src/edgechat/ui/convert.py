"""UI messages -> model messages (npm `ai` 7.0.173, `convertToModelMessages`)."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from msgspec import UNSET

from edgechat.errors import MessageConversionError
from edgechat.model import prompt
from edgechat.ui import messages as ui

_DENIED = "Tool call execution denied."
_UNAVAILABLE = "Tool output omitted because the tool is no longer available."
_COMPLETE = ("approval-responded", "output-error", "output-denied")
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_ONLY_A_HOST = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]+")

type ConvertDataPart = Callable[[ui.DataPart], prompt.TextPart | prompt.FilePart | None]


class ToolOfModel(Protocol):
    """What of a tool matters here."""

    @property
    def to_model_output(self) -> Callable[[Any], prompt.ToolOutput] | None: ...


type Tools = Mapping[str, ToolOfModel]


def convert_to_model_messages(
    messages: Iterable[ui.UIMessage],
    *,
    tools: Tools | None = None,
    ignore_incomplete_tool_calls: bool = False,
    convert_data_part: ConvertDataPart | None = None,
) -> list[prompt.ModelMessage]:
    """What a model is told of a conversation.

    Each step of an answer becomes an assistant message, and a tool message with its results. A request for approval
    that the user passed over with a new message is left out, as are sources and, without `convert_data_part`, data.
    `ignore_incomplete_tool_calls` leaves out calls that have neither a result nor an answer to their request.

    Raises `MessageConversionError` for a file whose URL is no absolute one.
    """
    convert = _Conversion(tools or {}, convert_data_part)
    messages = list(messages)
    last_user = max((index for index, message in enumerate(messages) if message.role == "user"), default=-1)
    result: list[prompt.ModelMessage] = []
    for index, message in enumerate(messages):
        parts = message.parts
        if index < last_user:
            parts = [part for part in parts if not isinstance(part, ui.ToolPart) or part.state != "approval-requested"]
        if ignore_incomplete_tool_calls:
            parts = [part for part in parts if not isinstance(part, ui.ToolPart) or _is_complete(part)]
        match message.role:
            case "system":
                result.append(_system(parts))
            case "user":
                result.append(prompt.UserMessage(convert.user(parts)))
            case "assistant":
                result += convert.assistant(parts)
    return result


def _is_complete(part: ui.ToolPart) -> bool:
    return part.state in _COMPLETE or (part.state == "output-available" and part.preliminary is not True)


def _system(parts: list[ui.UIPart]) -> prompt.SystemMessage:
    texts = [part for part in parts if isinstance(part, ui.TextPart)]
    options: prompt.ProviderOptions = {}
    for text in texts:
        options |= text.provider_metadata or {}
    return prompt.SystemMessage("".join(text.text for text in texts), options or None)


class _Conversion:
    def __init__(self, tools: Tools, convert_data_part: ConvertDataPart | None) -> None:
        self._tools = tools
        self._data = convert_data_part or (lambda _: None)

    def user(self, parts: Iterable[ui.UIPart]) -> list[prompt.UserContent]:
        content: list[prompt.UserContent] = []
        for part in parts:
            match part:
                case ui.TextPart():
                    content.append(_text(part))
                case ui.FilePart():
                    content.append(_file(part))
                case ui.DataPart() if converted := self._data(part):
                    content.append(converted)
        return content

    def assistant(self, parts: list[ui.UIPart]) -> list[prompt.ModelMessage]:
        result: list[prompt.ModelMessage] = []
        step: list[ui.UIPart] = []
        for part in parts:
            match part:
                case ui.StepStartPart():
                    result += self._step(step)
                    step = []
                case ui.SteeringMessagePart():
                    result += [*self._step(step), prompt.UserMessage(self.user(part.parts))]
                    step = []
                case _:
                    step.append(part)
        return result + self._step(step)

    def _step(self, parts: list[ui.UIPart]) -> list[prompt.ModelMessage]:
        result: list[prompt.ModelMessage] = []
        if said := [content for part in parts for content in self._said(part)]:
            result.append(prompt.AssistantMessage(said))
        if told := [content for part in parts if isinstance(part, ui.ToolPart) for content in self._told(part)]:
            result.append(prompt.ToolMessage(told))
        return result

    def _said(self, part: ui.UIPart) -> list[prompt.AssistantContent]:
        match part:
            case ui.TextPart():
                return [_text(part)]
            case ui.ReasoningPart():
                return [prompt.ReasoningPart(text=part.text, provider_options=part.provider_metadata)]
            case ui.ToolPart() if part.state != "input-streaming":
                return self._call(part)
            case ui.FilePart():
                return [_file(part)]
            case ui.ReasoningFilePart():
                url = prompt.FileURL(_absolute(part.url))
                options = part.provider_metadata
                return [prompt.ReasoningFilePart(data=url, media_type=part.media_type, provider_options=options)]
            case ui.CustomPart():
                return [prompt.CustomPart(kind=part.kind, provider_options=part.provider_metadata)]
            case ui.DataPart() if converted := self._data(part):
                return [converted]
        return []

    def _call(self, part: ui.ToolPart) -> list[prompt.AssistantContent]:
        failed = part.state == "output-error"
        value, options = part.input, part.call_provider_metadata
        if failed and (value is UNSET or value is None):
            value = UNSET if part.raw_input is None else part.raw_input
        if failed and options is None:
            options = part.result_provider_metadata
        content: list[prompt.AssistantContent] = [
            prompt.ToolCallPart(
                tool_call_id=part.tool_call_id,
                tool_name=part.name,
                input=value,
                provider_executed=part.provider_executed,
                provider_options=options,
            )
        ]
        if approval := part.approval:
            content.append(
                prompt.ToolApprovalRequest(
                    approval_id=approval.id,
                    tool_call_id=part.tool_call_id,
                    is_automatic=approval.is_automatic,
                    reason=approval.request_reason,
                    input_schema_input=approval.input_schema_input,
                    signature=approval.signature,
                )
            )
        if part.provider_executed and part.state in ("output-available", "output-error"):
            output = prompt.ErrorJSONOutput(value=part.error_text) if failed else self._output(part)
            content.append(_result(part, output, part.result_provider_metadata))
        return content

    def _told(self, part: ui.ToolPart) -> list[prompt.ToolContent]:
        """What comes back to the model. A provider's own tools have told it in their step already."""
        content: list[prompt.ToolContent] = []
        approval = part.approval
        if approval and approval.approved is not None:
            content.append(
                prompt.ToolApprovalResponse(
                    approval_id=approval.id,
                    approved=approval.approved,
                    reason=approval.reason,
                    provider_executed=part.provider_executed,
                )
            )
            if part.state == "approval-responded" and not approval.approved:
                content.append(_result(part, prompt.ExecutionDenied(reason=approval.reason)))
        if not part.provider_executed:
            match part.state:
                case "output-available":
                    content.append(_result(part, self._output(part)))
                case "output-error":
                    text = "unknown error" if part.error_text is None else part.error_text
                    content.append(_result(part, prompt.ErrorTextOutput(value=text)))
                case "output-denied":
                    reason = _DENIED if approval is None or approval.reason is None else approval.reason
                    content.append(_result(part, prompt.ErrorTextOutput(value=reason)))
        return content

    def _output(self, part: ui.ToolPart) -> prompt.ToolOutput:
        tool = self._tools.get(part.name)
        if tool is None and part.type == "dynamic-tool" and part.dynamic is False:
            return prompt.TextOutput(value=_UNAVAILABLE)
        output = None if part.output is UNSET else part.output
        if tool and tool.to_model_output:
            return tool.to_model_output(output)
        return prompt.TextOutput(value=output) if isinstance(output, str) else prompt.JSONOutput(value=output)


def _result(
    part: ui.ToolPart, output: prompt.ToolOutput, options: prompt.ProviderOptions | None = None
) -> prompt.ToolResultPart:
    return prompt.ToolResultPart(
        tool_call_id=part.tool_call_id,
        tool_name=part.name,
        output=output,
        provider_options=part.call_provider_metadata if options is None else options,
    )


def _text(part: ui.TextPart) -> prompt.TextPart:
    return prompt.TextPart(text=part.text, provider_options=part.provider_metadata)


def _file(part: ui.FilePart) -> prompt.FilePart:
    reference = part.provider_reference
    return prompt.FilePart(
        media_type=part.media_type,
        filename=part.filename,
        data=prompt.FileURL(_absolute(part.url)) if reference is None else prompt.FileReference(reference),
        provider_options=part.provider_metadata,
    )


def _absolute(url: str) -> str:
    if not _SCHEME.match(url):
        raise MessageConversionError(f"A file needs an absolute URL or a data: URL, not {url[:100]!r}")
    return f"{url}/" if _ONLY_A_HOST.fullmatch(url) else url
