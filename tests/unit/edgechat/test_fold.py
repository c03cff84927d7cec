import msgspec
import pytest

from edgechat.errors import UIMessageStreamError
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import (
    CustomPart,
    DataPart,
    FilePart,
    ReasoningFilePart,
    ReasoningPart,
    SourceDocumentPart,
    SourceURLPart,
    SteeringMessagePart,
    StepStartPart,
    TextPart,
    ToolPart,
    UIMessage,
    UIPart,
    decode_message,
)
from edgechat.ui.tool_fold import INTERRUPTED


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


def test_the_end_of_a_step_leaves_parts_open() -> None:
    result = fold(ui.TextStart(id="t"), ui.FinishStep(), ui.TextDelta(id="t", delta="1"), ui.TextEnd(id="t"))
    assert result.message.parts == [TextPart(text="1", state="done")]


def test_a_text_ends_with_its_citations_and_metadata() -> None:
    result = fold(
        ui.TextStart(id="t", provider_metadata={"p": {"a": 1}}),
        ui.TextDelta(id="t", delta="", provider_metadata={}),
        ui.TextEnd(id="t", citations=[{"citedText": "c"}]),
    )
    assert result.message.parts == [
        TextPart(text="", state="done", citations=[{"citedText": "c"}], provider_metadata={})
    ]


def test_parts_that_come_in_one_piece_are_added() -> None:
    result = fold(
        ui.File(url="u", media_type="image/png"),
        ui.ReasoningFile(url="u", media_type="image/png"),
        ui.SourceURL(source_id="s", url="u", title="T"),
        ui.SourceDocument(source_id="s", media_type="text/plain", title="T", filename="f"),
        ui.Custom(kind="p.k", provider_metadata={"p": {}}),
        ui.SteeringMessage(id="s", parts=[TextPart(text="wait")]),
    )
    assert result.message.parts == [
        FilePart(url="u", media_type="image/png"),
        ReasoningFilePart(url="u", media_type="image/png"),
        SourceURLPart(source_id="s", url="u", title="T"),
        SourceDocumentPart(source_id="s", media_type="text/plain", title="T", filename="f"),
        CustomPart(kind="p.k", provider_metadata={"p": {}}),
        SteeringMessagePart(id="s", parts=[TextPart(text="wait")]),
    ]


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
    with pytest.raises(UIMessageStreamError, match="not started") as caught:
        fold(chunk)
    assert caught.value.chunk_type == chunk.__struct_config__.tag
    assert caught.value.chunk_id == getattr(chunk, "id", None)


def test_metadata_is_merged_deeply_and_safely() -> None:
    result = fold(
        ui.Start(message_metadata={"a": {"x": 1, "y": [1]}, "b": 1}),
        ui.MessageMetadata(message_metadata={"a": {"y": [2]}, "b": {"c": 1}, "__proto__": {"evil": 1}}),
        ui.Finish(message_metadata={"a": {"x": None, "constructor": 1}}),
    )
    assert result.message.metadata == {"a": {"x": None, "y": [2]}, "b": {"c": 1}}


def test_metadata_that_is_no_object_is_replaced() -> None:
    result = fold(ui.Start(message_metadata="a"), ui.MessageMetadata(message_metadata={"b": 1}))
    assert result.message.metadata == {"b": 1}
    assert fold(ui.MessageMetadata(message_metadata=None)).message.metadata is None


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
    assert result.apply(chunk) is None
    assert told == [chunk]
    assert result.message.parts == []


def test_an_error_and_an_abort_are_remembered_and_change_nothing() -> None:
    told: list[str] = []
    result = MessageFold(UIMessage(id="m", role="assistant"), on_error=told.append)
    assert [result.apply(chunk) for chunk in (ui.Error(error_text="no"), ui.Abort())] == [None, None]
    assert (result.error, told, result.aborted, result.message.parts) == ("no", ["no"], True, [])


def test_a_finish_without_a_reason_keeps_the_one_before() -> None:
    result = fold(ui.Finish(finish_reason="length"), ui.Finish())
    assert (result.finish_reason, result.finished) == ("length", True)


def test_the_part_that_changed_is_returned() -> None:
    result = MessageFold(UIMessage(id="m", role="assistant"))
    changes = [result.apply(chunk) for chunk in (ui.TextStart(id="t"), ui.TextDelta(id="t", delta="a"))]
    assert changes[0] is changes[1] is result.message.parts[0]
    replaced = [result.apply(ui.Data(type="data-w", id="1", data=data)) for data in (1, 2)]
    assert replaced[0] is replaced[1] is result.message.parts[1]


