"""Patterns of letters, and how far a text has come in them.

Letters stand for themselves. `(a|b|)` are alternatives, `?` makes a letter or a group optional, `*` lets a group come
any number of times; `[12]` are up to twelve letters of any kind, `~` the rest of a sentence, `.` its end. A comma that
no pattern asks for is as good as none. At `!` all other patterns are given up; at `@` so is this one: an exception. At
`$` nothing more need come.
"""

import re
from collections.abc import Iterable

_SILENT = re.compile(r"[^\w()|?*\[\]~.,!@$]+")
_GROUPS = re.compile(r"[(|)]")

_BITS = 20
_INDEX = (1 << _BITS) - 1
"""A place is an index into the patterns and, in the bits above it, how many letters its `[12]` still takes."""

_KEPT = 1_000
"""States, of 3 kB each: the common beginnings. What is rarer is worked out again."""


class Automaton:
    """The patterns as they are written. Only where groups go on is known in advance; states are made on the way."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.text = f"({'|'.join(_SILENT.sub('', pattern.casefold()) for pattern in patterns)})$"
        self._states: dict[tuple[int, ...], State] = {}
        self._branches: dict[int, list[int]] = {}
        """Of each `(`: where its alternatives begin."""
        self._others: dict[int, int] = {}
        """Of each `(` and `|`: where the group ends. Of each `)`: where it began."""
        groups: list[list[int]] = []
        for found in _GROUPS.finditer(self.text):
            at = found.start()
            if found[0] == "(":
                groups.append([at])
            elif found[0] == "|":
                groups[-1].append(at)
            else:
                marks = groups.pop()
                self._branches[marks[0]] = [mark + 1 for mark in marks]
                self._others |= dict.fromkeys(marks, at) | {at: marks[0]}
        self.start = self.state([0])

    def state(self, places: Iterable[int]) -> "State":
        """Where a text is that has come to all of these places."""
        reached, cut = self._reach(places)
        key = tuple(sorted(reached if cut is None else self._reach(cut)[0]))
        state = self._states.get(key)
        if state is None:
            state = State(self, key, is_kept=len(self._states) < _KEPT)
            if state.is_kept:
                self._states[key] = state
        return state

    def _reach(self, places: Iterable[int]) -> tuple[set[int], list[int] | None]:
        """Where a letter decides what follows; and, where a cut is reached, what alone is left."""
        text = self.text
        seen: set[int] = set()
        reached: set[int] = set()
        cut: list[int] | None = None
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            at = place & _INDEX
            mark = text[at]
            if mark == "(":
                end = self._others[at]
                waiting += self._branches[at]
                if text[end + 1] in "?*":
                    waiting.append(end + 2)
            elif mark == "|":
                waiting.append(self._others[at])
            elif mark == ")":
                waiting.append(at + 2 if text[at + 1] in "?*" else at + 1)
                if text[at + 1] == "*":
                    waiting.append(self._others[at])
            elif mark == "[":
                end = text.index("]", at)
                reached.add(place if place > _INDEX else at | int(text[at + 1 : end]) << _BITS)
                waiting.append(end + 1)
            elif mark in "!@":
                cut = (cut or []) + [at + 1] * (mark == "!")
            else:
                reached.add(at)
                if mark == "~":
                    waiting.append(at + 1)
                elif text[at + 1 : at + 2] == "?":
                    waiting.append(at + 2)
        return reached, cut


class State:
    """All places that the letters so far can have led to."""

    def __init__(self, automaton: Automaton, places: tuple[int, ...], *, is_kept: bool) -> None:
        self._automaton = automaton
        self._places = places
        self._letters = "".join({automaton.text[place & _INDEX] for place in places})
        self._next: dict[str, State] = {}
        self.is_end = "$" in self._letters
        self.is_dead = not places
        self.is_kept = is_kept

    def after(self, letter: str) -> "State":
        """`letter` is one, or `,` or `.`."""
        if letter not in self._letters:
            if letter == ",":
                return self
            if letter != ".":
                letter = ""  # all letters that no pattern asks for here
        state = self._next.get(letter)
        if state is None:
            state = self._automaton.state(self._follow(letter))
            if state.is_kept:
                self._next[letter] = state
        return state

    def _follow(self, letter: str) -> list[int]:
        text = self._automaton.text
        places = list(self._places) if letter == "," else []
        for place in self._places:
            at = place & _INDEX
            if text[at] == letter:
                places.append(at + 2 if text[at + 1] == "?" else at + 1)
            elif letter not in (",", "."):
                if text[at] == "~":
                    places.append(at)
                elif text[at] == "[":
                    left = (place >> _BITS) - 1
                    places.append(at | left << _BITS if left else text.index("]", at) + 1)
        return places
