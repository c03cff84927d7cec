"""What becomes of an answer that its Worker did not save, or not even end: the tape has all that is known of it."""

from collections.abc import Sequence

import msgspec

from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage, decode_message, decode_messages
from service.outcome import Outcome, mark, outcome_of


class Announcement(msgspec.Struct, rename="camel"):
    """A generation that begins: all that it takes to save it in place of its Worker."""

    user_id: str
    chat_id: str
    parent_id: str | None
    """What the turn follows."""
    new: msgspec.Raw
    """UI messages: that of the user, or none where an answer goes on."""
    answer: msgspec.Raw
    """A UI message: what the chunks are added to."""
    key: str
    """The same for the same question, word for word."""
    is_again: bool
    """The question is to be answered anew."""

    def new_answer(self) -> UIMessage:
        return decode_message(self.answer)


class Unsaved(msgspec.Struct):
    """A turn that is to be saved."""

    user_id: str
    chat_id: str
    parent_id: str | None
    messages: Sequence[UIMessage]
    outcome: Outcome
    at: int
    """When it began: milliseconds since 1970."""
    continues: int
    """So many parts its answer had before."""


def end_of(chunks: Sequence[ui.UIChunk]) -> Outcome | None:
    """None for an answer that breaks off."""
    return outcome_of(chunks[-1]) if chunks else None


def missing_end(announced: Announcement, chunks: Sequence[ui.UIChunk], outcome: Outcome) -> list[ui.UIChunk]:
    """Of an answer that breaks off."""
    ends: dict[tuple[type[ui.UIChunk], str], ui.UIChunk] = {}
    for chunk in chunks:
        match chunk:
            case ui.TextStart():
                ends[ui.TextEnd, chunk.id] = ui.TextEnd(id=chunk.id)
            case ui.ReasoningStart():
                ends[ui.ReasoningEnd, chunk.id] = ui.ReasoningEnd(id=chunk.id)
            case ui.TextEnd() | ui.ReasoningEnd():
                ends.pop((type(chunk), chunk.id), None)
    start: list[ui.UIChunk] = [] if chunks else [ui.Start(message_id=announced.new_answer().id)]
    last = ui.Abort(reason="stopped") if outcome == "stopped" else ui.Finish(finish_reason="interrupted")
    return [*start, *ends.values(), *mark(outcome), last]


def salvage(announced: Announcement, chunks: Sequence[ui.UIChunk], at: int) -> Unsaved:
    """The turn, as far as its answer has come."""
    outcome = end_of(chunks)
    if outcome is None:
        outcome = "interrupted"
        chunks = [*chunks, *missing_end(announced, chunks, outcome)]
    answer = announced.new_answer()
    continues = len(answer.parts)
    fold = MessageFold(answer)
    for chunk in chunks:
        fold.apply(chunk)
    fold.close()
    messages = [*decode_messages(announced.new), fold.message]
    return Unsaved(announced.user_id, announced.chat_id, announced.parent_id, messages, outcome, at, continues)
