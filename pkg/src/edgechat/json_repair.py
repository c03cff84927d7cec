"""What the AI SDK makes of text that is no JSON (npm `ai` 7.0.173, `fixJson`).

It cuts such text off and keeps the value before it, until it meets what it takes for the next value. Then what it cut
off is part of the text that it parses, and the value is lost.
"""

import string

_LOST = "lost"


def skip(state: str, text: str) -> str | None:
    """The state after `text`: None once the value is lost.

    Where the text ceased to be JSON is "top-", "array-" or "object-" with what was read there ("value", "number";
    "start", "comma"; "key", "colon"), "key" inside of a key, or "hex-N" in an escape that lacks N digits.
    """
    for char in text:
        then, otherwise = _STATES[state]
        state = then.get(char, otherwise)
        if state == _LOST:
            return None
    return state


def _row(then: dict[str, str], otherwise: str) -> tuple[dict[str, str], str]:
    return {char: state for chars, state in then.items() for char in chars}, otherwise


_DIGITS = string.digits
_HEX = string.hexdigits
_NUMBER = "eE-."  # goes on with a number
_VALUE = '"ftn{[' + _DIGITS  # begins a value. A minus sign does so only with its first digit.

# For each state, the next one by character, and for any other character.
_STATES = {
    "top-number": _row({_DIGITS: _LOST, _NUMBER: "top-number"}, "top-value"),
    "top-value": _row({}, "top-value"),
    "object-start": _row({'"': "key", "}": _LOST}, "object-start"),
    "object-comma": _row({'"': "key"}, "object-comma"),
    "key": _row({'"': "object-key"}, "key"),
    "object-key": _row({":": "object-colon"}, "object-key"),
    "object-colon": _row({_VALUE: _LOST, "-": "object-number"}, "object-colon"),
    "object-number": _row({_DIGITS + "}": _LOST, _NUMBER: "object-number", ",": "object-comma"}, "object-value"),
    "object-value": _row({",": "object-comma", "}": _LOST}, "object-value"),
    "array-start": _row({_VALUE + "]": _LOST, "-": "array-number"}, "array-start"),
    "array-comma": _row({_VALUE: _LOST, "-": "array-number"}, "array-comma"),
    "array-number": _row({_DIGITS + "]": _LOST, _NUMBER: "array-number", ",": "array-comma"}, "array-value"),
    "array-value": _row({",": "array-comma"}, _LOST),
    "hex-4": _row({_HEX: "hex-3"}, "hex-4"),
    "hex-3": _row({_HEX: "hex-2"}, "hex-3"),
    "hex-2": _row({_HEX: "hex-1"}, "hex-2"),
    "hex-1": _row({_HEX: _LOST}, "hex-1"),
}
