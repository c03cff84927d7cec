"""Notices that an answer is none while it has only begun: the model refuses, or does not know.

An answer is undecided only as long as it can still become one of the known beginnings (`edgechat.routing.openings`).
An automaton reads its letters, and an ordinary answer leaves it within a word or two; one that begins like a refusal,
with its first sentence.
"""

from edgechat.routing.automaton import Automaton
from edgechat.routing.openings import OPENINGS

LONGEST = 120
"""Letters: what is undecided then is an answer."""

_START = Automaton(OPENINGS).start
_MARKS = dict.fromkeys(",;:\N{EM DASH}\N{IDEOGRAPHIC COMMA}\uff0c\uff1b\uff1a", ",") | dict.fromkeys(
    ".!?\n\N{HORIZONTAL ELLIPSIS}\N{IDEOGRAPHIC FULL STOP}\uff01\uff1f", "."
)


class RefusalDetector:
    """Reads one answer as it comes."""

    def __init__(self) -> None:
        self._state = _START
        self._is_start = True
        self._left = LONGEST

    def feed(self, text: str) -> bool | None:
        """Whether the answer is a refusal; None while it may be one. Once that is decided, ask no more."""
        state = self._state
        for character in text.casefold():
            letter = character if character.isalnum() else _MARKS.get(character)
            if letter is None or (self._is_start and letter in _MARKS):
                continue
            state = state.after(letter)
            if state.is_end:
                return True
            self._left -= 1
            if state.is_dead or not self._left:
                return False
            self._is_start = letter == "."  # a sentence may end with several marks
        self._state = state
        return None

    def close(self) -> bool:
        """The answer has ended while it was undecided."""
        return self._state.after(".").is_end
