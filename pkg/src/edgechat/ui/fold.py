"""From chunks to the message they describe (npm `ai` 7.0.173, `process-ui-message-stream`)."""

from collections.abc import Callable

from edgechat.errors import UIMessageStreamError
from edgechat.ui import chunks as ui
from edgechat.ui.messages import DataPart, Metadata, ReasoningPart, StepStartPart, TextPart, UIMessage

_UNSAFE_KEYS = frozenset({"__proto__", "constructor", "prototype"})


class MessageFold:
    """Applies chunks to one message, in place.

    `finish_reason` is None until a `finish` chunk came; `error` is the text of the last `error` chunk, `aborted`
    whether an `abort` chunk came. Data chunks go to `on_data` as well, transient ones only there.
    """

    def __init__(self, message: UIMessage, on_data: Callable[[ui.Data], None] | None = None) -> None:
        self.message = message
        self.finish_reason: ui.FinishReason | None = None
        self.finished = False
        self.aborted = False
        self.error: str | None = None
        self._on_data = on_data
        self._text: dict[str, TextPart] = {}
        self._reasoning: dict[str, ReasoningPart] = {}

    def apply(self, chunk: ui.UIChunk) -> bool:
        """Applies one chunk; true if the message changed."""
        match chunk:
            case ui.TextDelta():
                text = self._open(self._text, chunk)
                text.text += chunk.delta
                text.provider_metadata = chunk.provider_metadata or text.provider_metadata
            case ui.TextStart():
                text = TextPart(text="", state="streaming", provider_metadata=chunk.provider_metadata)
                self._text[chunk.id] = text
                self.message.parts.append(text)
            case ui.TextEnd():
                text = self._open(self._text, chunk)
                text.state = "done"
                text.provider_metadata = chunk.provider_metadata or text.provider_metadata
                del self._text[chunk.id]
            case ui.ReasoningDelta():
                reasoning = self._open(self._reasoning, chunk)
                reasoning.text += chunk.delta
                reasoning.provider_metadata = chunk.provider_metadata or reasoning.provider_metadata
            case ui.ReasoningStart():
                reasoning = ReasoningPart(
                    text="", id=chunk.id, state="streaming", provider_metadata=chunk.provider_metadata
                )
                self._reasoning[chunk.id] = reasoning
                self.message.parts.append(reasoning)
            case ui.ReasoningEnd():
                reasoning = self._open(self._reasoning, chunk)
                reasoning.state = "done"
                reasoning.provider_metadata = chunk.provider_metadata or reasoning.provider_metadata
                del self._reasoning[chunk.id]
            case ui.Data():
                return self._data(chunk)
            case ui.StartStep():
                self.message.parts.append(StepStartPart())
            case ui.Start():
                self.message.id = chunk.message_id or self.message.id
                return self._merge(chunk.message_metadata) or chunk.message_id is not None
            case ui.MessageMetadata():
                return self._merge(chunk.message_metadata)
            case ui.Finish():
                self.finished = True
                self.finish_reason = chunk.finish_reason
                return self._merge(chunk.message_metadata)
            case ui.Error():
                self.error = chunk.error_text
                return False
            case ui.Abort():
                self.aborted = True
                return False
            case ui.FinishStep():
                return False
        return True

    def close(self) -> None:
        """Ends what a stop, a drop or a truncated stream left open."""
        still_open: list[TextPart | ReasoningPart] = [*self._text.values(), *self._reasoning.values()]
        for part in still_open:
            part.state = "done"
        self._text.clear()
        self._reasoning.clear()

    @staticmethod
    def _open[Part](
        parts: dict[str, Part], chunk: ui.TextDelta | ui.TextEnd | ui.ReasoningDelta | ui.ReasoningEnd
    ) -> Part:
        part = parts.get(chunk.id)
        if part is None:
            kind = type(chunk).__struct_config__.tag
            raise UIMessageStreamError(
                f"A {kind} chunk for {chunk.id!r}, which was not started.", chunk_type=str(kind), chunk_id=chunk.id
            )
        return part

    def _data(self, chunk: ui.Data) -> bool:
        stored = not chunk.transient and self._store(chunk)
        if self._on_data:
            self._on_data(chunk)
        return stored

    def _store(self, chunk: ui.Data) -> bool:
        for part in self.message.parts:
            if chunk.id is not None and isinstance(part, DataPart) and (part.type, part.id) == (chunk.type, chunk.id):
                part.data = chunk.data
                return True
        self.message.parts.append(DataPart(type=chunk.type, data=chunk.data, id=chunk.id))
        return True

    def _merge(self, metadata: Metadata | None) -> bool:
        if metadata is None:
            return False
        self.message.metadata = _merged(self.message.metadata or {}, metadata)
        return True


def _merged(old: Metadata, new: Metadata) -> Metadata:
    """Objects are merged, all else is replaced."""
    merged = dict(old)
    for key, value in new.items():
        if key in _UNSAFE_KEYS:
            continue
        previous = merged.get(key)
        merged[key] = _merged(previous, value) if isinstance(previous, dict) and isinstance(value, dict) else value
    return merged
