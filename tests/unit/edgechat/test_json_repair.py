import pytest

from edgechat.json_repair import skip


@pytest.mark.parametrize(
    ("state", "text", "then"),
    [
        ("object-comma", "} x", "object-comma"),
        ("object-comma", 'x"k" "b":', "object-colon"),
        ("object-colon", "Nope -.", "object-number"),
        ("object-number", ",", "object-comma"),
        ("array-number", "}", "array-value"),
        ("array-comma", "]]", "array-comma"),
        ("hex-3", 'x"a', "hex-2"),
        ("top-value", '{"a":1}', "top-value"),
    ],
)
def test_text_is_cut_off_while_it_looks_like_no_value(state: str, text: str, then: str) -> None:
    assert skip(state, text) == then


@pytest.mark.parametrize(
    ("state", "text"),
    [("object-comma", 'x"b": "'), ("object-colon", "-1"), ("array-value", " "), ("hex-1", "f"), ("object-start", "}")],
)
def test_with_the_next_value_all_is_lost(state: str, text: str) -> None:
    assert skip(state, text) is None
