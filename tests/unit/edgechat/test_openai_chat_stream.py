import json
from typing import Any

import pytest

from edgechat.errors import APICallError, StreamFormatError
from edgechat.model.openai_chat.decoder import OpenAIChatDecoder
from edgechat.model.parts import (
    Error,
    Finish,
    ModelPart,
    ResponseMetadata,
    Source,
    TextDelta,
    TextEnd,
    TextStart,
    ToolCall,
    ToolInputDelta,
    ToolInputEnd,
    ToolInputStart,
    Usage,
)

METADATA = ResponseMetadata(id="chat-1", model_id="gpt", timestamp="2023-11-14T22:13:20.000Z")
STOP = Finish("stop", Usage(), "stop", {"openai": {}})


def sse(*events: Any, done: bool = True) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n" * done


def chunk(finish_reason: str | None = None, *, logprobs: Any = None, **delta: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
    return {"id": "chat-1", "model": "gpt", "created": 1700000000, "choices": [choice]}


def decode(data: bytes, size: int = 1 << 20) -> list[ModelPart]:
    decoder = OpenAIChatDecoder()
    parts = [part for at in range(0, len(data), size) for part in decoder.feed(data[at : at + size])]
    return parts + decoder.close()


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_text_is_one_block(size: int) -> None:
    stream = sse(
        chunk(role="assistant", content=""), chunk(content="Hé"), chunk(content="y"), chunk(finish_reason="stop")
    )
    assert decode(stream, size) == [
        METADATA,
        TextStart("0"),
        TextDelta("0", ""),
        TextDelta("0", "Hé"),
        TextDelta("0", "y"),
        TextEnd("0"),
        STOP,
    ]


def test_metadata_comes_with_the_first_chunk_that_has_some() -> None:
    placeholder = {"id": "", "model": "", "created": 0, "choices": [], "prompt_filter_results": []}
    assert decode(sse(placeholder, chunk(content="a"), chunk("stop", content="b")))[0] == METADATA


def test_usage_is_told_with_what_the_cache_and_the_reasoning_took() -> None:
    usage = {
        "prompt_tokens": 10,
        "completion_tokens": 8,
        "total_tokens": 18,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 5,
            "accepted_prediction_tokens": 2,
            "rejected_prediction_tokens": 0,
        },
    }
    finish = decode(sse(chunk("length", content="a"), {"choices": [], "usage": usage}))[-1]
    del usage["prompt_tokens_details"]["audio_tokens"]  # type: ignore[attr-defined]
    assert finish == Finish(
        "length",
        Usage(
            input_tokens=10,
            no_cache_tokens=5,
            cache_read_tokens=4,
            cache_write_tokens=1,
            output_tokens=8,
            text_tokens=3,
            reasoning_tokens=5,
            raw=usage,
        ),
        "length",
        {"openai": {"acceptedPredictionTokens": 2, "rejectedPredictionTokens": 0}},
    )


@pytest.mark.parametrize(
    ("raw", "unified"),
    [
        ("content_filter", "content-filter"),
        ("function_call", "tool-calls"),
        ("tool_calls", "tool-calls"),
        ("?", "other"),
    ],
)
def test_the_reason_of_the_end_is_told(raw: str, unified: str) -> None:
    finish = decode(sse(chunk(raw)))[-1]
    assert isinstance(finish, Finish)
    assert (finish.finish_reason, finish.raw_finish_reason) == (unified, raw)


def test_a_refusal_is_text_and_the_end_is_a_content_filter() -> None:
    parts = decode(sse(chunk("stop", refusal="I won't.")))
    assert TextDelta("0", "I won't.") in parts
    assert parts[-1] == Finish("content-filter", Usage(), "stop", {"openai": {}})


def test_a_stream_without_a_finish_reason_is_interrupted() -> None:
    assert decode(sse(chunk(content="a"), done=False))[-1] == Finish(
        "interrupted", Usage(), provider_metadata={"openai": {}}
    )


