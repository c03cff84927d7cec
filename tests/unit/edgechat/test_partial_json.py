from typing import Any

import msgspec
import pytest

from edgechat.json import MAX_DEPTH
from edgechat.partial_json import PartialJSON, parse_partial_json

UNSET = msgspec.UNSET


def test_a_tool_input_grows_with_its_text() -> None:
    parser = PartialJSON()
    seen = []
    for piece in ('{"ci', 'ty":', '"São', " Paulo", '","days', '":[1', "2,", "tr", "ue]", "}"):
        parser.feed(piece)
        seen.append(msgspec.json.encode(parser.value).decode())
    assert seen == [
        "{}",
        "{}",
        '{"city":"São"}',
        '{"city":"São Paulo"}',
        '{"city":"São Paulo"}',
        '{"city":"São Paulo","days":[1]}',
        '{"city":"São Paulo","days":[12]}',
        '{"city":"São Paulo","days":[12,true]}',
        '{"city":"São Paulo","days":[12,true]}',
        '{"city":"São Paulo","days":[12,true]}',
    ]
    assert parser.state == "successful-parse"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("nul", None),
        ("[f", [False]),
        ("[-", []),
        ("[1.", [1]),
        ("[1.5e", [1.5]),
        ("[1.5e-", [1.5]),
        ("[1.5e+", [1.5]),
        ("[1.5e+1", [15]),
        ('{"a":1.5e+1', {"a": 1.5}),
        ('{"a":1.5e+1,"b":-', {"a": 1.5}),
        ('{"a":1.5e+1,"b":-2', {"a": 15, "b": -2}),
        ('"', ""),
        ('"a\\', "a"),
        ('"a\\u00e', "a"),
        ('"a\\u00e9', "aé"),
        ('"\\ud83d', "\ud83d"),
        ('"\\ud83d\\ude42', "🙂"),
        ('"\ud83d\\ude42', "🙂"),
        ('{"a":1,"a":"', {"a": ""}),
        ('{"k\\"ey":[{"x":{', {'k"ey': [{"x": {}}]}),
        (' { "a" : [ 1 , ', {"a": [1]}),
    ],
)
def test_what_is_cut_off_is_completed_or_left_out(text: str, value: Any) -> None:
    assert parse_partial_json(text) == (value, "repaired-parse")


@pytest.mark.parametrize(
    ("text", "value"), [(" true ", True), ("-0.5", -0.5), ("1e+5", 100_000), ("[]\n", []), ('{"a":1e+5}', {"a": 1e5})]
)
def test_what_is_complete_is_a_successful_parse(text: str, value: Any) -> None:
    assert parse_partial_json(text) == (value, "successful-parse")


@pytest.mark.parametrize("text", ["", "  ", "-", "x", "[1,,2", '{"a":trx', '"a\n', '"\\x', "[1 2", "01", '{"a" "b":1}'])
def test_what_is_no_json_has_no_value(text: str) -> None:
    assert parse_partial_json(text) == (UNSET, "failed-parse")


def test_a_value_that_was_lost_stays_lost() -> None:
    parser = PartialJSON()
    for piece in ("[1,,2", "]", "[1]", '{"a":1}'):
        parser.feed(piece)
        assert (parser.value, parser.state) == (UNSET, "failed-parse")


def test_without_a_text_there_is_no_parse() -> None:
    assert parse_partial_json(None) == (UNSET, "undefined-input")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":1,}', {"a": 1}),
        ("[1,]]", [1]),
        ('{"a":"x" "b', {"a": "x"}),
        ('{"a":truex', {"a": True}),
        ("[1}", [1]),
        ('{"a":1}{"b":2}', {"a": 1}),
        ("1e+5 x", 1),
        ('["a\\u12", "b', ["a"]),
        ('{"a":1,"\\x"', {"a": 1}),
        ('{"a":1,"b":-,', {"a": 1}),
    ],
)
def test_the_value_outlives_text_that_is_no_json(text: str, value: Any) -> None:
    assert parse_partial_json(text) == (value, "repaired-parse")


@pytest.mark.parametrize("text", ['{"__proto__":{', '[{"\\u005f_proto__":1', '{"constructor":{"prototype":1'])
def test_keys_that_poison_javascript_are_refused(text: str) -> None:
    assert parse_partial_json(text) == (UNSET, "failed-parse")


@pytest.mark.parametrize(
    "text", ['{"__proto__":', '{"constructor":{"prototype"', '{"constructor":[{"prototype":1', '["__proto__"']
)
def test_they_are_not_refused_before_they_are_keys(text: str) -> None:
    assert parse_partial_json(text)[1] == "repaired-parse"


def test_the_depth_and_the_length_of_numbers_are_bounded() -> None:
    assert parse_partial_json("[" * MAX_DEPTH)[1] == "repaired-parse"
    assert parse_partial_json("[" * (MAX_DEPTH + 1))[1] == "failed-parse"
    assert parse_partial_json("1" * 1000)[1] == "successful-parse"
    assert parse_partial_json("1" * 1001)[1] == "failed-parse"
