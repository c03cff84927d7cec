"""A chat against scripted answers, and a log of what it tells."""

from collections.abc import Sequence
from typing import Any

import msgspec

from edgechat.chat import (
    Change,
    Chat,
    EdgeChatTransport,
    Finish,
    MessageAdded,
    MessageChanged,
    MessagesSet,
    PartAdded,
    PartChanged,
    StatusChanged,
    TextAppended,
)
from edgechat.testing import FakeFetch, HTTPAnswer
from edgechat.testing.fetch import BodyStep
from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage, UIPart

START: list[ui.UIChunk] = [ui.Start(message_id="a1"), ui.StartStep()]
HEL: list[ui.UIChunk] = [ui.TextStart(id="t"), ui.TextDelta(id="t", delta="Hel")]
LO: list[ui.UIChunk] = [
    ui.TextDelta(id="t", delta="lo"),
    ui.TextEnd(id="t"),
    ui.FinishStep(),
    ui.Finish(finish_reason="stop"),
]
HELLO: list[ui.UIChunk] = [*START, *HEL, *LO]
DONE = "data: [DONE]\n\n"


def reads(*steps: Sequence[ui.UIChunk] | BodyStep, first_id: int | None = None) -> HTTPAnswer:
    """An answer: the chunks of each read, or something else that happens."""
    body: list[BodyStep] = []
    for step in steps:
        if isinstance(step, list):
            body.append(ui.encode(step, first_id=first_id))
            first_id = None if first_id is None else first_id + len(step)
        elif not isinstance(step, Sequence) or isinstance(step, (str, bytes)):
            body.append(step)
    return HTTPAnswer(*body, headers={"content-type": "text/event-stream"})


class View:
    """Patches copies of the messages by the changes alone, as a page does its nodes."""

    def __init__(self) -> None:
        self.messages: list[tuple[UIMessage, list[UIPart]]] = []
        self.statuses: list[str] = []
        self.changes: list[Change] = []
        self.batches = 0

    def apply(self, changes: Sequence[Change]) -> None:
        self.batches += 1
        self.changes += changes
        for change in changes:
            match change:
                case StatusChanged():
                    self.statuses.append(change.status)
                case MessagesSet():
                    self.messages = [(message, _drawn(message)) for message in change.messages]
                case MessageAdded():
                    self.messages.append((change.message, _drawn(change.message)))
                case MessageChanged():
                    self._parts(change.message)[:] = _drawn(change.message)
                case PartAdded():
                    parts = self._parts(change.message)
                    assert len(parts) == change.index
                    parts.append(_copy(change.message.parts[change.index]))
                case PartChanged():
                    self._parts(change.message)[change.index] = _copy(change.message.parts[change.index])
                case TextAppended():
                    part: Any = self._parts(change.message)[change.index]
                    part.text += change.text

    def _parts(self, message: UIMessage) -> list[UIPart]:
        return next(parts for known, parts in self.messages if known is message)

    @property
    def shown(self) -> list[list[UIPart]]:
        return [parts for _, parts in self.messages]


def _drawn(message: UIMessage) -> list[UIPart]:
    return [_copy(part) for part in message.parts]


def _copy(part: UIPart) -> UIPart:
    return msgspec.structs.replace(part)


class Chatting:
    """A chat with an edgechat Worker, unless the options name another transport."""

    def __init__(self, *answers: Any, **options: Any) -> None:
        self.view = View()
        self.fetch = FakeFetch(*answers)
        self.finishes: list[Finish] = []
        self.errors: list[str] = []
        given: dict[str, Any] = {"transport": EdgeChatTransport(self.fetch), "id": "c"} | options
        self.chat = Chat(
            on_change=self.view.apply,
            on_finish=self.finishes.append,
            on_error=lambda error: self.errors.append(str(error)),
            **given,
        )

    @property
    def finish(self) -> Finish:
        return self.finishes[-1]

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.chat.messages]
