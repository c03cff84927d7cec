"""JSON that is still being written (npm `ai` 7.0.173, `parsePartialJson`), in time linear in its length.

The reference repairs and parses the whole text at every delta. Here containers are filled as the text arrives, and the
value at any moment is the one the reference would give: open strings, arrays and objects are closed, half a literal is
completed, half a number ends at its last digit, and what is not yet a value is left out.
"""

import re
import string
from typing import Any, Literal

import msgspec

from edgechat import json_repair
from edgechat.json import MAX_DEPTH

type ParseState = Literal["undefined-input", "successful-parse", "repaired-parse", "failed-parse"]

_MAX_NUMBER = 1000  # characters: a number is read again at every delta

_SPACE = re.compile(r"[ \t\n\r]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]*')
# Surrogates are rare, and may have to be joined: they go the way of escapes.
_ESCAPED = re.compile(r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+')
_ESCAPE = re.compile(r"\\(?:u(....)|(.))")
_ESCAPE_HEAD = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?")
_CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBER_HEAD = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.(?:[0-9]+(?:[eE][+-]?[0-9]*)?)?|[eE][+-]?[0-9]*)?)?")
_LITERALS: dict[str, tuple[str, Any]] = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
_CLOSES = {"array": "]", "object": "}"}


class _NoJSONError(Exception):
    """The value is lost, whatever follows."""


