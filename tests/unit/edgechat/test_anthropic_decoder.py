"""An answer as a whole: how it begins, ends and fails."""

from typing import Any

import msgspec
import pytest

from edgechat.errors import APICallError, StreamFormatError
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.anthropic.api import AnthropicDecoder
from edgechat.model.parts import (
    Custom,
    Error,
    Finish,
    ModelPart,
    ReasoningDelta,
    ResponseMetadata,
    TextDelta,
    TextEnd,
    TextStart,
    Usage,
)
from edgechat.model.types import ModelCall

type JSON = dict[str, Any]

USAGE = {"input_tokens": 12, "cache_read_input_tokens": 3, "service_tier": "standard"}
START: JSON = {"type": "message_start", "message": {"id": "msg_1", "model": "claude", "content": [], "usage": USAGE}}
TEXT: JSON = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
HELLO: JSON = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}}
STOP: JSON = {"type": "content_block_stop", "index": 0}
DELTA: JSON = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}
END: JSON = {"type": "message_stop"}
PING: JSON = {"type": "ping"}
BUSY: JSON = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
ANSWER = [START, PING, TEXT, HELLO, STOP, DELTA, END]

BEGUN: list[ModelPart] = [
    ResponseMetadata("msg_1", "claude"),
    Custom("anthropic.message_start", {"anthropic": {"id": "msg_1", "model": "claude", "usage": USAGE}}),
]
SAID: list[ModelPart] = [TextStart("0"), TextDelta("0", "Hello"), TextEnd("0")]


def decoder() -> AnthropicDecoder:
    return AnthropicMessages("claude-sonnet-4-5", api_key="k").decoder(ModelCall(messages=[]), {})


def sse(*events: JSON) -> bytes:
    return b"".join(
        b"event: %b\ndata: %b\n\n" % (event["type"].encode(), msgspec.json.encode(event)) for event in events
    )


def decode(*pieces: bytes) -> list[ModelPart]:
    answer = decoder()
    return [part for piece in pieces for part in answer.feed(piece)] + answer.close()


def test_an_answer_is_read_from_its_beginning_to_its_end() -> None:
    *parts, finish = decode(sse(*ANSWER))
    assert parts == BEGUN + SAID
    assert isinstance(finish, Finish)
    assert (finish.finish_reason, finish.raw_finish_reason) == ("stop", "end_turn")
    assert finish.usage == Usage(
        input_tokens=15,
        no_cache_tokens=12,
        cache_read_tokens=3,
        cache_write_tokens=0,
        output_tokens=5,
        raw={**USAGE, "output_tokens": 5},
    )


def test_it_may_come_byte_by_byte() -> None:
    data = sse(*ANSWER)
    assert decode(*(data[i : i + 1] for i in range(len(data)))) == decode(data)


def test_events_of_a_proxy_may_come_without_their_names_and_with_done_at_the_end() -> None:
    data = b"".join(b"data: %b\n\n" % msgspec.json.encode(event) for event in ANSWER)
    assert decode(data + b"data: [DONE]\n\n") == decode(sse(*ANSWER))


def test_a_message_that_begins_twice_begins_once() -> None:
    assert decode(sse(START, *ANSWER)) == decode(sse(*ANSWER))


def test_a_message_inside_another_is_an_error_and_the_end() -> None:
    other = {"type": "message_start", "message": {"id": "msg_2", "usage": {"input_tokens": 1}}}
    *parts, error = decode(sse(START, TEXT, HELLO, other, STOP, DELTA, END), sse(*ANSWER))
    assert parts == BEGUN + SAID[:2]
    assert isinstance(error, Error)
    assert isinstance(error.error, StreamFormatError)


