"""Answers of Workers AI.

Streams come in the native shape, `data: {"response": "tok", "p": "padding"}`, or in OpenAI's,
`data: {"choices": [{"delta": {"content": "tok"}}]}`. Some models answer with one JSON document although a stream was
asked for, and a gateway may pass on Anthropic's stream.
"""

import re
from collections.abc import Callable, Set

from edgechat.model.parts import ModelPart, ResponseMetadata
from edgechat.model.types import Decoder
from edgechat.model.workers_ai.document import DocumentDecoder
from edgechat.model.workers_ai.stream import StreamDecoder

_FIRST_EVENT = re.compile(rb"^data:(.*)[\r\n]", re.MULTILINE)
_ANTHROPIC = re.compile(rb'"type"\s*:\s*"message_start"')
_MAX_HEAD = 1 << 14


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
