"""What of a conversation the model is told: a summary of its beginning, and the newest messages that fit."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from edgechat.ui.messages import FilePart, ReasoningPart, TextPart, ToolPart, UIMessage, UIPart

BUDGET = 4_000
"""Tokens of earlier messages. The time to the first token grows with them."""

_SUMMARY = "Notes of what was said before the messages that follow:"

_BYTES_PER_TOKEN = 4
_MESSAGE = 4
"""Tokens that a message costs beside its content."""
_FILE = 1_000


class Past(msgspec.Struct, frozen=True):
    """What came before a message. The summary tells of what came before `messages`."""

    messages: Sequence[UIMessage] = ()
    summary: str | None = None

    @property
    def tokens(self) -> int:
        return _tokens(self.summary or "") + sum(map(estimate_tokens, self.messages))

    def instructions(self, instructions: str) -> str:
        """With the summary, if there is one."""
        return f"{instructions}\n\n{_SUMMARY}\n{self.summary}" if self.summary else instructions

    def then(self, messages: Iterable[UIMessage]) -> "Past":
        return Past([*self.messages, *messages], self.summary)

    def fitted(self, budget: int = BUDGET) -> "Past":
        """With the newest messages that fit, from a message of the user on: so no tool call loses its result."""
        left = budget - _tokens(self.summary or "")
        start = len(self.messages)
        for index in range(len(self.messages) - 1, -1, -1):
            left -= estimate_tokens(self.messages[index])
            if left < 0:
                break
            if self.messages[index].role == "user":
                start = index
        return Past(self.messages[start:], self.summary)


def estimate_tokens(message: UIMessage) -> int:
    return _MESSAGE + sum(map(_tokens_of_part, message.parts))


def _tokens_of_part(part: UIPart) -> int:
    match part:
        case TextPart() | ReasoningPart():
            return _tokens(part.text)
        case ToolPart():
            return _tokens_of_json(part.input) + _tokens_of_json(part.output)
        case FilePart():
            return _FILE
    return 0  # the model is not told of it


def _tokens_of_json(value: Any) -> int:
    return 0 if value is msgspec.UNSET else len(msgspec.json.encode(value)) // _BYTES_PER_TOKEN


def _tokens(text: str) -> int:
    # Bytes: four letters are a token, but so is one character of Chinese.
    return len(text.encode(errors="replace")) // _BYTES_PER_TOKEN
