import json
import re
from typing import Any

import pytest

from edgechat.errors import APICallError
from edgechat.model.parts import (
    Error,
    Finish,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    ResponseMetadata,
    TextDelta,
    TextEnd,
    TextStart,
    ToolCall,
    ToolInputDelta,
    ToolInputEnd,
    ToolInputStart,
    Usage,
)
from edgechat.model.types import FunctionTool, ModelCall, ToolNamed
from edgechat.model.workers_ai import WorkersAI
from edgechat.model.workers_ai.decoder import WorkersAIDecoder

NATIVE = (
    b'data: {"response":"Hel","p":"ab"}\n\ndata: {"response":"lo","p":""}\n\ndata: {"tool_calls":[],"p":"abc"}\n\n'
    b'data: {"response":"","usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}\n\ndata: [DONE]\n\n'
)
HELLO: list[ModelPart] = [
    TextStart("text-0"),
    TextDelta("text-0", "Hel"),
    TextDelta("text-0", "lo"),
    TextEnd("text-0"),
]
USAGE = Usage(input_tokens=3, output_tokens=2, raw={"total": 5})
NO_USAGE = Usage(input_tokens=0, output_tokens=0, is_estimated=True, raw={"totalTokens": 0})
DONE = "data: [DONE]\n\n"


def decode(*pieces: bytes, decoder: WorkersAIDecoder | None = None) -> list[ModelPart]:
    decoder = decoder or WorkersAIDecoder()
    parts = [part for piece in pieces for part in decoder.feed(piece)]
    return parts + decoder.close()


def stream(*events: Any) -> bytes:
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode() + DONE.encode()


def delta(**fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields}]}


def plain(parts: list[ModelPart]) -> list[ModelPart]:
    """Without what makes the ids of tool calls unique."""
    for part in parts:
        for name in ("id", "tool_call_id"):
            if value := getattr(part, name, None):
                setattr(part, name, re.sub("::cf-wai-tool-call::.+", "", value))
    return parts


def test_a_native_stream_is_read() -> None:
    assert decode(NATIVE) == [*HELLO, Finish("stop", USAGE, "stop")]


def test_a_stand_in_is_named_first() -> None:
    decoder = WorkersAI("@cf/x/y").decoder(ModelCall(messages=[]), {"x-pop-model": "tiny"})
    assert decoder.feed(NATIVE)[0] == ResponseMetadata(model_id="tiny")
    assert decoder.close()[-1] == Finish("stop", USAGE, "stop")


def test_a_native_stream_is_read_byte_by_byte() -> None:
    assert decode(*(NATIVE[i : i + 1] for i in range(len(NATIVE)))) == [*HELLO, Finish("stop", USAGE, "stop")]


def test_a_stream_of_the_openai_shape_is_read() -> None:
    parts = decode(
        stream(
            delta(role="assistant", content=None),
            delta(content="Hel"),
            delta(content="lo"),
            {"choices": [{"delta": {}, "finish_reason": "length"}]},
            {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "neurons": 0.5}},
        )
    )
    assert parts == [*HELLO, Finish("length", USAGE, "length")]


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_a_block_before_the_text(field: str) -> None:
    parts = decode(stream(delta(**{field: "hm"}), {"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]}))
    assert parts == [
        ReasoningStart("reasoning-0"),
        ReasoningDelta("reasoning-0", "hm"),
        ReasoningEnd("reasoning-0"),
        TextStart("text-1"),
        TextDelta("text-1", "Hi"),
        TextEnd("text-1"),
        Finish("stop", NO_USAGE, "stop"),
    ]


def test_a_text_goes_on_after_a_reasoning_and_a_reasoning_does_not() -> None:
    parts = decode(stream(delta(content="a"), delta(reasoning="b"), delta(content="c"), delta(reasoning="d")))
    assert [part.id for part in parts if isinstance(part, TextDelta | ReasoningDelta)] == [
        "text-0",
        "reasoning-1",
        "text-0",
        "reasoning-2",
    ]
    assert parts[-3:] == [ReasoningEnd("reasoning-2"), TextEnd("text-0"), Finish("stop", NO_USAGE, "stop")]


def test_cached_tokens_are_those_that_were_not_read_anew() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}}
    assert decode(stream({"usage": usage})) == [
        Finish(
            "stop",
            Usage(input_tokens=10, no_cache_tokens=6, cache_read_tokens=4, output_tokens=1, raw={"total": 11}),
            "stop",
        )
    ]


@pytest.mark.parametrize(
    ("raw", "unified"),
    [("model_length", "length"), ("tool_calls", "tool-calls"), ("content_filter", "content-filter"), ("odd", "stop")],
)
def test_the_reason_of_the_end_is_told(raw: str, unified: str) -> None:
    finish = decode(stream({"response": "a", "finish_reason": raw}))[-1]
    assert isinstance(finish, Finish)
    assert (finish.finish_reason, finish.raw_finish_reason) == (unified, raw)


@pytest.mark.parametrize(("response", "text"), [({"a": [1]}, '{"a":[1]}'), (3040, "3040"), (2.0, "2")])
def test_a_response_that_is_no_text_is_shown_as_json(response: object, text: str) -> None:
    assert TextDelta("text-0", text) in decode(stream({"response": response}))


def test_a_tool_call_is_complete_when_the_next_begins() -> None:
    parts = decode(
        stream(
            delta(reasoning="hm"),
            delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}]),
            delta(tool_calls=[{"index": 0, "function": {"arguments": '{"x":'}}]),
            delta(tool_calls=[{"index": 0, "function": {"arguments": "1}"}}]),
            delta(tool_calls=[{"index": 1, "id": "b", "function": {"name": "g", "arguments": "{}"}}]),
            {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
        )
    )
    assert plain(parts)[2:] == [
        ReasoningEnd("reasoning-0"),
        ToolInputStart("a", "f"),
        ToolInputDelta("a", '{"x":'),
        ToolInputDelta("a", "1}"),
        ToolInputEnd("a"),
        ToolCall("a", "f", '{"x":1}'),
        ToolInputStart("b", "g"),
        ToolInputDelta("b", "{}"),
        ToolInputEnd("b"),
        ToolCall("b", "g", "{}"),
        Finish("tool-calls", NO_USAGE, "tool_calls"),
    ]


