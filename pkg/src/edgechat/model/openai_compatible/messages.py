"""Prompts as messages of OpenAI-compatible servers (`convert-to-openai-compatible-chat-messages.ts`).

What `provider_options["openaiCompatible"]` of a message or part says goes into it as it is.
"""

from typing import Any

from msgspec import UNSET

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model import prompt
from edgechat.model.files import base64, data_url, full_media_type, inline, kind_of, reference_for
from edgechat.model.openai_chat.messages import AUDIO_FORMATS, parsed, to_json
from edgechat.model.prompt import (
    AssistantMessage,
    FileData,
    FilePart,
    FileReference,
    FileText,
    FileURL,
    ModelMessage,
    ProviderOptions,
    ReasoningPart,
    SystemMessage,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import without_none


def compatible_messages(messages: list[ModelMessage], provider: str, signature_key: str) -> list[dict[str, Any]]:
    """`provider` knows uploaded files; under `signature_key` tool calls have the signatures of Gemini's thoughts."""
    converted: list[dict[str, Any]] = []
    for message in messages:
        match message:
            case SystemMessage():
                converted.append({"role": "system", "content": message.content} | _own(message.provider_options))
            case UserMessage():
                converted.append(_user(message, provider))
            case AssistantMessage():
                converted.append(_assistant(message, signature_key))
            case ToolMessage():
                converted += [_result(part) for part in message.content if isinstance(part, ToolResultPart)]
    return converted


def _own(options: ProviderOptions | None) -> dict[str, Any]:
    return (options or {}).get("openaiCompatible", {})


def _user(message: UserMessage, provider: str) -> dict[str, Any]:
    match message.content:
        case str():
            return {"role": "user", "content": message.content} | _own(message.provider_options)
        case [TextPart() as part]:
            return {"role": "user", "content": part.text} | _own(part.provider_options)
    content = [_content(part, provider) | _own(part.provider_options) for part in message.content]
    return {"role": "user", "content": content} | _own(message.provider_options)


def _content(part: TextPart | FilePart, provider: str) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    kind = kind_of(part.media_type)
    match inline(part.data):
        case FileReference() as source:
            return {"type": "file", "file": {"file_id": reference_for(provider, source)}}
        case FileText() as source if kind == "text":
            return {"type": "text", "text": source.text}
        case FileURL() as source if kind == "text":
            return {"type": "text", "text": source.url}
        case FileURL() as source if kind in ("image", "video"):
            return {"type": f"{kind}_url", f"{kind}_url": {"url": source.url}}
        case FileData() as source if kind == "text":
            return {"type": "text", "text": source.data.decode(errors="replace")}
        case FileData() as source:
            return _file(part, kind, source)
    raise UnsupportedFunctionalityError(f"The server takes {part.media_type} in messages only as data.")


def _file(part: FilePart, kind: str, source: FileData) -> dict[str, Any]:
    media_type = full_media_type(part.media_type, source)
    if kind in ("image", "video"):
        return {"type": f"{kind}_url", f"{kind}_url": {"url": data_url(media_type, source.data)}}
    if audio := AUDIO_FORMATS.get(media_type):
        return {"type": "input_audio", "input_audio": {"data": base64(source.data), "format": audio}}
    if media_type == "application/pdf":
        file = {"filename": part.filename or "document.pdf", "file_data": data_url(media_type, source.data)}
        return {"type": "file", "file": file}
    raise UnsupportedFunctionalityError(f"The server takes no {media_type} in messages.")


def _assistant(message: AssistantMessage, signature_key: str) -> dict[str, Any]:
    parts = [TextPart(text=message.content)] if isinstance(message.content, str) else message.content
    text = "".join(part.text for part in parts if isinstance(part, TextPart))
    reasoning = "".join(part.text for part in parts if isinstance(part, ReasoningPart))
    calls = [_call(part, signature_key) for part in parts if isinstance(part, ToolCallPart)]
    return {
        "role": "assistant",
        "content": (text or None) if calls else text,
        **without_none({"reasoning_content": reasoning or None, "tool_calls": calls or None}),
        **_own(message.provider_options),
    }


def _call(part: ToolCallPart, signature_key: str) -> dict[str, Any]:
    options = part.provider_options or {}
    signature = options.get(signature_key, {}).get("thoughtSignature") or options.get("google", {}).get(
        "thoughtSignature"
    )
    extra = {"extra_content": {"google": {"thought_signature": str(signature)}}} if signature else {}
    function = {"name": part.tool_name, "arguments": _arguments(part.input)}
    return {"id": part.tool_call_id, "type": "function", "function": function, **_own(options), **extra}


def _arguments(input: Any) -> str:
    if input is UNSET:
        return "{}"
    return input if isinstance(input, str) and parsed(input) is not UNSET else to_json(input)


def _result(part: ToolResultPart) -> dict[str, Any]:
    message = {"role": "tool", "tool_call_id": part.tool_call_id, "content": _output(part.output)}
    return message | _own(part.provider_options)


def _output(output: ToolOutput) -> str:
    match output:
        case prompt.TextOutput() | prompt.ErrorTextOutput():
            return output.value
        case prompt.ExecutionDenied():
            return "Tool call execution denied." if output.reason is None else output.reason
        case prompt.JSONOutput() | prompt.ErrorJSONOutput() | prompt.ContentOutput():
            return to_json(output.value)
