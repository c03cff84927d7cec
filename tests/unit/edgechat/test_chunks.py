import msgspec
import pytest

from edgechat.errors import InvalidChunkError
from edgechat.ui import chunks as ui


def test_a_chunk_has_the_names_of_the_wire() -> None:
    chunk = ui.Start(message_id="m1", message_metadata={"a_b": 1})
    assert msgspec.json.decode(msgspec.json.encode(chunk)) == {
        "type": "start",
        "messageId": "m1",
        "messageMetadata": {"a_b": 1},
    }


@pytest.mark.parametrize(
    "chunk",
    [
        ui.Start(),
        ui.Finish(finish_reason="stop"),
        ui.TextDelta(id="t", delta="é"),
        ui.ReasoningStart(id="r", provider_metadata={"p": {"x": 1}}),
        ui.Error(error_text="no"),
        ui.Abort(reason="stopped"),
        ui.Data(type="data-weather", data={"t": None}, id="w", transient=True),
    ],
)
def test_a_chunk_comes_back_from_its_json(chunk: ui.UIChunk) -> None:
    assert ui.decode(msgspec.json.encode(chunk)) == chunk


def test_unknown_fields_are_ignored() -> None:
    assert ui.decode('{"type":"start-step","new":1}') == ui.StartStep()


def test_encoded_chunks_are_events() -> None:
    assert ui.encode([ui.StartStep(), ui.TextEnd(id="t")]) == (
        b'data: {"type":"start-step"}\n\ndata: {"type":"text-end","id":"t"}\n\n'
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"type":"text-delta","id":"t"}', "missing required field `delta`"),
        ('{"type":"text-delta","id":5,"delta":""}', r"\$\.id"),
        ('{"type":"data-x"}', "missing required field `data`"),
        ('{"type":"no-such-type"}', "Unknown type 'no-such-type'"),
        ('{"type":"nodata-x","data":1}', "Unknown type 'nodata-x'"),
        ('{"id":"t"}', "missing required field `type`"),
        ("[]", "Expected `object`"),
        ("{", "truncated"),
        ("", "truncated"),
    ],
)
def test_a_bad_chunk_is_named_in_one_short_sentence(text: str, complaint: str) -> None:
    with pytest.raises(InvalidChunkError, match=complaint) as caught:
        ui.decode(text)
    assert len(str(caught.value)) < 200
