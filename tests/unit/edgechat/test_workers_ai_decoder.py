import json
from typing import Any

import pytest

from edgechat.errors import APICallError
from edgechat.model.parts import (
    Finish,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    TextDelta,
    TextEnd,
    TextStart,
    ToolCall,
    Usage,
)
from edgechat.model.workers_ai.decoder import WorkersAIDecoder

ANSWER = {"response": "Hello", "usage": {"prompt_tokens": 1, "completion_tokens": 1}}
HELLO: list[ModelPart] = [
    TextStart("text-0"),
    TextDelta("text-0", "Hello"),
    TextEnd("text-0"),
    Finish("stop", Usage(input_tokens=1, output_tokens=1, raw={"total": 2}), "stop"),
]


def decode(document: Any, forced_tools: frozenset[str] = frozenset()) -> list[ModelPart]:
    decoder = WorkersAIDecoder(forced_tools=forced_tools)
    body = b"\n " + json.dumps(document).encode()
    return [*decoder.feed(body[:1]), *decoder.feed(body[1:9]), *decoder.feed(body[9:]), *decoder.close()]


def test_a_json_answer_is_taken_although_a_stream_was_asked_for() -> None:
    assert decode(ANSWER) == HELLO


def test_an_answer_by_rest_is_in_an_envelope() -> None:
    assert decode({"result": ANSWER, "success": True, "errors": [], "messages": []}) == HELLO


def test_an_answer_of_the_openai_shape_is_taken() -> None:
    message = {"reasoning_content": "hm", "content": "Hi", "tool_calls": None}
    assert decode({"choices": [{"message": message, "finish_reason": "length"}]}) == [
        ReasoningStart("reasoning-0"),
        ReasoningDelta("reasoning-0", "hm"),
        ReasoningEnd("reasoning-0"),
        TextStart("text-1"),
        TextDelta("text-1", "Hi"),
        TextEnd("text-1"),
        Finish("length", Usage(input_tokens=0, output_tokens=0, raw={"total": 0}), "length"),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"tool_calls": [{"name": "f", "arguments": {"x": 1}}]},
        {"choices": [{"message": {"tool_calls": [{"id": "a", "function": {"name": "f", "arguments": '{"x":1}'}}]}}]},
    ],
)
def test_tool_calls_come_complete(answer: dict[str, Any]) -> None:
    call, _ = decode(answer)
    assert isinstance(call, ToolCall)
    assert (call.tool_name, call.input) == ("f", '{"x":1}')


def test_a_forced_call_as_text_is_a_call() -> None:
    call, finish = decode({"response": '{"name":"f","x":1}'}, frozenset({"f"}))
    assert isinstance(call, ToolCall)
    assert isinstance(finish, Finish)
    assert finish.finish_reason == "tool-calls"


@pytest.mark.parametrize(("response", "text"), [({"a": [1]}, '{"a":[1]}'), (42, "42"), (True, "true")])
def test_an_answer_in_json_mode_is_text(response: object, text: str) -> None:
    assert TextDelta("text-0", text) in decode({"response": response})


def test_an_error_with_status_200_is_raised() -> None:
    with pytest.raises(APICallError, match="5007: No such model") as error:
        decode({"result": None, "success": False, "errors": [{"code": 5007, "message": "No such model"}]})
    assert error.value.status == 400
    assert not error.value.is_retryable
