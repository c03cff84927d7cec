"""How values are compared: by their meaning as JSON to JavaScript."""

import json
from typing import Any

import msgspec

_ID_KEYS = {"id", "toolCallId", "sourceId", "messageId"}


def difference(expected: Any, actual: Any, path: str = "$") -> str | None:
    """The first difference, with its path. `msgspec.UNSET` in an object is no key at all."""
    match expected, actual:
        case dict(), dict():
            expected, actual = _defined(expected), _defined(actual)
            for key in sorted(expected.keys() | actual.keys()):
                where = f"{path}.{key}"
                if key not in actual:
                    return f"{where}: missing, expected {_short(expected[key])}"
                if key not in expected:
                    return f"{where}: unexpected {_short(actual[key])}"
                if found := difference(expected[key], actual[key], where):
                    return found
            return None
        case list(), list():
            for index, (one, other) in enumerate(zip(expected, actual, strict=False)):
                if found := difference(one, other, f"{path}[{index}]"):
                    return found
            if len(expected) == len(actual):
                return None
            longer = expected if len(expected) > len(actual) else actual
            first = _short(longer[min(len(expected), len(actual))])
            return f"{path}: {len(actual)} elements, expected {len(expected)}; the first that is too many: {first}"
    if _equal(expected, actual):
        return None
    return f"{path}: {_short(actual)}, expected {_short(expected)}"


def _equal(expected: Any, actual: Any) -> bool:
    if _is_number(expected) and _is_number(actual):
        return float(expected) == float(actual)  # numbers of JavaScript are doubles
    return type(expected) is type(actual) and bool(expected == actual)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _defined(value: dict[str, Any]) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if inner is not msgspec.UNSET}


def _short(value: Any) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= 100 else f"{text[:97]}..."


def normalise(value: Any, sse: str, names: dict[str, str]) -> Any:
    """Ids that do not come from `sse` renamed in order of first appearance.

    `names`: a fresh dict for the parts of a model, another one for the UI chunks together with their message.
    """
    if isinstance(value, dict):
        return {
            key: names.setdefault(inner, f"#{len(names)}")
            if key in _ID_KEYS and isinstance(inner, str) and inner not in sse
            else normalise(inner, sse, names)
            for key, inner in sorted(value.items())
        }
    if isinstance(value, list):
        return [normalise(inner, sse, names) for inner in value]
    return value
