from typing import Any

import pytest

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model.openai_schema import openai_schema


def normalise(schema: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    warnings: list[str] = []
    return openai_schema(schema, warnings), warnings


def test_a_common_schema_stays_as_it_is() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "[(?=]+"}}, "required": ["a"]}
    assert normalise(schema) == (schema, [])


def test_names_of_properties_are_not_enforced() -> None:
    names = {"type": "object", "propertyNames": {"pattern": "^x"}, "additionalProperties": {"type": "number"}}
    schema, warnings = normalise({"items": [names]})
    assert schema == {"items": [{"type": "object", "additionalProperties": {"type": "number"}}]}
    assert "propertyNames" in warnings[0]
    assert names["propertyNames"], "the caller's own schema is not touched"


def test_names_that_are_no_strings_are_refused() -> None:
    with pytest.raises(UnsupportedFunctionalityError):
        normalise({"propertyNames": {"type": "number"}})


@pytest.mark.parametrize("pattern", ["(?=a)", "a(?!b)", "(?<=a)b", "\\((?<!a)"])
def test_patterns_with_lookaround_are_left_out(pattern: str) -> None:
    schema, warnings = normalise({"anyOf": [{"type": "string", "pattern": pattern}]})
    assert schema == {"anyOf": [{"type": "string"}]}
    assert "Lookaround" in warnings[0]


@pytest.mark.parametrize("pattern", ["(?:a)", "(?<name>a)", "\\(?=a", "[(?=]", "["])
def test_other_patterns_stay(pattern: str) -> None:
    assert normalise({"pattern": pattern}) == ({"pattern": pattern}, [])


def test_a_reference_alone_in_all_of_is_a_reference() -> None:
    schema = {"$defs": {"a/b": {"type": "object"}}, "items": {"allOf": [{"$ref": "#/$defs/a~1b"}], "title": "t"}}
    assert normalise(schema)[0]["items"] == {"title": "t", "$ref": "#/$defs/a~1b"}


def test_at_the_root_it_is_what_it_means() -> None:
    schema = {"$defs": {"a/b": {"type": "object"}}, "allOf": [{"$ref": "#/$defs/a~1b"}]}
    assert normalise(schema)[0] == {"type": "object", "$defs": {"a/b": {"type": "object"}}}
