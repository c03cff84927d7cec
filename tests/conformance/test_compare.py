from typing import Any

import msgspec
import pytest

from conformance.compare import difference, normalise


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}),
        ({"a": None}, {"a": None, "b": msgspec.UNSET}),
        (12345678901234567000, 12345678901234567890),
        ([], []),
    ],
)
def test_values_that_mean_the_same(expected: Any, actual: Any) -> None:
    assert difference(expected, actual) is None


@pytest.mark.parametrize(
    ("expected", "actual", "text"),
    [
        (1, True, "$: true, expected 1"),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, '$.a[0].b: "y", expected "x"'),
        ({"a": None}, {}, "$.a: missing, expected null"),
        ({}, {"a": None}, "$.a: unexpected null"),
        ([1], [1, 2], "$: 2 elements, expected 1; the first that is too many: 2"),
        ([1, 2], [1], "$: 1 elements, expected 2; the first that is too many: 2"),
        ({}, [], "$: [], expected {}"),
        (None, msgspec.UNSET, '$: "UNSET", expected null'),
    ],
)
def test_the_first_difference_is_named(expected: Any, actual: Any, text: str) -> None:
    assert difference(expected, actual) == text


def test_ids_that_do_not_come_from_the_wire_are_renamed_in_their_order() -> None:
    value = [{"toolCallId": "x7", "id": "wire"}, {"nested": [{"id": "x7"}, {"messageId": "m", "name": "x7"}]}]
    assert normalise(value, "... wire ...", {}) == [
        {"id": "wire", "toolCallId": "#0"},
        {"nested": [{"id": "#0"}, {"messageId": "#1", "name": "x7"}]},
    ]
