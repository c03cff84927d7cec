"""JSON Schema as Anthropic takes it for answers (npm `@ai-sdk/anthropic` 4.0.105, `sanitize-json-schema.ts`,
`supports-native-structured-output-schema.ts` and `has-circular-schema-reference.ts`)."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import msgspec

from edgechat.model.types import JSONSchema

_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})
_KEPT = ("$schema", "$id", "title", "description", "default", "const", "enum", "type")
_TOLD = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "not",
)

_SCHEMAS = (
    *("additionalProperties", "contains", "else", "if", "items", "not", "then"),
    *("allOf", "anyOf", "oneOf", "prefixItems"),
)
_MAPS = ("dependentSchemas", "patternProperties", "properties")
_NO_SCHEMAS = ("$defs", "definitions", "const", "default", "enum", "examples")

_MAX_OPTIONAL = 10
"""More optional properties than these make Anthropic's grammar too large."""


def sanitized(schema: JSONSchema) -> JSONSchema:
    """Without the keywords that Anthropic refuses. What they ask for is told in the description instead."""
    definitions = {
        key: {name: _sanitized(value) for name, value in schema[key].items()}
        for key in ("definitions", "$defs")
        if schema.get(key) is not None
    }
    if schema.get("$ref") is not None:
        return {"$ref": schema["$ref"], **definitions}
    result = {key: schema[key] for key in _KEPT if key in schema}
    any_of = schema.get("anyOf", schema.get("oneOf"))
    if any_of is not None:
        result["anyOf"] = _sanitized(any_of)
    if schema.get("allOf") is not None:
        result["allOf"] = _sanitized(schema["allOf"])
    result |= definitions
    properties = schema.get("properties")
    if schema.get("type") == "object" or properties is not None:
        if properties is not None:
            result["properties"] = {name: _sanitized(value) for name, value in properties.items()}
        result["additionalProperties"] = False
        if schema.get("required") is not None:
            result["required"] = schema["required"]
    if schema.get("items") is not None:
        result["items"] = _sanitized(schema["items"])
    if schema.get("format") in _FORMATS:
        result["format"] = schema["format"]
    if constraints := _constraints(schema):
        result["description"] = "\n".join(filter(None, (result.get("description"), constraints)))
    return result


def _sanitized(value: Any) -> Any:
    if isinstance(value, list):
        return [_sanitized(item) for item in value]
    return sanitized(value) if isinstance(value, dict) else value


def _constraints(schema: JSONSchema) -> str:
    told = [
        f"{re.sub('[A-Z]', lambda found: ' ' + found[0].lower(), key)}: {_words(schema[key])}"
        for key in _TOLD
        if schema.get(key) is not None and schema[key] is not False
    ]
    if isinstance(schema.get("format"), str) and schema["format"] not in _FORMATS:
        told.append(f"format: {schema['format']}")
    return "; ".join(told) + "." if told else ""


def _words(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def is_native(schema: JSONSchema) -> bool:
    """Whether an answer can follow the schema: it has no cycles, few optional properties, and no objects with keys that
    are not known, which would come out empty."""
    if _is_circular("#", schema, [], set()):
        return False
    optional, has_open_object = _count(schema, schema, {})
    return optional <= _MAX_OPTIONAL and not has_open_object


def _is_circular(pointer: str, root: JSONSchema, path: list[str], done: set[str]) -> bool:
    if pointer in path:
        return True
    if pointer in done:
        return False
    done.add(pointer)
    references = _references(_resolve(pointer, root))
    return any(_is_circular(reference, root, [*path, pointer], done) for reference in references)


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                if isinstance(value, str) and value.startswith("#"):
                    yield value
            elif key in _MAPS and isinstance(value, dict):
                yield from _references(list(value.values()))
            elif key not in _NO_SCHEMAS:
                yield from _references(value)


def _resolve(pointer: str, root: JSONSchema) -> Any:
    node: Any = root
    for step in unquote(pointer[2:]).split("/") if pointer != "#" else ():
        key = step.replace("~1", "/").replace("~0", "~")
        try:
            node = node[int(key)] if isinstance(node, list) else node[key]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return node


def _count(node: Any, root: JSONSchema, counted: dict[str, tuple[int, bool]]) -> tuple[int, bool]:
    """Optional properties, and whether there is an open object."""
    if not isinstance(node, dict):
        return 0, False
    properties, required = node.get("properties"), node.get("required")
    optional = len(properties.keys() - set(required or ())) if isinstance(properties, dict) else 0
    is_open = _is_open(node)
    reference = node.get("$ref")
    counts = []
    if isinstance(reference, str) and reference.startswith("#"):
        if reference not in counted:
            counted[reference] = _count(_resolve(reference, root), root, counted)
        counts.append(counted[reference])
    counts += [_count(child, root, counted) for child in _children(node)]
    return optional + sum(count for count, _ in counts), is_open or any(each for _, each in counts)


def _children(node: JSONSchema) -> Iterator[Any]:
    for key in _SCHEMAS:
        value = node.get(key)
        yield from value if isinstance(value, list) else (value,)
    for key in _MAPS:
        value = node.get(key)
        yield from value.values() if isinstance(value, dict) else ()


def _is_open(node: JSONSchema) -> bool:
    more = node.get("additionalProperties")
    if more is True or isinstance(more, dict) or node.get("patternProperties"):
        return True
    kinds = node.get("type")
    is_object = kinds == "object" or (isinstance(kinds, list) and "object" in kinds)
    return is_object and node.get("properties") is None and more is not False
