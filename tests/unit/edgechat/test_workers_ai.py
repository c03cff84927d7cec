import msgspec
import pytest

from edgechat.errors import APICallError, StreamFormatError, StreamTruncatedError
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
    Usage,
)
from edgechat.model.prompt import UserMessage
from edgechat.model.types import ModelCall
from edgechat.model.workers_ai import WorkersAI, WorkersAIDecoder

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


def decode(*pieces: bytes) -> list[ModelPart]:
    decoder = WorkersAIDecoder()
    parts = [part for piece in pieces for part in decoder.feed(piece)]
    return parts + decoder.close()


def test_a_request_says_what_is_asked_and_nothing_that_is_null() -> None:
    call = ModelCall(messages=[UserMessage("Hi")], max_output_tokens=10)
    request = WorkersAI("@cf/x/y").build(call)
    assert request.model == "@cf/x/y"
    assert msgspec.json.decode(request.body) == {
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 10,
        "stream": True,
    }


def test_a_native_stream_is_read() -> None:
    assert decode(NATIVE) == [*HELLO, Finish("stop", Usage(input_tokens=3, output_tokens=2))]


def test_a_stand_in_is_named_first() -> None:
    decoder = WorkersAI("@cf/x/y").decoder(ModelCall(messages=[]), {"x-pop-model": "tiny"})
    assert decoder.feed(NATIVE)[0] == ResponseMetadata(model_id="tiny")
    assert decoder.close()[-1] == Finish("stop", Usage(input_tokens=3, output_tokens=2))


def test_a_native_stream_is_read_byte_by_byte() -> None:
    assert decode(*(NATIVE[i : i + 1] for i in range(len(NATIVE)))) == [
        *HELLO,
        Finish("stop", Usage(input_tokens=3, output_tokens=2)),
    ]


def test_a_stream_of_the_openai_shape_is_read() -> None:
    stream = (
        b'data: {"choices":[{"delta":{"role":"assistant","content":null}}]}\n\n'
        b'data: {"choices":[{"delta":{"content":"Hel"}}]}\n\ndata: {"choices":[{"delta":{"content":"lo"}}]}\n\n'
        b'data: {"choices":[{"delta":{},"finish_reason":"length"}]}\n\n'
        b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\ndata: [DONE]\n\n'
    )
    assert decode(stream) == [*HELLO, Finish("length", Usage(input_tokens=3, output_tokens=2), "length")]


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_a_block_before_the_text(field: str) -> None:
    stream = (
        f'data: {{"choices":[{{"delta":{{"{field}":"hm"}}}}]}}\n\n'
        'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    assert decode(stream.encode()) == [
        ReasoningStart("reasoning-0"),
        ReasoningDelta("reasoning-0", "hm"),
        ReasoningEnd("reasoning-0"),
        TextStart("text-1"),
        TextDelta("text-1", "Hi"),
        TextEnd("text-1"),
        Finish("stop", Usage(), "stop"),
    ]


def test_a_json_answer_is_taken_although_a_stream_was_asked_for() -> None:
    body = b'\n {"response":"Hello","usage":{"prompt_tokens":1,"completion_tokens":1}}'
    assert decode(body[:5], body[5:]) == [
        TextStart("text-0"),
        TextDelta("text-0", "Hello"),
        TextEnd("text-0"),
        Finish("stop", Usage(input_tokens=1, output_tokens=1)),
    ]


def test_a_json_answer_of_the_openai_shape_is_taken() -> None:
    parts = decode(b'{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}')
    assert parts[1:] == [TextDelta("text-0", "Hello"), TextEnd("text-0"), Finish("stop", Usage(), "stop")]


@pytest.mark.parametrize(("response", "text"), [('{"a":[1]}', '{"a":[1]}'), ("3040", "3040")])
def test_a_response_that_is_no_text_is_shown_as_json(response: str, text: str) -> None:
    assert TextDelta("text-0", text) in decode(f'{{"response":{response}}}'.encode())


def test_a_stream_that_ends_early_is_an_error_and_keeps_its_text() -> None:
    parts = decode(b'data: {"response":"Hel"}\n\ndata: {"resp')
    assert parts[:3] == [TextStart("text-0"), TextDelta("text-0", "Hel"), TextEnd("text-0")]
    error, finish = parts[3:]
    assert isinstance(error, Error)
    assert isinstance(error.error, StreamTruncatedError)
    assert finish == Finish("error", Usage())


@pytest.mark.parametrize("body", [b"", b"  ", b"<html>busy</html>"])
def test_an_answer_that_is_no_answer_is_an_error(body: bytes) -> None:
    parts = decode(body)
    assert isinstance(parts[0], Error)
    assert parts[1] == Finish("error", Usage())


def test_an_event_that_cannot_be_read_is_an_error_and_the_rest_still_comes() -> None:
    parts = decode(b'data: {nonsense\n\ndata: {"response":"Hi"}\n\ndata: [DONE]\n\n')
    assert isinstance(parts[0], Error)
    assert isinstance(parts[0].error, StreamFormatError)
    assert TextDelta("text-0", "Hi") in parts
    assert parts[-1] == Finish("error", Usage())


@pytest.mark.parametrize(
    ("status", "body", "code", "retryable"),
    [
        (429, '{"internalCode":3040,"name":"AiError","description":"busy"}', 3040, True),
        (429, '{"internalCode":3036,"name":"AiError","description":"daily quota"}', 3036, False),
        (400, '{"errors":[{"code":5007,"message":"No such model"}]}', 5007, False),
        (502, "bad gateway", None, True),
        (400, "", None, False),
    ],
)
def test_an_error_answer_says_what_and_whether_to_try_again(
    status: int, body: str, code: int | None, retryable: bool
) -> None:
    error = WorkersAI("@cf/x/y").error(status, {}, body)
    assert isinstance(error, APICallError)
    assert (error.status, error.code, error.is_retryable) == (status, code, retryable)
    assert str(error)
