from typing import Any

import pytest

from edgechat.model.anthropic.schema import is_native, sanitized

LEAF = {"type": "string"}


def test_a_schema_that_anthropic_takes_stays_as_it_is() -> None:
    schema = {
        "type": "object",
        "properties": {"day": {"type": "string", "format": "date"}, "kinds": {"type": "array", "items": LEAF}},
        "required": ["day"],
        "additionalProperties": False,
    }
    assert sanitized(schema) == schema


def test_objects_are_closed() -> None:
    assert sanitized({"type": "object", "properties": {}})["additionalProperties"] is False


def test_limits_are_told_in_words() -> None:
    schema = {"type": "string", "description": "A name.", "minLength": 2, "pattern": "^a", "format": "slug"}
    assert sanitized(schema) == {"type": "string", "description": "A name.\nmin length: 2; pattern: ^a; format: slug."}


def test_one_of_is_any_of() -> None:
    assert sanitized({"oneOf": [LEAF, {"type": "number", "minimum": 1}]}) == {
        "anyOf": [LEAF, {"type": "number", "description": "minimum: 1."}]
    }


def test_a_reference_keeps_what_it_refers_to() -> None:
    schema = {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "minProperties": 1}}, "title": "T"}
    assert sanitized(schema) == {
        "$ref": "#/$defs/A",
        "$defs": {"A": {"type": "object", "additionalProperties": False, "description": "min properties: 1."}},
    }


@pytest.mark.parametrize(
    ("schema", "native"),
    [
        ({"type": "object", "properties": {"a": LEAF}}, True),
        ({"type": "object", "properties": {f"p{i}": LEAF for i in range(11)}}, False),
        ({"type": "object", "properties": {"a": LEAF}, "additionalProperties": LEAF}, False),
        ({"type": "object"}, False),
        ({"type": "object", "additionalProperties": False}, True),
        ({"type": "array", "items": {"type": ["object", "null"]}}, False),
        ({"type": "object", "properties": {"next": {"$ref": "#"}}}, False),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, LEAF]}}}, False),
        ({"$ref": "#/$defs/A", "$defs": {"A": LEAF, "B": {"$ref": "#/$defs/B"}}}, True),
        ({"$ref": "#/$defs/missing"}, True),
        (
            {
                "properties": {f"p{i}": {"$ref": "#/$defs/A"} for i in range(6)},
                "$defs": {"A": {"properties": {"x": LEAF}}},
            },
            False,
        ),
        ({"properties": {"a": {"enum": [{"$ref": "#"}]}}}, True),
    ],
)
def test_a_schema_is_for_the_model_itself_unless_it_would_fail_or_lose_something(
    schema: dict[str, Any], native: bool
) -> None:
    assert is_native(schema) is native