def test_a_piece_of_nulls_completes_a_tool_call() -> None:
    decoder = WorkersAIDecoder()
    begun = decoder.feed(
        stream(delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}]))
    )
    nulls = {"id": None, "type": None, "index": 0, "function": {"name": None, "arguments": ""}}
    ended = decoder.feed(stream(delta(tool_calls=[nulls])))
    assert [type(part) for part in begun] == [ToolInputStart, ToolInputDelta]
    assert plain(ended) == [ToolInputEnd("a"), ToolCall("a", "f", "{}")]
    assert decoder.feed(stream(delta(tool_calls=[{"index": 0, "function": {"arguments": "late"}}]))) == []


def test_native_tool_calls_come_at_once_and_without_index() -> None:
    calls = [{"name": "f", "arguments": {"x": 1}}, {"name": "g", "arguments": {}}]
    parts = decode(stream({"response": "", "tool_calls": calls}))
    assert [(part.tool_name, part.input) for part in parts if isinstance(part, ToolCall)] == [
        ("f", '{"x":1}'),
        ("g", "{}"),
    ]


def test_the_same_id_in_two_answers_is_not_the_same_call() -> None:
    event = stream(delta(tool_calls=[{"index": 0, "id": "call_0", "function": {"name": "f", "arguments": "{}"}}]))
    ids = {part.tool_call_id for _ in range(2) for part in decode(event) if isinstance(part, ToolCall)}
    assert len(ids) == 2


FORCED = ModelCall(messages=[], tools=[FunctionTool(name="f", input_schema={})], tool_choice=ToolNamed("f"))


@pytest.mark.parametrize(
    "text", ['{"name":"f","arguments":{"x":1}}', '[{"name":"f","parameters":{"x":1}}]', ' {"name":"f","x":1}\n']
)
def test_a_forced_tool_call_that_is_written_as_text_is_a_tool_call(text: str) -> None:
    parts = decode(stream(delta(content=text[:9]), delta(content=text[9:])), decoder=WorkersAI("m").decoder(FORCED, {}))
    assert [type(part) for part in parts] == [ToolInputStart, ToolInputDelta, ToolInputEnd, ToolCall, Finish]
    assert isinstance(parts[3], ToolCall)
    assert (parts[3].tool_name, parts[3].input) == ("f", '{"x":1}')
    assert parts[-1] == Finish("tool-calls", NO_USAGE, "stop")


@pytest.mark.parametrize("text", ["I would rather not.", '{"name":"other"}', "[1]"])
def test_other_text_stays_text_where_a_tool_is_forced(text: str) -> None:
    parts = decode(stream({"response": text}), decoder=WorkersAI("m").decoder(FORCED, {}))
    assert parts[:3] == [TextStart("text-0"), TextDelta("text-0", text), TextEnd("text-0")]


def test_a_stream_that_ends_early_keeps_its_text_and_says_so() -> None:
    assert decode(b'data: {"response":"Hel"}\n\ndata: {"response":"lo"}\n\ndata: {"resp') == [
        *HELLO,
        Finish("error", NO_USAGE, "stream-truncated"),
    ]


def test_the_last_event_may_lack_its_end() -> None:
    assert decode(NATIVE.rstrip())[-1] == Finish("stop", USAGE, "stop")


@pytest.mark.parametrize("body", [b"", b"  ", b"<html>busy</html>", b'{"response": "Hel'])
def test_an_answer_that_is_no_answer_was_cut_off(body: bytes) -> None:
    assert decode(body) == [Finish("error", NO_USAGE, "stream-truncated")]


def test_an_event_that_cannot_be_read_is_left_out() -> None:
    assert decode(b'data: {nonsense\n\ndata: {"choices":{}}\n\n' + NATIVE) == [*HELLO, Finish("stop", USAGE, "stop")]


def test_a_field_of_another_type_does_not_cost_the_rest_of_its_event() -> None:
    parts = decode(stream({"choices": [{"delta": {"content": "Hi", "reasoning": 3, "tool_calls": "no"}}], "usage": 3}))
    assert TextDelta("text-0", "Hi") in parts


@pytest.mark.parametrize(
    "event",
    [{"errors": [{"code": 3040, "message": "busy"}]}, {"error": "3040: busy"}, {"error": {"message": "3040: busy"}}],
)
def test_an_error_before_any_output_is_raised(event: object) -> None:
    with pytest.raises(APICallError, match="3040: busy") as error:
        WorkersAIDecoder().feed(stream(event))
    assert (error.value.status, error.value.code, error.value.is_retryable) == (429, 3040, True)


def test_an_error_after_output_is_a_part() -> None:
    parts = decode(stream({"response": "Hi"}, {"error": {"message": "lost"}}))
    assert isinstance(parts[2], Error)
    assert parts[-1] == Finish("error", NO_USAGE)


def test_an_event_without_end_is_an_error() -> None:
    decoder = WorkersAIDecoder()
    parts = decoder.feed(b"data: " + b"x" * (16 << 20) + b"x")
    assert isinstance(parts[0], Error)
