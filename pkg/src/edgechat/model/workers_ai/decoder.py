"""Answers of Workers AI.

Streams come in the native shape, `data: {"response": "tok", "p": "padding"}`, or in OpenAI's,
`data: {"choices": [{"delta": {"content": "tok"}}]}`. Some models answer with one JSON document although a stream was
asked for, and a gateway may pass on Anthropic's stream.
"""

import re
from collections.abc import Callable, Set
from typing import Any

import msgspec

from edgechat.json import JSONDecoder
from edgechat.model.parts import Finish, ModelPart, ReasoningDelta, ReasoningEnd, ReasoningStart, ResponseMetadata
from edgechat.model.types import Decoder
from edgechat.model.workers_ai.errors import error_of
from edgechat.model.workers_ai.stream import NO_USAGE, StreamDecoder, finish_reason, text_of, usage_of, whole_text
from edgechat.model.workers_ai.tool_calls import complete_calls, leaked_calls

_FIRST_EVENT = re.compile(rb"^data:(.*)[\r\n]", re.MULTILINE)
_ANTHROPIC = re.compile(rb'"type"\s*:\s*"message_start"')
_MAX_HEAD = 1 << 14

_document = JSONDecoder[dict[str, Any]](dict[str, Any])


class WorkersAIDecoder:
    """A `Decoder` that finds out in which shape the answer comes.

    Text and reasoning come as blocks with the ids "text-0", "reasoning-1" and so on. Where one of `forced_tools` must
    be called, text is kept until the end: it may be the call. An error before any output raises `APICallError`.
    """

    def __init__(
        self,
        *,
        stand_in: str | None = None,
        forced_tools: Set[str] = frozenset(),
        anthropic: Callable[[], Decoder] | None = None,
    ) -> None:
        self._stand_in = stand_in
        self._anthropic = anthropic
        self._forced_tools = forced_tools
        self._head = b""
        self._decoder: Decoder | None = None

    def feed(self, data: bytes) -> list[ModelPart]:
        if self._decoder:
            return self._decoder.feed(data)
        self._head += data
        self._decoder = self._choose()
        return [*self._metadata(), *(self._decoder.feed(self._head) if self._decoder else ())]

    def close(self) -> list[ModelPart]:
        if self._decoder:
            return self._decoder.close()
        decoder = StreamDecoder(self._forced_tools)
        return [*self._metadata(), *decoder.feed(self._head), *decoder.close()]

    def _choose(self) -> Decoder | None:
        """None until enough has come to tell."""
        if self._head.lstrip().startswith(b"{"):
            return DocumentDecoder(self._forced_tools)
        first = _FIRST_EVENT.search(self._head)
        if first and self._anthropic and _ANTHROPIC.search(first[1]):
            return self._anthropic()
        if first or len(self._head) > _MAX_HEAD:
            return StreamDecoder(self._forced_tools)
        return None

    def _metadata(self) -> list[ModelPart]:
        if not self._stand_in:
            return []
        stand_in, self._stand_in = self._stand_in, None
        return [ResponseMetadata(model_id=stand_in)]


class DocumentDecoder:
    """A `Decoder` of one JSON document; by REST, in the envelope `{result, success, errors}`. It ends with `close`."""

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
            block = "reasoning-0"
            parts += [ReasoningStart(block), ReasoningDelta(block, reasoning), ReasoningEnd(block)]
        if text:
            parts += whole_text("text-1" if parts else "text-0", text)
        return [*parts, *calls, finish]


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
