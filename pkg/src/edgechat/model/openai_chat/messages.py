"""Prompts as messages of OpenAI's Chat Completions API (`convert-to-openai-chat-messages.ts`)."""

from typing import Any, Literal

import msgspec

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.json import JSONDecoder
from edgechat.model import prompt
from edgechat.model.files import base64, data_url, full_media_type, inline, kind_of, reference_for
from edgechat.model.prompt import (
    AssistantMessage,
    FilePart,
    FileReference,
    FileText,
    FileURL,
    ModelMessage,
    ProviderOptions,
    SystemMessage,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import without_none

type SystemMessageMode = Literal["system", "developer", "remove"]

AUDIO_FORMATS = {"audio/wav": "wav", "audio/mp3": "mp3", "audio/mpeg": "mp3"}

_any = JSONDecoder[Any](Any)


def openai_messages(messages: list[ModelMessage], mode: SystemMessageMode, warnings: list[str]) -> list[dict[str, Any]]:
    converted: list[dict[str, Any]] = []
    for message in messages:
        name = _option(message.provider_options, "name")
        match message:
            case SystemMessage() if mode == "remove":
                warnings.append("This model takes no system messages: they are left out.")
            case SystemMessage():
                content = _text(message.content, _breakpoint(message.provider_options))
                converted.append(without_none({"role": mode, "name": name, "content": content}))
            case UserMessage():
                converted.append(without_none({"role": "user", "name": name, "content": _user_content(message)}))
            case AssistantMessage():
                converted.append(_assistant(message, name))
            case ToolMessage():
                if name:
                    warnings.append("OpenAI has no names on messages of tools.")
                converted += [_result(part) for part in message.content if isinstance(part, ToolResultPart)]
    return converted


def to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def parsed(text: str) -> Any:
    """The JSON of a text; UNSET where it is none."""
    try:
        return _any.decode(text)
    except msgspec.DecodeError:
        return msgspec.UNSET


def _option(options: ProviderOptions | None, name: str) -> Any:
    return (options or {}).get("openai", {}).get(name)


def _breakpoint(options: ProviderOptions | None) -> Any:
    """Up to here the prompt is to be cached."""
    return _option(options, "promptCacheBreakpoint")


def _text(text: str, mark: Any) -> str | list[dict[str, Any]]:
    return [{"type": "text", "text": text, "prompt_cache_breakpoint": mark}] if mark else text


def _user_content(message: UserMessage) -> str | list[dict[str, Any]]:
    match message.content:
        case str():
            return message.content
        case [TextPart() as part]:
            return _text(part.text, _breakpoint(part.provider_options))
    return [
        without_none(_content(part, index) | {"prompt_cache_breakpoint": _breakpoint(part.provider_options)})
        for index, part in enumerate(message.content)
    ]


def _content(part: TextPart | FilePart, index: int) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    source = inline(part.data)
    kind = kind_of(part.media_type)
    match source:
        case FileReference():
            return {"type": "file", "file": {"file_id": reference_for("openai", source)}}
        case FileText():
            raise UnsupportedFunctionalityError("OpenAI takes no files of text in messages.")
        case FileURL() if kind != "image":
            raise UnsupportedFunctionalityError(
                f"OpenAI takes the data of files, but not the address of {part.media_type}."
            )
        case FileURL():
            return _image(source.url, part)
    media_type = full_media_type(part.media_type, source)
    if kind == "image":
        return _image(data_url(media_type, source.data), part)
    if audio := AUDIO_FORMATS.get(media_type):
        return {"type": "input_audio", "input_audio": {"data": base64(source.data), "format": audio}}
    if media_type == "application/pdf":
        name = part.filename or f"part-{index}.pdf"
        return {"type": "file", "file": {"filename": name, "file_data": data_url(media_type, source.data)}}
    raise UnsupportedFunctionalityError(f"OpenAI takes no {media_type} in messages.")


def _image(url: str, part: FilePart) -> dict[str, Any]:
    detail = _option(part.provider_options, "imageDetail")
    return {"type": "image_url", "image_url": without_none({"url": url, "detail": detail})}


def _assistant(message: AssistantMessage, name: str | None) -> dict[str, Any]:
    parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
    calls = [
        {
            "id": part.tool_call_id,
            "type": "function",
            "function": {"name": part.tool_name, "arguments": _arguments(part.input)},
        }
        for part in parts
        if isinstance(part, ToolCallPart)
    ]
    texts = [part for part in parts if isinstance(part, TextPart)]
    content: Any = "".join(part.text for part in texts)
    if any(_breakpoint(part.provider_options) for part in texts):
        content = [
            _content(part, 0) | without_none({"prompt_cache_breakpoint": _breakpoint(part.provider_options)})
            for part in texts
        ]
    elif calls:
        content = content or None
    return {**without_none({"role": "assistant", "name": name, "tool_calls": calls or None}), "content": content}


def _arguments(input: Any) -> str:
    """OpenAI wants an object, whatever the model wrote."""
    if isinstance(input, str):
        return input if isinstance(parsed(input), dict) else "{}"
    return to_json(input) if isinstance(input, dict) else "{}"


def _result(part: ToolResultPart) -> dict[str, Any]:
    output = part.output
    marked = (
        [_breakpoint(inner.provider_options) for inner in output.value]
        if isinstance(output, prompt.ContentOutput)
        else [_breakpoint(output.provider_options)]
    )
    mark = next(filter(None, [*marked, _breakpoint(part.provider_options)]), None)
    return {"role": "tool", "tool_call_id": part.tool_call_id, "content": _text(_output(output), mark)}


def _output(output: ToolOutput) -> str:
    match output:
        case prompt.TextOutput():
            return output.value
        case prompt.ErrorTextOutput() | prompt.ErrorJSONOutput():
            return to_json({"error": output.value})
        case prompt.ExecutionDenied():
            return "Tool call execution denied." if output.reason is None else output.reason
        case prompt.JSONOutput() | prompt.ContentOutput():
            return to_json(output.value)
