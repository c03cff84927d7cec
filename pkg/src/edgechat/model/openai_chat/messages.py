"""Prompts as messages of the Chat Completions API (`convert-to-openai-chat-messages.ts`)."""

from collections.abc import Iterable
from typing import Any

import msgspec

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.json import JSONDecoder
from edgechat.model import prompt
from edgechat.model.call_ids import portable_call_id
from edgechat.model.files import base64, data_url, full_media_type, inline, kind_of, reference_for
from edgechat.model.prompt import (
    AssistantMessage,
    FileData,
    FilePart,
    FileReference,
    FileText,
    FileURL,
    ModelMessage,
    SystemMessage,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
    UserMessage,
    text_of,
)

type Wire = dict[str, Any]

_AUDIO_FORMATS = {"audio/wav": "wav", "audio/mp3": "mp3", "audio/mpeg": "mp3"}

_any = JSONDecoder[Any](Any)


class ChatMessages:
    """`provider` is the key of options of parts, and of uploaded files; `system_role` is "system" or "developer"."""

    def __init__(self, provider: str, system_role: str = "system") -> None:
        self._provider = provider
        self._system_role = system_role

    def convert(self, messages: Iterable[ModelMessage]) -> list[Wire]:
        return [wire for message in messages for wire in self._message(message)]

    def extras(self, part: ModelMessage | TextPart | FilePart | ToolCallPart | ToolResultPart) -> Wire:  # noqa: ARG002
        """What a message, or a part of it, has beside what is common."""
        return {}

    def _message(self, message: ModelMessage) -> list[Wire]:
        match message:
            case ToolMessage():
                return [self._result(part) for part in message.content if isinstance(part, ToolResultPart)]
            case SystemMessage():
                wire: Wire = {"role": self._system_role, "content": message.content}
            case UserMessage(content=[TextPart() as part]):
                return [{"role": "user", "content": part.text} | self.extras(part)]
            case UserMessage():
                wire = {"role": "user", "content": self._user_content(message)}
            case AssistantMessage():
                wire = self._assistant(message)
        return [wire | self.extras(message)]

    def _user_content(self, message: UserMessage) -> str | list[Wire]:
        if isinstance(message.content, str):
            return message.content
        return [self._content(part, index) | self.extras(part) for index, part in enumerate(message.content)]

    def _content(self, part: TextPart | FilePart, index: int) -> Wire:
        if isinstance(part, TextPart):
            return {"type": "text", "text": part.text}
        kind = kind_of(part.media_type)
        match inline(part.data):
            case FileReference() as source:
                return {"type": "file", "file": {"file_id": reference_for(self._provider, source)}}
            case FileText(text=text) | FileURL(url=text) if kind == "text":
                return {"type": "text", "text": text}
            case FileData(data=data) if kind == "text":
                return {"type": "text", "text": data.decode(errors="replace")}
            case FileURL(url=url) if kind in ("image", "video"):
                return self._picture(kind, url, part)
            case FileData(data=data) as source:
                media_type = full_media_type(part.media_type, source)
                if kind in ("image", "video"):
                    return self._picture(kind, data_url(media_type, data), part)
                if audio := _AUDIO_FORMATS.get(media_type):
                    return {"type": "input_audio", "input_audio": {"data": base64(data), "format": audio}}
                if media_type == "application/pdf":
                    name = part.filename or f"part-{index}.pdf"
                    return {"type": "file", "file": {"filename": name, "file_data": data_url(media_type, data)}}
        raise UnsupportedFunctionalityError(f"{part.media_type} in messages is not supported, or only as data.")

    def _picture(self, kind: str, url: str, part: FilePart) -> Wire:
        detail = (part.provider_options or {}).get(self._provider, {}).get("imageDetail")
        return {"type": f"{kind}_url", f"{kind}_url": {"url": url, **({"detail": detail} if detail else {})}}

    def _assistant(self, message: AssistantMessage) -> Wire:
        parts = [] if isinstance(message.content, str) else message.content
        calls = [self._call(part) for part in parts if isinstance(part, ToolCallPart)]
        text = text_of(message)
        if not calls:
            return {"role": "assistant", "content": text}
        return {"role": "assistant", "content": text or None, "tool_calls": calls}

    def _call(self, part: ToolCallPart) -> Wire:
        function = {"name": part.tool_name, "arguments": _arguments(part.input)}
        return {"id": portable_call_id(part.tool_call_id), "type": "function", "function": function} | self.extras(part)

    def _result(self, part: ToolResultPart) -> Wire:
        call_id = portable_call_id(part.tool_call_id)
        return {"role": "tool", "tool_call_id": call_id, "content": _output(part.output)} | self.extras(part)


def _arguments(input: Any) -> str:
    """Servers want an object, whatever the model wrote."""
    if isinstance(input, str):
        try:
            return input if isinstance(_any.decode(input), dict) else "{}"
        except msgspec.DecodeError:
            return "{}"
    return _json(input) if isinstance(input, dict) else "{}"


def _output(output: ToolOutput) -> str:
    match output:
        case prompt.TextOutput():
            return output.value
        case prompt.ErrorTextOutput() | prompt.ErrorJSONOutput():
            return _json({"error": output.value})
        case prompt.ExecutionDenied():
            return "Tool call execution denied." if output.reason is None else output.reason
        case prompt.JSONOutput() | prompt.ContentOutput():
            return _json(output.value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
