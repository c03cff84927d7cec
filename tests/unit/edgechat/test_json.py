import msgspec
import pytest

from edgechat.json import MAX_DEPTH, JSONDecoder, is_too_deep, mended_surrogates


def nested(depth: int) -> bytes:
    return b'{"a":[' * (depth // 2) + b"]}" * (depth // 2)


def test_what_is_as_deep_as_allowed_is_decoded() -> None:
    assert JSONDecoder[object](object).decode(nested(MAX_DEPTH))


@pytest.mark.parametrize("data", [nested(MAX_DEPTH + 2), b"[" * 100_000, b'{"a":' * 100_000, b"[\xff" * 1000])
def test_what_is_deeper_is_refused(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError, match="levels deep"):
        JSONDecoder[object](object).decode(data)
    with pytest.raises(msgspec.DecodeError, match="levels deep"):
        JSONDecoder[object](object).decode(data.decode(errors="surrogateescape"))


@pytest.mark.parametrize(
    "data",
    [
        b"[" + b"[[]]," * 10_000 + b"[]]",
        b'["' + b"[" * 1000 + b'"]',
        b'["' + b'\\"[' * 1000 + b'"]',
        b'["' + b"\\\\" * 1000 + b'"]' + b"[]" * 300,
        b'"' + b"[" * 1000,
    ],
)
def test_many_brackets_are_not_many_levels(data: bytes) -> None:
    assert not is_too_deep(data)
    assert not is_too_deep(data.decode())


def test_types_are_checked_as_by_msgspec() -> None:
    with pytest.raises(msgspec.ValidationError, match="Expected `int`"):
        JSONDecoder[int](int).decode("null")


@pytest.mark.parametrize("data", [b'"\xff"', '"\ud83d"'])
def test_what_is_no_unicode_is_refused(data: bytes | str) -> None:
    with pytest.raises(msgspec.DecodeError, match="Unicode"):
        JSONDecoder[str](str).decode(data)


def test_half_an_emoji_is_mended() -> None:
    halves = r'["\ud83d", "\ud83d\ude00 \ude00", "\\ud83d"]'
    assert mended_surrogates(halves) == '["\ufffd", "😀 \ufffd", "\\\\ud83d"]'


@pytest.mark.parametrize("data", ['{"a":"😀"}', '"\\ud83d', "", b'"\xff"', "[" * 1000 + r'"\ud83d"'])
def test_what_is_whole_or_wrong_otherwise_is_not_mended(data: str | bytes) -> None:
    assert mended_surrogates(data) is None
