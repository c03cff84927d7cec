"""How an answer ended, as its last chunk tells."""

from typing import Any, Literal

from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage

type Outcome = Literal["done", "stopped", "failed", "interrupted"]
"""Interrupted: it broke off, because the model or the Worker died. Failed: it did not come to any text.

What is not done says so in its metadata, and can be gone on with.
"""

SETTLED = ("done", "stopped")
"""Asked again, the same question gets the same answer."""


def outcome_of(chunk: ui.UIChunk) -> Outcome | None:
    """None for a chunk that ends nothing."""
    match chunk:
        case ui.Error() | ui.Finish(finish_reason="error"):
            return "failed"
        case ui.Finish(finish_reason="interrupted"):
            return "interrupted"
        case ui.Finish():
            return "done"
        case ui.Abort():
            return "stopped"
    return None


def mark(outcome: Outcome, *, before: Any = None) -> list[ui.UIChunk]:
    """`before` is the metadata of an answer that goes on: what they said does not hold any more."""
    if outcome == "done" and "outcome" not in (before or {}):
        return []
    return [ui.MessageMetadata(message_metadata={"outcome": outcome})]


def is_whole(answer: UIMessage) -> bool:
    return _outcome_in(answer) == "done"


def is_settled(answer: UIMessage) -> bool:
    return _outcome_in(answer) in SETTLED


def _outcome_in(answer: UIMessage) -> object:
    return (answer.metadata or {}).get("outcome", "done")
