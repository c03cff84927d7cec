"""JSON Schema and validation from Python types.

Any type that msgspec knows will do: structs, dataclasses, TypedDicts, unions, annotated with `msgspec.Meta`. So will a
Pydantic model, if you have it: it is recognised by its methods.
"""

from typing import Any

import msgspec

from edgechat.json import JSONDecoder
from edgechat.model.types import JSONSchema

_any = JSONDecoder[Any](Any)


class Schema[T]:
    """A type as models see it, `json`, and as a gate for what they send."""

    def __init__(self, type: Any) -> None:
        self._pydantic = type if hasattr(type, "model_json_schema") else None
        self.type = type
        self.json: JSONSchema = self._pydantic.model_json_schema() if self._pydantic else _inlined(type)
        self._decoder: JSONDecoder[T] | None = None if self._pydantic else JSONDecoder(type)

    def decode(self, text: str) -> T:
        """A value from JSON. Raises `ValueError`, which names the wrong field."""
        if self._decoder:
            return self._decoder.decode(text)
        return self.convert(_any.decode(text))

    def convert(self, value: Any) -> T:
        """A value from what JSON was decoded to. Raises `ValueError`."""
        if self._pydantic:
            converted: T = self._pydantic.model_validate(value)
            return converted
        result: T = msgspec.convert(value, self.type)
        return result


def _inlined(type: Any) -> JSONSchema:
    """Providers want an object at the top, where msgspec refers to a definition."""
    schema = msgspec.json.schema(type)
    definitions: dict[str, JSONSchema] = schema.pop("$defs", {})
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    if name in definitions:
        root = definitions[name]
        if _refers(root, name) or any(_refers(other, name) for other in definitions.values()):
            return {**root, "$defs": definitions}
        del definitions[name]
        schema = root
    return {**schema, "$defs": definitions} if definitions else schema


def _refers(schema: Any, name: str) -> bool:
    if isinstance(schema, dict):
        return schema.get("$ref") == f"#/$defs/{name}" or any(_refers(value, name) for value in schema.values())
    return isinstance(schema, list) and any(_refers(value, name) for value in schema)
