"""JSON Schema as OpenAI takes it (npm `@ai-sdk/openai` 4.0.118, `normalize-openai-json-schema.ts`).

`propertyNames` and patterns with lookaround are left out, with a warning: they are for the caller to check. A reference
that stands alone in an `allOf` becomes a plain reference.
"""

import re
from typing import Any

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.types import JSONSchema

_LOOKAROUND = re.compile(r"(?:[^\\\[(]|\\.|\[(?:[^\]\\]|\\.)*\]|\((?!\?<?[=!]))*\(\?<?[=!]", re.DOTALL)
_REFERENCE = re.compile(r"#/(definitions|\$defs)/(.+)")
_SCHEMAS_BY_NAME = ("properties", "patternProperties", "definitions", "$defs", "dependencies")
_SCHEMAS = (
    "additionalProperties",
    "additionalItems",
    "items",
    "contains",
    "not",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "then",
    "else",
)


def openai_schema(schema: JSONSchema, warnings: list[str]) -> JSONSchema:
    removed: set[str] = set()
    result: JSONSchema = _normalise(schema, removed, is_root=True)
    warnings += [f"{what} in a JSON Schema is not supported: it is not enforced." for what in sorted(removed)]
    return result


def _normalise(schema: Any, removed: set[str], *, is_root: bool = False) -> Any:
    if isinstance(schema, list):
        return [_normalise(item, removed) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = dict(schema)
    if (names := result.pop("propertyNames", None)) is not None:
        if isinstance(names, bool) or names.get("type", "string") != "string":
            raise UnsupportedFunctionalityError("OpenAI does not support propertyNames that are no strings.")
        removed.add("propertyNames")
    if isinstance(pattern := result.get("pattern"), str) and _LOOKAROUND.match(pattern):
        del result["pattern"]
        removed.add("Lookaround in a pattern")
    for key in _SCHEMAS_BY_NAME:
        if isinstance(schemas := result.get(key), dict):
            result[key] = {
                name: value if isinstance(value, list) else _normalise(value, removed)
                for name, value in schemas.items()
            }
    for key in _SCHEMAS:
        if key in result:
            result[key] = _normalise(result[key], removed)
    match result:
        case {"allOf": [{"$ref": str() as reference, **others}]} if not others:
            return _without_all_of(result, reference, is_root=is_root)
    return result


def _without_all_of(schema: JSONSchema, reference: str, *, is_root: bool) -> JSONSchema:
    rest = {key: value for key, value in schema.items() if key != "allOf"}
    if not is_root:
        return {**rest, "$ref": reference}
    # The root must be an object: there the reference is replaced by what it means.
    if (found := _REFERENCE.fullmatch(reference)) and isinstance(
        target := schema.get(found[1], {}).get(found[2].replace("~1", "/").replace("~0", "~")), dict
    ):
        return {**target, **rest}
    return schema
