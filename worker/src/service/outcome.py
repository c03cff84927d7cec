"""How an answer ended, as its last chunk tells."""

from typing import Literal

from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage

type Outcome = Literal["done", "stopped", "failed", "interrupted"]
"""Interrupted: it broke off, because the model or the Worker died. What is not done says so in its metadata."""

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


def mark(outcome: Outcome) -> list[ui.UIChunk]:
    return [] if outcome == "done" else [ui.MessageMetadata(message_metadata={"outcome": outcome})]


def is_settled(answer: UIMessage) -> bool:
    return (answer.metadata or {}).get("outcome", "done") in SETTLED
