"""What changes in a chat, for a view that patches only that."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from edgechat.errors import EdgeChatError
from edgechat.ui.messages import UIMessage

type ChatStatus = Literal["ready", "submitted", "streaming", "error"]
type Frames = Callable[[Callable[[], None]], object]
"""Calls back once, before the next paint: in a page `requestAnimationFrame`, or a timer while the page is hidden."""


class MessageAdded(msgspec.Struct):
    """At the end of the list."""

    message: UIMessage


class PartAdded(msgspec.Struct):
    message: UIMessage
    index: int


class TextAppended(msgspec.Struct):
    """The text or reasoning part has grown by `text`."""

    message: UIMessage
    index: int
    text: str


class PartChanged(msgspec.Struct):
    message: UIMessage
    index: int


class MessageChanged(msgspec.Struct):
    """Its id, its metadata, or which parts it has: to be drawn anew."""

    message: UIMessage


class MessagesSet(msgspec.Struct):
    """The list as a whole."""

    messages: list[UIMessage]


class StatusChanged(msgspec.Struct):
    status: ChatStatus
    error: EdgeChatError | None


class QueueChanged(msgspec.Struct):
    messages: list[UIMessage]


type Change = (
    MessageAdded | PartAdded | TextAppended | PartChanged | MessageChanged | MessagesSet | StatusChanged | QueueChanged
)


class Changes:
    """Collects changes and tells them in their order: at `flush`, or with the next frame.

    Messages are live: what is drawn anew is drawn as it is when it is told. So nothing else is told of what is drawn
    anew with the same batch, and text that was appended several times is told once.
    """

    def __init__(
        self, tell: Callable[[Sequence[Change]], None], frames: Frames | None, messages: Sequence[UIMessage]
    ) -> None:
        self._tell = tell
        self._frames = frames
        self._is_due = False
        self._shown = _counts(messages)
        """How many parts of each message have been told."""
        self._clear()

    def _clear(self) -> None:
        self._pending: list[Change] = []
        self._all = False
        self._drawn: set[int | tuple[int, int]] = set()  # messages, and parts of messages
        self._texts: dict[tuple[int, int], TextAppended] = {}

    def add(self, change: StatusChanged | QueueChanged) -> None:
        self._pending.append(change)

    def messages_set(self, messages: list[UIMessage]) -> None:
        self._pending = [change for change in self._pending if isinstance(change, (StatusChanged, QueueChanged))]
        self._pending.append(MessagesSet(messages))
        self._all = True

    def message_added(self, message: UIMessage) -> None:
        if not self._all:
            self._pending.append(MessageAdded(message))
            self._drawn.add(id(message))

    def message_changed(self, message: UIMessage) -> None:
        if not self._all and id(message) not in self._drawn:
            self._pending = [change for change in self._pending if getattr(change, "message", None) is not message]
            self._pending.append(MessageChanged(message))
            self._drawn.add(id(message))

    def parts_added(self, message: UIMessage) -> None:
        """Those that were not told yet, if there are any."""
        key = id(message)
        if not self._all and key not in self._drawn:
            for index in range(self._shown.get(key, 0), len(message.parts)):
                if (key, index) not in self._drawn:
                    self._pending.append(PartAdded(message, index))
                    self._drawn.add((key, index))

    def part_changed(self, message: UIMessage, index: int) -> None:
        """It may be new."""
        if self._is_to_tell(message, index):
            self._pending.append(PartChanged(message, index))
            self._drawn.add((id(message), index))

    def text_appended(self, message: UIMessage, index: int, text: str) -> None:
        key = id(message), index
        if appended := self._texts.get(key):
            appended.text += text
        elif self._is_to_tell(message, index):
            self._texts[key] = TextAppended(message, index, text)
            self._pending.append(self._texts[key])

    def _is_to_tell(self, message: UIMessage, index: int) -> bool:
        """Whether the part was told before and is not drawn anew. One that is new is told now, with those before it."""
        key = id(message)
        if self._all or key in self._drawn or (key, index) in self._drawn:
            return False
        if index < self._shown.get(key, 0):
            return True
        self.parts_added(message)
        return False

    def commit(self) -> None:
        """After each change of a user and each read of the network."""
        if not self._frames:
            self.flush()
        elif self._pending and not self._is_due:
            self._is_due = True
            self._frames(self._on_frame)

    def _on_frame(self) -> None:
        self._is_due = False
        self.flush()

    def flush(self) -> None:
        """Tells at once: before an application is called back, its view has been told."""
        pending = self._pending
        if not pending:
            return
        self._clear()
        for change in pending:
            match change:
                case MessagesSet():
                    self._shown = _counts(change.messages)
                case MessageAdded() | MessageChanged():
                    self._shown[id(change.message)] = len(change.message.parts)
                case PartAdded():
                    self._shown[id(change.message)] = change.index + 1
        self._tell(pending)


def _counts(messages: Sequence[UIMessage]) -> dict[int, int]:
    return {id(message): len(message.parts) for message in messages}
