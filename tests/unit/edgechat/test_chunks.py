from typing import Any

import msgspec
import pytest

from edgechat.errors import InvalidChunkError
from edgechat.sse import DONE
from edgechat.ui import chunks as ui
from edgechat.ui.messages import FilePart, TextPart

WIRE: list[tuple[ui.UIChunk, dict[str, Any]]] = [
    (ui.Start(message_id="m", message_metadata={"a_b": 1}), {"messageId": "m", "messageMetadata": {"a_b": 1}}),
    (ui.Start(), {}),
    (ui.MessageMetadata(message_metadata=None), {"messageMetadata": None}),
    (ui.StartStep(), {}),
    (ui.FinishStep(), {}),
    (ui.ResetStep(), {}),
    (ui.Finish(finish_reason="interrupted"), {"finishReason": "interrupted"}),
    (ui.Abort(reason="stopped"), {"reason": "stopped"}),
    (ui.Error(error_text="no"), {"errorText": "no"}),
    (ui.TextStart(id="t"), {"id": "t"}),
    (
        ui.TextDelta(id="t", delta="é", provider_metadata={"p": {"x": None}}),
        {"id": "t", "delta": "é", "providerMetadata": {"p": {"x": None}}},
    ),
    (ui.TextEnd(id="t", citations=[{"citedText": "c"}]), {"id": "t", "citations": [{"citedText": "c"}]}),
    (ui.ReasoningStart(id="r"), {"id": "r"}),
    (ui.ReasoningDelta(id="r", delta=""), {"id": "r", "delta": ""}),
    (ui.ReasoningEnd(id="r"), {"id": "r"}),
    (
        ui.ToolInputStart(tool_call_id="c", tool_name="n", input_encoding="text", dynamic=False, title="T"),
        {"toolCallId": "c", "toolName": "n", "inputEncoding": "text", "dynamic": False, "title": "T"},
    ),
    (ui.ToolInputDelta(tool_call_id="c", input_text_delta="{"), {"toolCallId": "c", "inputTextDelta": "{"}),
    (
        ui.ToolInputAvailable(tool_call_id="c", tool_name="n", input=None, provider_executed=True),
        {"toolCallId": "c", "toolName": "n", "input": None, "providerExecuted": True},
    ),
    (
        ui.ToolInputError(tool_call_id="c", tool_name="n", input="{", error_text="e", tool_metadata={"k": 1}),
        {"toolCallId": "c", "toolName": "n", "input": "{", "errorText": "e", "toolMetadata": {"k": 1}},
    ),
    (ui.ToolApprovalRequest(approval_id="a", tool_call_id="c"), {"approvalId": "a", "toolCallId": "c"}),
    (
        ui.ToolApprovalRequest(approval_id="a", tool_call_id="c", input_schema_input=None, is_automatic=True),
        {"approvalId": "a", "toolCallId": "c", "inputSchemaInput": None, "isAutomatic": True},
    ),
    (ui.ToolApprovalResponse(approval_id="a", approved=False), {"approvalId": "a", "approved": False}),
    (
        ui.ToolOutputAvailable(tool_call_id="c", output=None, preliminary=True),
        {"toolCallId": "c", "output": None, "preliminary": True},
    ),
    (ui.ToolOutputError(tool_call_id="c", error_text="e"), {"toolCallId": "c", "errorText": "e"}),
    (ui.ToolOutputDenied(tool_call_id="c"), {"toolCallId": "c"}),
    (ui.File(url="u", media_type="image/png"), {"url": "u", "mediaType": "image/png"}),
    (ui.ReasoningFile(url="u", media_type="image/png"), {"url": "u", "mediaType": "image/png"}),
    (ui.SourceURL(source_id="s", url="u", title="T"), {"sourceId": "s", "url": "u", "title": "T"}),
    (
        ui.SourceDocument(source_id="s", media_type="text/plain", title="T", filename="f"),
        {"sourceId": "s", "mediaType": "text/plain", "title": "T", "filename": "f"},
    ),
    (ui.Custom(kind="p.k"), {"kind": "p.k"}),
    (
        ui.SteeringMessage(id="s", parts=[TextPart(text="a"), FilePart(media_type="image", url="u")]),
        {"id": "s", "parts": [{"type": "text", "text": "a"}, {"type": "file", "mediaType": "image", "url": "u"}]},
    ),
    (
        ui.Data(type="data-weather", data={"t": None}, id="w", transient=True),
        {"data": {"t": None}, "id": "w", "transient": True},
    ),
]


def type_of(chunk: ui.UIChunk) -> str:
    return chunk.type if isinstance(chunk, ui.Data) else str(chunk.__struct_config__.tag)


@pytest.mark.parametrize(("chunk", "fields"), WIRE)
def test_a_chunk_has_the_names_of_the_wire(chunk: ui.UIChunk, fields: dict[str, Any]) -> None:
    wire = {"type": type_of(chunk)} | fields
    assert msgspec.json.decode(msgspec.json.encode(chunk)) == wire
    assert ui.decode(msgspec.json.encode(wire)) == chunk


