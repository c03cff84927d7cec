"""Requests to Workers AI."""

from collections.abc import Set
from typing import Any

import msgspec

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model import prompt
from edgechat.model.files import data_url, full_media_type, inline, kind_of
from edgechat.model.prompt import (
    AssistantMessage,
    FileData,
    FilePart,
    ModelMessage,
    ReasoningPart,
    SystemMessage,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
    UserMessage,
    text_of,
)
from edgechat.model.types import FunctionTool, JSONFormat, ModelCall, Reasoning, ToolNamed, without_none
from edgechat.model.workers_ai.tool_calls import original_id

_EFFORTS: dict[Reasoning, str | None] = {"none": None, "minimal": "low", "xhigh": "high", "max": "high"}


def request_body(call: ModelCall, warnings: list[str]) -> dict[str, Any]:
    """What the model does not support goes into `warnings`."""
    if call.stop_sequences:
        warnings.append("stop_sequences are not supported by Workers AI.")
    # JSON mode and streaming exclude each other (AiError 5023).
    body = without_none(
        {
            "messages": [message for each in call.messages for message in _messages(each)],
            "max_tokens": call.max_output_tokens,
            "temperature": call.temperature,
            "top_p": call.top_p,
            "top_k": call.top_k,
            "seed": call.seed,
            "presence_penalty": call.presence_penalty,
            "frequency_penalty": call.frequency_penalty,
            "stream": call.response_format is None,
        }
    )
    if call.reasoning:
        body["reasoning_effort"] = effort = _EFFORTS.get(call.reasoning, call.reasoning)
        if effort not in (None, call.reasoning):
            warnings.append(f"reasoning {call.reasoning!r} is not supported by Workers AI; {effort!r} is used instead.")
    if call.response_format:
        body["response_format"] = _response_format(call.response_format)
        if call.tools:
            warnings.append("Workers AI has no tools together with a response format: they are left out.")
    elif call.tools:
        body |= _tools(call, warnings)
    return body


def forced_tools(call: ModelCall) -> Set[str]:
    """The tools of which one must be called, if it is so."""
    is_forced = call.tool_choice == "required" or isinstance(call.tool_choice, ToolNamed)
    if not is_forced or call.response_format:
        return frozenset()
    return frozenset(tool.name for tool in call.tools if isinstance(tool, FunctionTool))


def _tools(call: ModelCall, warnings: list[str]) -> dict[str, Any]:
    tools = []
    for tool in call.tools:
        if isinstance(tool, FunctionTool):
            function = {"name": tool.name, "description": tool.description, "parameters": tool.input_schema}
            tools.append({"type": "function", "function": without_none(function)})
        else:
            warnings.append(f"The tool {tool.id} is not supported by Workers AI.")
    if not tools:
        return {}
    choice: Any = call.tool_choice
    if isinstance(choice, ToolNamed):
        choice = {"type": "function", "function": {"name": choice.name}}
    return without_none({"tools": tools, "tool_choice": choice})


def _response_format(format: JSONFormat) -> dict[str, Any]:
    """The models want the bare schema. Name and description become those of the schema."""
    if format.schema is None:
        return {"type": "json_object"}
    naming = without_none({"title": format.name or None, "description": format.description or None})
    return {"type": "json_schema", "json_schema": naming | format.schema}


def _messages(message: ModelMessage) -> list[dict[str, Any]]:
    match message:
        case SystemMessage():
            return [{"role": "system", "content": message.content}]
        case UserMessage():
            return [{"role": "user", "content": _user_content(message)}]
        case AssistantMessage():
            return [_assistant(message)]
        case ToolMessage():
            return [
                {
                    "role": "tool",
                    "tool_call_id": original_id(part.tool_call_id),
                    "name": part.tool_name,
                    "content": _output(part.output),
                }
                for part in message.content
                if isinstance(part, ToolResultPart)
            ]


def _user_content(message: UserMessage) -> str | list[dict[str, Any]]:
    if isinstance(message.content, str):
        return message.content
    text = "\n".join(part.text for part in message.content if isinstance(part, TextPart))
    images = [
        {"type": "image_url", "image_url": {"url": _image(part)}}
        for part in message.content
        if isinstance(part, FilePart)
    ]
    if not images:
        return text
    return [{"type": "text", "text": text}, *images] if text else images


def _image(part: FilePart) -> str:
    if kind_of(part.media_type.lower()) != "image":
        raise UnsupportedFunctionalityError(f"Workers AI takes images in messages, but no {part.media_type}.")
    source = inline(part.data)
    if not isinstance(source, FileData):
        raise UnsupportedFunctionalityError("Workers AI takes the data of images, but not their addresses.")
    return data_url(full_media_type(part.media_type, source), source.data)


def _assistant(message: AssistantMessage) -> dict[str, Any]:
    parts = [] if isinstance(message.content, str) else message.content
    calls = [
        {
            "id": original_id(part.tool_call_id),
            "type": "function",
            "function": {
                "name": part.tool_name,
                "arguments": _json({} if part.input is msgspec.UNSET else part.input),
            },
        }
        for part in parts
        if isinstance(part, ToolCallPart)
    ]
    return without_none(
        {
            "role": "assistant",
            "content": text_of(message),
            "reasoning": "".join(part.text for part in parts if isinstance(part, ReasoningPart)) or None,
            "tool_calls": calls or None,
        }
    )


def _output(output: ToolOutput) -> str:
    match output:
        case prompt.TextOutput() | prompt.ErrorTextOutput():
            return output.value
        case prompt.JSONOutput() | prompt.ErrorJSONOutput():
            return _json(output.value)
        case prompt.ExecutionDenied():
            return f"Tool execution denied: {output.reason}" if output.reason else "Tool execution was denied."
        case prompt.ContentOutput():
            return "\n".join(part.text for part in output.value if isinstance(part, TextPart))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
