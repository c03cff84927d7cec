"""From chunks to the message they describe (npm `ai` 7.0.173, `process-ui-message-stream`)."""

from collections.abc import Callable
from typing import Any

from edgechat.ui import chunks as ui
from edgechat.ui.messages import (
    DataPart,
    FilePart,
    ReasoningPart,
    StepStartPart,
    TextPart,
    ToolPart,
    UIMessage,
    UIPart,
)
from edgechat.ui.tool_fold import ToolFold, interrupt, not_started, step_begin

_UNSAFE_KEYS = frozenset({"__proto__", "constructor", "prototype"})

type Change = UIPart | UIMessage


def _ignore(_: object) -> None:
    pass


class MessageFold:
    """Applies chunks to one message, in place: to a new one, or to an assistant message that goes on.

    `finish_reason` is None until a `finish` chunk gave one; `error` is the text of the last `error` chunk, `aborted`
    whether an `abort` chunk came. `on_data` is told all data chunks, transient ones as well, which are not stored;
    `on_tool_call` the calls that the page has to answer; `on_error` the texts of `error` chunks.

    A stream that is attached to again may tell of another message, or of the same one from its beginning. Then
    `message` becomes a new one: at a `start` with another id (`reset_on_message_id_change`), or at the first `start`
    in any case (`reset_on_first_start`).
    """

    def __init__(
        self,
        message: UIMessage,
        *,
        on_data: Callable[[ui.Data], None] = _ignore,
        on_tool_call: Callable[[ui.ToolInputAvailable], None] = _ignore,
        on_error: Callable[[str], None] = _ignore,
        reset_on_message_id_change: bool = False,
        reset_on_first_start: bool = False,
    ) -> None:
        self._on_data = on_data
        self._on_tool_call = on_tool_call
        self._on_error = on_error
        self._reset_on_message_id_change = reset_on_message_id_change
        self._reset_on_first_start = reset_on_first_start
        self._begin(message)

    def attach_again(self, *, is_replay: bool) -> None:
        """The stream that follows goes on with this message, or tells it from its beginning (`is_replay`)."""
        self._reset_on_message_id_change = True
        self._reset_on_first_start = is_replay

    def _begin(self, message: UIMessage) -> None:
        self.message = message
        self.finish_reason: ui.FinishReason | None = None
        self.finished = False
        self.aborted = False
        self.error: str | None = None
        self._text: dict[str, TextPart] = {}
        self._reasoning: dict[str, ReasoningPart] = {}
        self._tools = ToolFold(message.parts)

    def apply(self, chunk: ui.UIChunk) -> Change | None:
        """Applies one chunk, and returns what is to be shown anew.

        That is the part that was added or changed; the message itself if its id, its metadata or the removal of parts
        is what changed; or None. A new `step-start` part is no reason to show anything. Raises `UIMessageStreamError`
        for a part or a tool call that was never started.
        """
        match chunk:
            case ui.TextDelta():
                return _grow(self._text, chunk)
            case ui.ReasoningDelta():
                return _grow(self._reasoning, chunk)
            case ui.ToolInputAvailable():
                part = self._tools.apply(chunk)
                if not chunk.provider_executed:
                    self._on_tool_call(chunk)
                return part
            case ui.ToolChunk():
                return self._tools.apply(chunk)
            case ui.ToolApprovalResponse():
                return self._tools.approve(chunk)
            case ui.TextStart():
                text = TextPart(text="", state="streaming", provider_metadata=chunk.provider_metadata)
                self._text[chunk.id] = text
                return self._add(text)
            case ui.TextEnd():
                text = _end(self._text, chunk)
                if chunk.citations is not None:
                    text.citations = chunk.citations
                return text
            case ui.ReasoningStart():
                reasoning = ReasoningPart(
                    id=chunk.id, text="", state="streaming", provider_metadata=chunk.provider_metadata
                )
                self._reasoning[chunk.id] = reasoning
                return self._add(reasoning)
            case ui.ReasoningEnd():
                return _end(self._reasoning, chunk)
            case ui.Data():
                return self._data(chunk)
            case ui.StartStep():
                self._add(StepStartPart())
                return None
            case ui.FinishStep():
                return None  # streams may be merged: a part of another one may go on
            case ui.ResetStep():
                return self._reset_step()
            case ui.Start():
                return self._start(chunk)
            case ui.MessageMetadata():
                return self._merge(chunk.message_metadata)
            case ui.Finish():
                self.finished = True
                self.finish_reason = chunk.finish_reason or self.finish_reason
                return self._merge(chunk.message_metadata)
            case ui.Error():
                self.error = chunk.error_text
                self._on_error(chunk.error_text)
                return None
            case ui.Abort():
                self.aborted = True
                return None
            case ui.File():
                return self._add(
                    FilePart(media_type=chunk.media_type, url=chunk.url, provider_metadata=chunk.provider_metadata)
                )
            case _:
                return self._add(chunk)

    def close(self) -> list[UIPart]:
        """Ends what a stop, a drop or a truncated stream has left open, and returns it.

        Text and reasoning are done. A tool call whose input was still streaming has failed, with the input that had
        come, so that the conversation can go on. Not to be called before the same answer is attached to again.
        """
        ended: list[UIPart] = []
        for part in self.message.parts:
            if isinstance(part, (TextPart, ReasoningPart)):
                if part.state == "streaming":
                    part.state = "done"
                    ended.append(part)
            elif isinstance(part, ToolPart) and part.state == "input-streaming":
                interrupt(part)
                ended.append(part)
        self._forget()
        return ended

    def _add(self, part: UIPart) -> UIPart:
        self.message.parts.append(part)
        return part

    def _forget(self) -> None:
        self._text.clear()
        self._reasoning.clear()
        self._tools.reset()

    def _reset_step(self) -> UIMessage | None:
        self._forget()
        parts = self.message.parts
        count = len(parts)
        del parts[step_begin(parts) :]
        return self.message if len(parts) < count else None

    def _start(self, chunk: ui.Start) -> UIMessage | None:
        is_other = chunk.message_id not in (None, self.message.id)
        reset = self._reset_on_first_start or (self._reset_on_message_id_change and is_other)
        self._reset_on_first_start = False
        if reset:
            self._begin(UIMessage(id=self.message.id, role="assistant"))
        if chunk.message_id is not None:
            self.message.id = chunk.message_id
        self._merge(chunk.message_metadata)
        changed = reset or chunk.message_id is not None or chunk.message_metadata is not None
        return self.message if changed else None

    def _data(self, chunk: ui.Data) -> UIPart | None:
        part = None if chunk.transient else self._store(chunk)
        self._on_data(chunk)
        return part

    def _store(self, chunk: ui.Data) -> UIPart:
        if chunk.id is not None:
            for part in self.message.parts:
                if isinstance(part, DataPart) and part.id == chunk.id and part.type == chunk.type:
                    part.data = chunk.data
                    return part
        return self._add(DataPart(type=chunk.type, data=chunk.data, id=chunk.id))

    def _merge(self, metadata: Any) -> UIMessage | None:
        if metadata is None:
            return None
        self.message.metadata = _merged(self.message.metadata, metadata)
        return self.message


def _grow[Part: (TextPart, ReasoningPart)](open: dict[str, Part], chunk: ui.TextDelta | ui.ReasoningDelta) -> Part:
    part = open.get(chunk.id)
    if part is None:
        raise not_started(chunk, chunk.id)
    # CPython grows a string in place if nobody else holds it: else every delta would copy all of the text.
    text = part.text
    part.text = ""
    text += chunk.delta
    part.text = text
    if chunk.provider_metadata is not None:
        part.provider_metadata = chunk.provider_metadata
    return part


def _end[Part: (TextPart, ReasoningPart)](open: dict[str, Part], chunk: ui.TextEnd | ui.ReasoningEnd) -> Part:
    part = open.pop(chunk.id, None)
    if part is None:
        raise not_started(chunk, chunk.id)
    part.state = "done"
    if chunk.provider_metadata is not None:
        part.provider_metadata = chunk.provider_metadata
    return part


def _merged(old: Any, new: Any) -> Any:
    """Objects are merged, all else is replaced. The reference fails when something else than an object is merged."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    merged = dict(old)
    for key, value in new.items():
        if key not in _UNSAFE_KEYS:
            merged[key] = _merged(merged.get(key), value)
    return merged