def test_tool_calls_are_complete_at_the_end() -> None:
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": '{"x":1}'}}
    other = {"index": 1, "id": "call_2", "type": "function", "function": {"name": "g", "arguments": "{}"}}
    stream = sse(chunk(tool_calls=[call]), chunk(tool_calls=[more]), chunk(tool_calls=[other]), chunk("tool_calls"))
    assert decode(stream)[1:] == [
        ToolInputStart("call_1", "f"),
        ToolInputDelta("call_1", '{"x":1}'),
        ToolInputStart("call_2", "g"),
        ToolInputDelta("call_2", "{}"),
        ToolInputEnd("call_1"),
        ToolCall("call_1", "f", '{"x":1}'),
        ToolInputEnd("call_2"),
        ToolCall("call_2", "g", "{}"),
        Finish("tool-calls", Usage(), "tool_calls", {"openai": {}}),
    ]


def test_citations_are_sources() -> None:
    citation = {"start_index": 0, "end_index": 1, "url": "https://example.com", "title": "Example"}
    parts = decode(sse(chunk(annotations=[{"type": "url_citation", "url_citation": citation}])))
    assert isinstance(source := parts[1], Source)
    assert (source.source_type, source.url, source.title) == ("url", "https://example.com", "Example")


def test_logprobs_of_all_chunks_are_collected() -> None:
    token = {"token": "a", "logprob": -0.5, "top_logprobs": [{"token": "b", "logprob": -1}]}
    stream = sse(chunk(content="a", logprobs={"content": [token]}), chunk("stop", logprobs={"refusal": [token]}))
    finish = decode(stream)[-1]
    assert isinstance(finish, Finish)
    assert finish.provider_metadata == {"openai": {"logprobs": [token, token]}}


@pytest.mark.parametrize(
    ("error", "status", "retryable"),
    [
        ({"message": "busy", "type": "server_error"}, 500, True),
        ({"message": "busy", "code": 503}, 503, True),
        ({"message": "busy", "code": "429"}, 429, True),
        ({"message": "busy", "type": "insufficient_quota", "code": "insufficient_quota"}, 429, False),
        ({"message": "busy", "type": "invalid_request_error"}, 400, False),
    ],
)
def test_an_error_before_any_output_is_raised(error: dict[str, Any], status: int, retryable: bool) -> None:
    decoder = OpenAIChatDecoder()
    assert decoder.feed(sse(chunk(role="assistant", content=""), done=False)) == []
    with pytest.raises(APICallError, match="busy") as raised:
        decoder.feed(sse({"error": error}))
    assert (raised.value.status, raised.value.is_retryable) == (status, retryable)


def test_an_error_after_output_is_a_part() -> None:
    parts = decode(sse(chunk(content="a"), {"error": {"message": "lost"}}))
    assert isinstance(error := parts[3], Error)
    assert isinstance(error.error, APICallError)
    assert parts[-1] == Finish("error", Usage(), provider_metadata={"openai": {}})


@pytest.mark.parametrize(
    "event", [b"{nonsense", b"{}", b'{"choices":[{"delta":{}}]}', b'{"choices":[],"usage":{"prompt_tokens":"1"}}']
)
def test_a_chunk_that_cannot_be_read_is_an_error_and_the_rest_still_comes(event: bytes) -> None:
    parts = decode(b"data: " + event + b"\n\n" + sse(chunk("stop", content="a")))
    assert isinstance(error := parts[0], Error)
    assert isinstance(error.error, StreamFormatError)
    assert TextDelta("0", "a") in parts
    assert parts[-1] == STOP


def test_a_tool_call_without_a_name_ends_the_stream() -> None:
    parts = decode(
        sse(chunk(content="a"), chunk(tool_calls=[{"index": 0, "function": {}}]), chunk("stop", content="b"))
    )
    assert isinstance(parts[-1], Error)
    assert TextDelta("0", "b") not in parts