@pytest.mark.parametrize(
    "chunk", [ui.Start(message_id="n"), ui.Start(message_metadata={}), ui.MessageMetadata(message_metadata={})]
)
def test_the_message_is_returned_when_it_is_what_changed(chunk: ui.UIChunk) -> None:
    result = MessageFold(UIMessage(id="m", role="assistant"))
    assert result.apply(chunk) is result.message


def test_nothing_is_returned_when_there_is_nothing_to_show() -> None:
    result = MessageFold(UIMessage(id="m", role="assistant"))
    chunks = (ui.Start(), ui.StartStep(), ui.FinishStep(), ui.ResetStep(), ui.Finish())
    assert [result.apply(chunk) for chunk in chunks] == [None] * 5


def test_a_step_that_begins_anew_loses_its_parts() -> None:
    result = fold(ui.TextStart(id="a"), ui.StartStep(), ui.TextStart(id="b"), ui.Custom(kind="p.k"))
    assert result.apply(ui.ResetStep()) is result.message
    assert result.message.parts == [TextPart(text="", state="streaming"), StepStartPart()]
    for part_id in "ab":
        with pytest.raises(UIMessageStreamError):
            result.apply(ui.TextDelta(id=part_id, delta=""))


def test_an_assistant_message_can_go_on() -> None:
    message = UIMessage(id="m", role="assistant", parts=[TextPart(text="1")], metadata={"a": 1})
    result = MessageFold(message)
    result.apply(ui.Start(message_id="n", message_metadata={"b": 2}))
    result.apply(ui.TextStart(id="t"))
    assert result.message is message
    assert message == UIMessage(
        id="n",
        role="assistant",
        parts=[TextPart(text="1"), TextPart(text="", state="streaming")],
        metadata={"a": 1, "b": 2},
    )


def test_a_start_of_another_message_makes_a_new_one_if_that_is_wanted() -> None:
    message = UIMessage(id="m", role="assistant", parts=[TextPart(text="1")], metadata={"a": 1})
    result = MessageFold(message, reset_on_message_id_change=True)
    result.apply(ui.Finish(finish_reason="stop"))
    assert result.apply(ui.Start(message_id="m")) is message
    assert result.apply(ui.Start(message_id="n")) is result.message
    assert result.message == UIMessage(id="n", role="assistant")
    assert (result.finish_reason, result.finished) == (None, False)
    assert (message.id, message.text) == ("m", "1")


def test_the_first_start_of_a_replay_begins_anew() -> None:
    message = UIMessage(id="m", role="assistant", parts=[TextPart(text="1")])
    result = MessageFold(message, reset_on_first_start=True)
    assert result.apply(ui.Start()) is result.message
    assert result.message == UIMessage(id="m", role="assistant")
    result.apply(ui.Custom(kind="p.k"))
    assert result.apply(ui.Start()) is None
    assert result.message.parts == [CustomPart(kind="p.k")]


def test_what_a_drop_leaves_open_is_closed() -> None:
    result = fold(
        ui.TextStart(id="t"),
        ui.TextStart(id="t"),
        ui.TextDelta(id="t", delta="Hel"),
        ui.ReasoningStart(id="r"),
        ui.Custom(kind="p.k"),
    )
    done: list[UIPart] = [
        TextPart(text="", state="done"),
        TextPart(text="Hel", state="done"),
        ReasoningPart(id="r", text="", state="done"),
    ]
    assert result.close() == done
    assert result.message.parts == [*done, CustomPart(kind="p.k")]
    assert result.close() == []


def test_an_input_that_a_drop_cuts_off_is_a_call_that_failed() -> None:
    start = ui.ToolInputStart(tool_call_id="c", tool_name="n")
    result = fold(start, ui.ToolInputDelta(tool_call_id="c", input_text_delta='{"a":[1,'))
    part = ToolPart(type="tool-n", tool_call_id="c", state="output-error", input={"a": [1]}, error_text=INTERRUPTED)
    assert result.close() == [part]
    with pytest.raises(UIMessageStreamError):
        result.apply(ui.ToolInputDelta(tool_call_id="c", input_text_delta="2"))


@pytest.mark.parametrize("delta", ["", r'"\ud83d'])
def test_an_input_of_which_nothing_can_be_kept_is_empty(delta: str) -> None:
    start = ui.ToolInputStart(tool_call_id="c", tool_name="n", dynamic=True)
    result = fold(start, ui.ToolInputDelta(tool_call_id="c", input_text_delta=delta))
    assert [part.input for part in result.close() if isinstance(part, ToolPart)] == [{}]
    assert decode_message(msgspec.json.encode(result.message)) == result.message
