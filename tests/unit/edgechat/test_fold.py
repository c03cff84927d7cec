import pytest

from edgechat.errors import UIMessageStreamError
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import DataPart, ReasoningPart, StepStartPart, TextPart, UIMessage


def fold(*chunks: ui.UIChunk) -> MessageFold:
    result = MessageFold(UIMessage(id="new", role="assistant"))
    for chunk in chunks:
        result.apply(chunk)
    return result


def test_an_answer_becomes_a_message() -> None:
    result = fold(
        ui.Start(message_id="m1", message_metadata={"model": "x"}),
        ui.StartStep(),
        ui.ReasoningStart(id="r"),
        ui.ReasoningDelta(id="r", delta="hm"),
        ui.ReasoningEnd(id="r"),
        ui.TextStart(id="t"),
        ui.TextDelta(id="t", delta="Hel"),
        ui.TextDelta(id="t", delta="lo", provider_metadata={"p": {"a": 1}}),
        ui.TextEnd(id="t"),
        ui.FinishStep(),
        ui.Finish(finish_reason="stop"),
    )
    assert result.message == UIMessage(
        id="m1",
        role="assistant",
        parts=[
            StepStartPart(),
            ReasoningPart(text="hm", id="r", state="done"),
            TextPart(text="Hello", state="done", provider_metadata={"p": {"a": 1}}),
        ],
        metadata={"model": "x"},
    )
    assert result.finish_reason == "stop"


def test_two_parts_may_grow_at_once() -> None:
    result = fold(
        ui.TextStart(id="a"),
        ui.TextStart(id="b"),
        ui.TextDelta(id="b", delta="2"),
        ui.TextDelta(id="a", delta="1"),
    )
    assert [part.text for part in result.message.parts if isinstance(part, TextPart)] == ["1", "2"]


@pytest.mark.parametrize(
    "chunk",
    [
        ui.TextDelta(id="x", delta=""),
        ui.TextEnd(id="__proto__"),
        ui.ReasoningDelta(id="x", delta=""),
        ui.ReasoningEnd(id="x"),
    ],
)
def test_a_part_that_was_not_started_cannot_go_on(chunk: ui.UIChunk) -> None:
    with pytest.raises(UIMessageStreamError, match="not started"):
        fold(chunk)


def test_metadata_is_merged_deeply_and_safely() -> None:
    result = fold(
        ui.Start(message_metadata={"a": {"x": 1, "y": [1]}, "b": 1}),
        ui.MessageMetadata(message_metadata={"a": {"y": [2]}, "b": {"c": 1}, "__proto__": {"evil": 1}}),
    )
    assert result.message.metadata == {"a": {"x": 1, "y": [2]}, "b": {"c": 1}}


def test_data_with_an_id_replaces_its_part_and_data_without_is_added() -> None:
    result = fold(
        ui.Data(type="data-w", id="1", data={"t": 1}),
        ui.Data(type="data-w", data=0),
        ui.Data(type="data-other", id="1", data=3),
        ui.Data(type="data-w", id="1", data={"t": 2}),
        ui.Data(type="data-w", data=0),
    )
    assert result.message.parts == [
        DataPart(type="data-w", id="1", data={"t": 2}),
        DataPart(type="data-w", data=0),
        DataPart(type="data-other", id="1", data=3),
        DataPart(type="data-w", data=0),
    ]


def test_transient_data_is_told_but_not_stored() -> None:
    told: list[ui.Data] = []
    result = MessageFold(UIMessage(id="m", role="assistant"), on_data=told.append)
    chunk = ui.Data(type="data-x", data=1, transient=True)
    assert not result.apply(chunk)
    assert told == [chunk]
    assert result.message.parts == []


def test_an_error_and_an_abort_are_remembered_and_change_nothing() -> None:
    result = fold(ui.Error(error_text="no"), ui.Abort())
    assert (result.error, result.aborted, result.message.parts) == ("no", True, [])


def test_what_changed_is_returned() -> None:
    result = MessageFold(UIMessage(id="m", role="assistant"))
    assert [result.apply(chunk) for chunk in (ui.Start(), ui.StartStep(), ui.FinishStep(), ui.Finish())] == [None] * 4


def test_what_a_drop_leaves_open_is_closed() -> None:
    result = fold(ui.TextStart(id="t"), ui.TextDelta(id="t", delta="Hel"), ui.ReasoningStart(id="r"))
    result.close()
    assert [part.state for part in result.message.parts if isinstance(part, (TextPart, ReasoningPart))] == [
        "done",
        "done",
    ]
