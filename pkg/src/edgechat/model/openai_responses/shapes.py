"""What the shapes of the Responses API have in common, and how their names become those of the AI SDK and back."""

import re
from typing import Any, Literal

import msgspec

type Number = int | float
type Status = Literal["in_progress", "completed", "incomplete"]

_LEVELS = 8
"""How deep keys are renamed: nothing that is known nests deeper, and what strangers send may."""

_NAMES_OF_OTHERS = frozenset(
    {"arguments", "env", "headers", "metadata", "output_schema", "parameters", "schema", "tools"}
)


class Variant(msgspec.Struct, tag_field="type", omit_defaults=True):
    """One shape of several, told apart by their `type`."""


class Item(Variant):
    """A piece of the output, or of a conversation."""

    id: str


def to_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def camel(name: str) -> str:
    return re.sub("_(.)", lambda match: match[1].upper(), name)


def camel_keys(shape: msgspec.Struct) -> dict[str, Any]:
    """The fields under the names of the AI SDK: `timeoutMs` for `timeout_ms`. Not the fields of what is inside."""
    return {camel(key): value for key, value in msgspec.to_builtins(shape).items()}


def snake(name: str) -> str:
    return re.sub("(?<=[a-z0-9])[A-Z]", lambda match: "_" + match[0].lower(), name)


def snake_keys(value: Any, levels: int = _LEVELS) -> Any:
    """The way back, for all keys and `type`s that are OpenAI's, whichever way they are spelled."""
    if isinstance(value, list) and levels:
        return [snake_keys(item, levels - 1) for item in value]
    if not (isinstance(value, dict) and levels):
        return value
    return {(name := snake(key)): _snake_value(name, item, levels - 1) for key, item in value.items()}


def _snake_value(name: str, value: Any, levels: int) -> Any:
    if name == "type" and isinstance(value, str):
        return snake(value)
    return value if name in _NAMES_OF_OTHERS else snake_keys(value, levels)