class PartialJSON:
    """Takes a text in pieces; `value` and `state` may be read after any of them.

    The value is live: what was handed out grows with the next `feed`, so use or copy it before. It is
    `msgspec.UNSET` where there is none. Keys that could poison a JavaScript prototype, more than `MAX_DEPTH` levels
    and numbers of more than 1000 characters are failures.

    One difference to the reference: it loses the value for a while after a key with an escaped quote and a colon.
    """

    def __init__(self) -> None:
        self._top: dict[str, Any] = {}  # the value, at ""
        # Where the next value goes. A key of a list is its next index.
        self._container: Any = self._top
        self._key: Any = ""
        self._parents: list[tuple[Any, Any]] = []
        # Where the open string grows: there, or in _name for a key.
        self._name = {"": ""}
        self._target: Any = self._name
        self._target_key: Any = ""
        self._late: tuple[Any, Any, Any] | None = None
        self._held = ""  # half an escape, a literal or a number: read again with the next piece
        self._broken = ""
        self._state: ParseState = "undefined-input"
        self._read = self._value

    @property
    def value(self) -> Any:
        """The value so far, or `msgspec.UNSET`."""
        if self._late and self.state == "successful-parse":
            return self._late[2]
        return self._top.get("", msgspec.UNSET)

    @property
    def state(self) -> ParseState:
        if self._state == "repaired-parse":
            if not self._top:
                return "failed-parse"
            if self._is_complete():
                return "successful-parse"
        return self._state

    def _is_complete(self) -> bool:
        if self._parents or self._broken or self._read == self._string:
            return False
        held = self._held
        return not held or held in ("true", "false", "null") or _NUMBER.fullmatch(held) is not None

    def feed(self, text: str) -> None:
        if self._state == "failed-parse":
            return
        self._state = "repaired-parse"
        if self._held:
            text = self._held + text
            self._held = ""
        position, size = 0, len(text)
        try:
            while position < size:
                position = self._read(text, position)
        except _NoJSONError:
            self._state = "failed-parse"
            self._top.clear()

    # Each of these reads one token at `position` and returns where the next one begins.

    def _value(self, text: str, position: int) -> int:
        position = _end(_SPACE, text, position)
        if position == len(text):
            return position
        char = text[position]
        if char == '"':
            self._place("")
            self._open_string(self._container, self._key)
            return position + 1
        if char == "{":
            self._open({}, "")
            self._read = self._first_key
            return position + 1
        if char == "[":
            self._open([], 0)
            return position + 1
        if char in "-0123456789":
            return self._number(text, position)
        if char in _LITERALS:
            return self._literal(text, position)
        if char == "]" and self._key == 0:
            return self._close(position)
        if not isinstance(self._container, list):
            return self._break("object-colon", text, position)
        return self._break("array-comma" if self._key else "array-start", text, position)

    def _string(self, text: str, position: int) -> int:
        end = _end(_PLAIN, text, position)
        if end == len(text) or text[end] == '"':
            if end > position:
                self._grow(text[position:end])
        else:
            end = _end(_ESCAPED, text, end)
            if end > position:
                self._grow_unescaped(text[position:end])
        if end == len(text):
            return end
        if text[end] != '"':
            return self._half_escape(text, end)
        if self._target is self._name:
            self._key = self._name[""]
            self._read = self._colon
        else:
            self._read = self._after
        return end + 1

    def _half_escape(self, text: str, position: int) -> int:
        end = _end(_ESCAPE_HEAD, text, position)
        if end == len(text):
            self._held = text[position:]
            return end
        if self._target is self._name:
            self._break("key", self._name[""] + text[position:], 0)
            return len(text)
        if end < position + 2:
            raise _NoJSONError
        return self._break(f"hex-{position + 6 - end}", text, end)

    def _number(self, text: str, position: int) -> int:
        end = _end(_NUMBER_HEAD, text, position)
        token = text[position:end]
        if len(token) > _MAX_NUMBER:
            raise _NoJSONError
        is_complete = token[-1] in string.digits
        # To the reference a plus sign ends a number. Outside of arrays it sees the rest only with what follows.
        digits, plus, _ = token.partition("+")
        kind = self._kind()
        if is_complete and kind == "array":
            digits = token
        if digits := digits.rstrip("eE.-"):
            self._place(_parsed(digits))
        if is_complete and digits != token:
            self._late = self._container, self._key, _parsed(token)
        if end == len(text):
            self._held = token
        elif is_complete and self._may_follow(text[end]):
            self._read = self._after
        else:
            return self._break(f"{kind}-value" if plus else f"{kind}-number", text, end)
        return end

    def _literal(self, text: str, position: int) -> int:
        word, value = _LITERALS[text[position]]
        end = position + len(word)
        token = text[position:end]
        if not word.startswith(token):
            raise _NoJSONError
        self._place(value)
        if end >= len(text):
            self._held = token
            return len(text)
        if self._may_follow(text[end]):
            self._read = self._after
            return end
        return self._break(f"{self._kind()}-value", text, end + 1)

    def _may_follow(self, char: str) -> bool:
        return char in " \t\n\r," or char == _CLOSES.get(self._kind())

    def _first_key(self, text: str, position: int) -> int:
        position = _end(_SPACE, text, position)
        if position < len(text) and text[position] == "}":
            return self._close(position)
        return self._next_key(text, position, "object-start")

    def _next_key(self, text: str, position: int, state: str = "object-comma") -> int:
        position = _end(_SPACE, text, position)
        if position == len(text):
            return position
        if text[position] != '"':
            return self._break(state, text, position)
        self._name[""] = ""
        self._open_string(self._name, "")
        return position + 1

    def _colon(self, text: str, position: int) -> int:
        position = _end(_SPACE, text, position)
        if position == len(text):
            return position
        if text[position] != ":":
            return self._break("object-key", text, position)
        self._read = self._value
        return position + 1

    def _after(self, text: str, position: int) -> int:
        position = _end(_SPACE, text, position)
        if position == len(text):
            return position
        char, kind = text[position], self._kind()
        if char == _CLOSES.get(kind):
            return self._close(position)
        if char != "," or kind == "top":
            return self._break(f"{kind}-value", text, position)
        if kind == "array":
            self._key = len(self._container)
            self._read = self._value
        else:
            self._read = self._next_key
        return position + 1

    def _kind(self) -> str:
        if self._container is self._top:
            return "top"
        return "array" if isinstance(self._container, list) else "object"

    def _break(self, state: str, text: str, position: int) -> int:
        """From here on the text is no JSON."""
        if not self._top:
            raise _NoJSONError
        self._broken = state
        self._read = self._skip
        return self._skip(text, position)

    def _skip(self, text: str, position: int) -> int:
        state = json_repair.skip(self._broken, text[position:])
        if state is None:
            raise _NoJSONError
        self._broken = state
        return len(text)

    # What the tokens do to the value.

    def _place(self, value: Any) -> None:
        container, key = self._container, self._key
        if self._late:
            self._settle()
        if isinstance(container, list) and key == len(container):
            container.append(value)
        elif key == "__proto__" or (key == "prototype" and self._parents[-1][1] == "constructor"):
            raise _NoJSONError
        else:
            container[key] = value

    def _settle(self) -> None:
        if self._late:
            container, key, value = self._late
            container[key] = value
            self._late = None

    def _open(self, container: Any, key: Any) -> None:
        if len(self._parents) == MAX_DEPTH:
            raise _NoJSONError
        self._place(container)
        self._parents.append((self._container, self._key))
        self._container, self._key = container, key

    def _close(self, position: int) -> int:
        self._settle()
        self._container, self._key = self._parents.pop()
        self._read = self._after
        return position + 1

    def _open_string(self, target: Any, key: Any) -> None:
        self._target, self._target_key = target, key
        self._read = self._string

    def _grow(self, piece: str) -> None:
        target, key = self._target, self._target_key
        text = target[key]
        # CPython grows a string in place while nobody else holds it: else every delta would copy all of the text.
        target[key] = None
        text += piece
        target[key] = text

    def _grow_unescaped(self, piece: str) -> None:
        piece = _joined(_ESCAPE.sub(_unescaped, piece))
        text = self._target[self._target_key]
        if "\udc00" <= piece[0] <= "\udfff" and "\ud800" <= text[-1:] <= "\udbff":
            piece = _joined(text[-1] + piece)
            self._target[self._target_key] = text[:-1]
        del text
        self._grow(piece)


def parse_partial_json(text: str | None) -> tuple[Any, ParseState]:
    """The value of a text that may be cut off anywhere (`msgspec.UNSET` if it has none), and how it was found."""
    parser = PartialJSON()
    if text is not None:
        parser.feed(text)
    return parser.value, parser.state


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _parsed(number: str) -> int | float:
    return int(number) if number.removeprefix("-").isdigit() else float(number)


def _unescaped(match: re.Match[str]) -> str:
    code, char = match.groups()
    return chr(int(code, 16)) if code else _CONTROL.get(char, char)


def _joined(text: str) -> str:
    """Two surrogates in a row, which an escape may have cut apart, are one character."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