def test_all_types_of_the_protocol_are_there() -> None:
    assert len({type_of(chunk) for chunk, _ in WIRE}) == 29 + len(["data-*"])
    assert {type(chunk) for chunk, _ in WIRE} == {*ui.TaggedChunk.__value__.__args__, ui.Data}


def test_unknown_fields_are_ignored_and_null_is_absent() -> None:
    assert ui.decode('{"new":1,"type":"text-start","id":"t","providerMetadata":null}') == ui.TextStart(id="t")


def test_half_an_emoji_does_not_end_the_stream() -> None:
    assert ui.decode(r'{"type":"text-delta","id":"t","delta":"Hi \ud83d"}') == ui.TextDelta(id="t", delta="Hi \ufffd")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('{"type":"text-delta","id":"t"}', r"chunk 7 \(text-delta\): .*missing required field `delta`"),
        ('{"type":"text-delta","id":5,"delta":""}', r"chunk 7 \(text-delta\): .*\$\.id"),
        ('{"type":"tool-input-available","toolCallId":"c","toolName":"n"}', "missing required field `input`"),
        ('{"type":"tool-output-available","toolCallId":"c"}', "missing required field `output`"),
        ('{"type":"text-start","id":"t","providerMetadata":{"p":1}}', r"\$\.providerMetadata"),
        ('{"type":"steering-message","id":"t","parts":[{"type":"reasoning","text":""}]}', r"\$\.parts\[0\]\.type"),
        ('{"type":"data-x"}', r"chunk 7 \(data-x\): .*missing required field `data`"),
        ('{"type":"no-such-type"}', "Unknown type 'no-such-type'"),
        ('{"type":"nodata-x","data":1}', "Unknown type 'nodata-x'"),
        ('{"type":"' + "x" * 1000 + '"}', "Unknown type 'xxx"),
        ('{"type":"finish","finishReason":"' + "x" * 1000 + '"}', "Invalid enum value 'xxx"),
        ('{"id":"t"}', "missing required field `type`"),
        ("[]", "Expected `object`"),
        ("[" * 1000, "levels deep"),
        ("{", "truncated"),
        ("", "truncated"),
    ],
)
def test_a_bad_chunk_is_named_in_one_short_sentence(text: str, complaint: str) -> None:
    with pytest.raises(InvalidChunkError, match=complaint) as caught:
        ui.decode(text, index=7)
    assert len(str(caught.value)) < 200


def test_encoded_chunks_are_events() -> None:
    assert ui.encode([ui.StartStep(), ui.TextEnd(id="t")]) == (
        b'data: {"type":"start-step"}\n\ndata: {"type":"text-end","id":"t"}\n\n'
    )


def test_encoded_chunks_can_be_counted() -> None:
    assert ui.encode([ui.StartStep(), ui.FinishStep()], first_id=9) == (
        b'id: 9\ndata: {"type":"start-step"}\n\nid: 10\ndata: {"type":"finish-step"}\n\n'
    )


def test_a_stream_is_decoded_as_it_comes() -> None:
    decoder = ui.ChunkDecoder()
    start: list[ui.UIChunk] = [ui.Start(), ui.StartStep()]
    end: list[ui.UIChunk] = [ui.Finish()]
    assert decoder.feed(ui.STREAM_OPEN + ui.encode(start, first_id=0) + ui.KEEP_ALIVE) == start
    assert (decoder.last_id, decoder.done) == ("1", False)
    assert decoder.feed(ui.encode(end, first_id=2) + DONE) == end
    assert (decoder.last_id, decoder.done) == ("2", True)


def test_the_comments_of_a_stream_are_those_of_the_ai_sdk() -> None:
    assert (ui.STREAM_OPEN, ui.KEEP_ALIVE) == (b": stream-open\n\n", b": keep-alive\n\n")


def test_a_bad_chunk_of_a_stream_comes_after_the_good_ones() -> None:
    decoder = ui.ChunkDecoder()
    decoder.feed(ui.encode([ui.Start()]) + DONE)
    with pytest.raises(InvalidChunkError, match=r"chunk 2 \(error\)") as caught:
        decoder.feed(ui.encode([ui.StartStep()]) + b'data: {"type":"error"}\n\n' + ui.encode([ui.FinishStep()]))
    assert caught.value.chunks == [ui.StartStep()]


def test_a_tolerant_decoder_passes_over_new_types_only() -> None:
    decoder = ui.ChunkDecoder(tolerant=True)
    assert decoder.feed(b'data: {"type":"from-the-future","x":1}\n\n' + ui.encode([ui.Start()])) == [ui.Start()]
    with pytest.raises(InvalidChunkError, match=r"chunk 2 \(error\)"):
        decoder.feed(b'data: {"type":"error"}\n\n')
    with pytest.raises(InvalidChunkError, match="Unknown type"):
        ui.ChunkDecoder().feed(b'data: {"type":"from-the-future","x":1}\n\n')


def test_the_headers_are_those_of_the_protocol() -> None:
    assert ui.HEADERS["content-type"] == "text/event-stream"
    assert ui.HEADERS["x-vercel-ai-ui-message-stream"] == "v1"
    assert "no-cache" in ui.HEADERS["cache-control"]
    assert ui.HEADERS["x-accel-buffering"] == "no"