def test_one_message_may_follow_another() -> None:
    parts = decode(sse(*ANSWER, *ANSWER))
    assert parts[: len(parts) // 2] == parts[len(parts) // 2 :]


@pytest.mark.parametrize(
    ("kind", "status", "retryable"),
    [
        ("overloaded_error", 529, True),
        ("api_error", 500, True),
        ("rate_limit_error", 429, True),
        ("authentication_error", None, False),
        ("something_new", None, False),
    ],
)
def test_an_error_before_any_output_fails_the_call_so_that_it_can_be_tried_again(
    kind: str, status: int | None, retryable: bool
) -> None:
    event = {"type": "error", "error": {"type": kind, "message": "Sorry"}}
    with pytest.raises(APICallError, match="Sorry") as caught:
        decode(sse(PING, event))
    assert (caught.value.status, caught.value.code, caught.value.is_retryable) == (status, kind, retryable)


def test_a_gateway_may_say_more_of_its_error() -> None:
    error = {"type": "gateway", "message": "Sorry", "statusCode": 503, "isRetryable": True}
    with pytest.raises(APICallError) as caught:
        decode(sse({"type": "error", "error": error}))
    assert (caught.value.status, caught.value.is_retryable) == (503, True)


def test_a_later_error_is_a_part_and_the_rest_still_comes() -> None:
    parts = decode(sse(START, BUSY, TEXT, HELLO, STOP, DELTA, END))
    error = parts[2]
    assert isinstance(error, Error)
    assert isinstance(error.error, APICallError)
    assert (error.error.status, str(error.error)) == (529, "Overloaded")
    assert parts[3:6] == SAID
    assert isinstance(parts[-1], Finish)


@pytest.mark.parametrize("data", [b"data: {nonsense\n\n", b'data: {"type":"vendor_event"}\n\n', b"data: [[1]]\n\n"])
def test_an_event_that_cannot_be_read_is_an_error_and_the_rest_still_comes(data: bytes) -> None:
    parts = decode(sse(START) + data + sse(TEXT, HELLO))
    assert isinstance(parts[2], Error)
    assert isinstance(parts[2].error, StreamFormatError)
    assert parts[3:] == SAID[:2]


def test_if_it_is_the_first_the_call_has_failed_for_good() -> None:
    with pytest.raises(APICallError) as caught:
        decode(b"data: <html>\n\n")
    assert not caught.value.is_retryable


def test_an_event_without_end_is_an_error() -> None:
    answer = decoder()
    answer.feed(sse(START))
    [error] = answer.feed(b"data: " + b"x" * (16 * 1024 * 1024 + 1))
    assert isinstance(error, Error)
    assert answer.feed(sse(*ANSWER)) == []
    assert answer.close() == []


def test_an_answer_that_is_cut_off_after_some_output_is_interrupted() -> None:
    assert decode(sse(START, TEXT, HELLO)) == [*BEGUN, *SAID[:2], Finish("interrupted", Usage(is_estimated=True))]
    assert decode(sse(START, TEXT, HELLO) + sse(STOP)[:20]) == [
        *BEGUN,
        *SAID[:2],
        Finish("interrupted", Usage(is_estimated=True)),
    ]


def test_what_was_counted_before_is_not_lost_when_the_next_message_is_cut_off() -> None:
    parts = decode(sse(*ANSWER, START, TEXT, HELLO))
    finish = next(part for part in parts if isinstance(part, Finish))
    assert parts[-1] == Finish("interrupted", finish.usage, provider_metadata=finish.provider_metadata)


@pytest.mark.parametrize("events", [[], [PING], [START], [START, TEXT], [START, TEXT, HELLO, BUSY]])
def test_without_output_or_after_an_error_nothing_is_made_up(events: list[JSON]) -> None:
    assert not any(isinstance(part, Finish) for part in decode(sse(*events)))


def test_a_thought_is_output() -> None:
    thought = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}}
    assert decode(sse(START, thought))[2:] == [
        ReasoningDelta("0", "Hm."),
        Finish("interrupted", Usage(is_estimated=True)),
    ]
