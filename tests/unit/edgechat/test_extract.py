import pytest

from edgechat.errors import InvalidArgumentError
from edgechat.model.extract import extract_json, extract_reasoning
from edgechat.model.middleware import Middleware
from edgechat.model.parts import (
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    Source,
    StreamStart,
    TextDelta,
    TextEnd,
    TextStart,
)
from edgechat.model.types import ModelCall


def answer(middleware: Middleware, pieces: list[str]) -> list[ModelPart]:
    """The text in these pieces, one a read, as the middleware hands it on."""
    assert middleware.transform_stream
    transform = middleware.transform_stream(ModelCall(messages=[]))
    parts = transform.feed([StreamStart(), TextStart("t")])
    for piece in pieces:
        parts += transform.feed([TextDelta("t", piece)])
    return [*parts, *transform.feed([TextEnd("t")]), *transform.close()]


def joined(parts: list[ModelPart]) -> list[str]:
    """Blocks as text, reasoning in brackets. Checks that each delta is inside of its block."""
    blocks: list[str] = []
    open_id = None
    for part in parts:
        match part:
            case TextStart() | ReasoningStart():
                assert open_id is None
                open_id = part.id
                blocks.append("")
            case TextDelta() | ReasoningDelta():
                assert part.id == open_id
                assert part.delta
                blocks[-1] += part.delta
            case TextEnd() | ReasoningEnd():
                assert part.id == open_id
                open_id = None
                if isinstance(part, ReasoningEnd):
                    blocks[-1] = f"[{blocks[-1]}]"
    assert open_id is None
    return blocks


def test_reasoning_comes_before_the_text_and_is_a_block_of_its_own() -> None:
    assert answer(extract_reasoning(), ["<think>", "hm", "</think>", "Hello"]) == [
        StreamStart(),
        ReasoningStart("reasoning-0"),
        ReasoningDelta("reasoning-0", "hm"),
        ReasoningEnd("reasoning-0"),
        TextStart("t"),
        TextDelta("t", "Hello"),
        TextEnd("t"),
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("Hello", ["Hello"]),
        ("<think>hm</think>Hello", ["[hm]", "Hello"]),
        ("<think>a < b</thin</think>x <thin", ["[a < b</thin]", "x <thin"]),
        ("<think></think>Hello", ["[]", "Hello"]),
        ("<think>cut o", ["[cut o]", ""]),
        ("", [""]),
    ],
)
def test_tags_may_be_cut_anywhere(text: str, blocks: list[str], size: int) -> None:
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert joined(answer(extract_reasoning(), pieces)) == blocks


def test_the_separator_stands_where_pieces_meet() -> None:
    parts = answer(extract_reasoning(separator="|"), ["a<think>1</think>b<think></think>c<think>2</think>"])
    assert [part.delta for part in parts if isinstance(part, TextDelta)] == ["a", "|b", "|c"]
    assert [part.delta for part in parts if isinstance(part, ReasoningDelta)] == ["1", "|2"]
    ids = [part.id for part in parts if isinstance(part, ReasoningStart)]
    assert ids == [part.id for part in parts if isinstance(part, ReasoningEnd)]
    assert ids == ["reasoning-0", "reasoning-1", "reasoning-2"]


def test_a_model_may_leave_out_the_first_tag() -> None:
    middleware = extract_reasoning(start_with_reasoning=True)
    assert joined(answer(middleware, ["hm</thi", "nk>Hello"])) == ["[hm]", "Hello"]


def test_marks_of_ones_own_may_overlap_themselves() -> None:
    middleware = extract_reasoning(("[[think", "]]"))
    assert joined(answer(middleware, ["[", "[", "thinkhm", "]", "]Hello"])) == ["[hm]", "Hello"]


@pytest.mark.parametrize("marks", [("", "x"), ("x", "")])
def test_marks_must_not_be_empty(marks: tuple[str, str]) -> None:
    with pytest.raises(InvalidArgumentError):
        extract_reasoning(marks)


def test_other_parts_pass_at_once_and_in_order() -> None:
    transform_stream = extract_reasoning().transform_stream
    assert transform_stream
    source = Source("url", "s", url="https://example.com")
    parts = transform_stream(ModelCall(messages=[])).feed([TextStart("t"), TextDelta("t", "a<"), source])
    assert parts == [TextStart("t"), TextDelta("t", "a"), source]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    ("text", "json"),
    [
        ('{"a":1}', '{"a":1}'),
        ('{"a":1} \n', '{"a":1}'),
        ('```json\n{"a":1}\n```', '{"a":1}'),
        ('```json\n{"a":1}\n```\n\n', '{"a":1}'),
        ('```\n{\n "a":1}```', '{\n "a":1}'),
        ('```json {"a":1}```', '{"a":1}'),
        ('{"a":"``` `"}', '{"a":"``` `"}'),
        ("``", "``"),
        ("``x``", "``x``"),
        ("", ""),
    ],
)
def test_json_is_freed_of_its_fence(text: str, json: str, size: int) -> None:
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert joined(answer(extract_json(), pieces)) == [json]


def test_json_is_handed_on_as_it_comes() -> None:
    parts = answer(extract_json(), ["```json\n", '{"a":', "1}", "\n``", "`"])
    assert [part.delta for part in parts if isinstance(part, TextDelta)] == ['{"a":', "1}"]


def test_a_transform_of_ones_own_is_given_the_whole_text() -> None:
    parts = answer(extract_json(str.upper), ["a", "b"])
    assert parts[1:] == [TextStart("t"), TextDelta("t", "AB"), TextEnd("t")]
