"""Notices that an answer is none while it has only begun: the model refuses, or does not know.

An answer is undecided only as long as it can still become one of the known beginnings (`edgechat.routing.openings`).
An automaton reads its letters, and an ordinary answer leaves it within a word or two.
"""

import re
from functools import cache

from edgechat.routing.openings import OPENINGS

_SENTENCE_ENDS = frozenset(".!?\n\N{HORIZONTAL ELLIPSIS}\N{IDEOGRAPHIC FULL STOP}\uff01\uff1f")
_SYNTAX = frozenset("()|[]?.$")
_TOKEN = re.compile(r"(?P<open>\()|\[(?P<gap>\d+)\]|(?P<end>\$)|(?P<letter>.)(?P<optional>\?)?")


class _Node:
    """A place in the patterns. Several may be reached by the same letter."""

    def __init__(self) -> None:
        self.next: dict[str, list[_Node]] = {}
        self.any: list[_Node] = []
        """By whatever letter."""
        self.skip: list[_Node] = []
        """By nothing."""
        self.is_end = False


class _State:
    """All places that the letters so far can have led to. Made when an answer gets there, and kept."""

    def __init__(self, nodes: list[_Node]) -> None:
        reached: dict[_Node, None] = {}
        while nodes:
            node = nodes.pop()
            if node not in reached:
                reached[node] = None
                nodes += node.skip
        self.nodes = list(reached)
        self.is_refusal = any(node.is_end for node in reached)
        self._next: dict[str, _State] = {}

    def after(self, letter: str) -> "_State":
        state = self._next.get(letter)
        if state is None:
            nodes = [found for node in self.nodes for found in node.next.get(letter, ())]
            if letter != ".":
                nodes += [found for node in self.nodes for found in node.any]
            state = self._next[letter] = _State(nodes)
        return state


class RefusalDetector:
    """Reads one answer as it comes."""

    def __init__(self) -> None:
        self._state = _start()
        self._is_start = True

    def feed(self, text: str) -> bool | None:
        """Whether the answer is a refusal; None while it may be one. Once that is decided, ask no more."""
        state = self._state
        for character in text.casefold():
            is_end = character in _SENTENCE_ENDS
            if (is_end and self._is_start) or not (is_end or character.isalnum()):
                continue
            state = state.after("." if is_end else character)
            if state.is_refusal:
                return True
            if not state.nodes:
                return False
            self._is_start = is_end  # a sentence may end with several marks
        self._state = state
        return None

    def close(self) -> bool:
        """The answer has ended while it was undecided."""
        return self._state.after(".").is_refusal


@cache
def _start() -> _State:
    beginnings = []
    for opening in OPENINGS:
        node = _Node()
        beginnings.append(node)
        pattern = "".join(filter(lambda character: character.isalnum() or character in _SYNTAX, opening.casefold()))
        _follow(node, pattern).is_end = True
    return _State(beginnings)


def _follow(node: _Node, pattern: str) -> _Node:
    """Adds what leads from `node` through a pattern, and gives where it ends."""
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        assert token
        at = token.end()
        after = _Node()
        if token["open"]:
            branches, at = _branches(pattern, at)
            for branch in branches:
                _follow(node, branch).skip.append(after)
        elif token["gap"]:
            for _ in range(int(token["gap"])):
                node.skip.append(after)
                following = _Node()
                node.any.append(following)
                node = following
            node.skip.append(after)
        else:
            node.next.setdefault("." if token["end"] else token["letter"], []).append(after)
            if token["optional"]:
                node.skip.append(after)
        node = after
    return node


def _branches(pattern: str, at: int) -> tuple[list[str], int]:
    """The alternatives of the group that begins at `at`, and where the pattern goes on."""
    branches, depth = [""], 0
    while (character := pattern[at]) != ")" or depth:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and not depth:
            branches.append("")
        else:
            branches[-1] += character
        at += 1
    return branches, at + 1
