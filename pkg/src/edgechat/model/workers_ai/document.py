"""An answer of Workers AI that comes as one JSON document; by REST, in the envelope `{result, success, errors}`."""

from collections.abc import Set
from typing import Any

import msgspec

from edgechat.json import JSONDecoder
from edgechat.model.parts import Finish, ModelPart, ReasoningDelta, ReasoningEnd, ReasoningStart
from edgechat.model.workers_ai.errors import error_of
from edgechat.model.workers_ai.shapes import NO_USAGE, finish_reason, text_of, usage_of, whole_text
from edgechat.model.workers_ai.tool_calls import complete_calls, leaked_calls

_document = JSONDecoder[dict[str, Any]](dict[str, Any])


class DocumentDecoder:
    """A `Decoder`. All parts come with `close`."""

    def __init__(self, forced_tools: Set[str]) -> None:
        self._forced_tools = forced_tools
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> list[ModelPart]:
        self._data.append(data)
        return []

    def close(self) -> list[ModelPart]:
        try:
            document = _document.decode(b"".join(self._data))
        except msgspec.DecodeError:
            return [Finish("error", NO_USAGE, "stream-truncated")]
        if document.get("error") or document.get("errors"):
            raise error_of(document)
        result = document.get("result")
        return self._parts(result if isinstance(result, dict) else document)

    def _parts(self, answer: dict[str, Any]) -> list[ModelPart]:
        choice = _dict(_first(answer.get("choices")))
        message = _dict(choice.get("message"))
        text = text_of(message.get("content")) or text_of(answer.get("response"))
        native_calls = answer.get("tool_calls")
        calls = complete_calls(native_calls if isinstance(native_calls, list) else message.get("tool_calls"))
        raw = (choice or answer).get("finish_reason")
        raw = raw if isinstance(raw, str) else "stop"
        usage = usage_of(answer.get("usage"))
        finish = Finish(finish_reason(raw), usage, raw)
        if text and not calls and (calls := leaked_calls(text, self._forced_tools)):
            text, finish = "", Finish("tool-calls", usage, "stop")
        parts: list[ModelPart] = []
        reasoning = message.get("reasoning_content")
        reasoning = message.get("reasoning") if reasoning is None else reasoning
        if reasoning and isinstance(reasoning, str):
            parts += [
                ReasoningStart("reasoning-0"),
                ReasoningDelta("reasoning-0", reasoning),
                ReasoningEnd("reasoning-0"),
            ]
        if text:
            parts += whole_text("text-1" if parts else "text-0", text)
        return [*parts, *calls, finish]


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
