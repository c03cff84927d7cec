from typing import Any

import msgspec
import pytest

from edgechat.errors import APICallError, UnsupportedFunctionalityError
from edgechat.model import prompt
from edgechat.model.prompt import (
    AssistantMessage,
    FileData,
    FilePart,
    FileURL,
    ModelMessage,
    ProviderOptions,
    ReasoningPart,
    SystemMessage,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import FunctionTool, JSONFormat, ModelCall, ProviderTool, Reasoning, ToolNamed
from edgechat.model.workers_ai import WorkersAI

TOOL = FunctionTool(name="f", description="Does f.", input_schema={"type": "object"})


def body_of(*messages: ModelMessage, warnings: int = 0, **settings: Any) -> dict[str, Any]:
    request = WorkersAI("@cf/x/y").build(ModelCall(messages=list(messages), **settings))
    assert len(request.warnings) == warnings
    body: dict[str, Any] = msgspec.json.decode(request.body)
    return body


def test_a_request_says_what_is_asked_and_nothing_that_is_null() -> None:
    request = WorkersAI("@cf/x/y").build(ModelCall(messages=[UserMessage("Hi")], max_output_tokens=10, top_k=3))
    assert (request.model, request.url, request.warnings) == ("@cf/x/y", None, [])
    assert msgspec.json.decode(request.body) == {
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 10,
        "top_k": 3,
        "stream": True,
    }


def test_messages_are_plain_text() -> None:
    assert body_of(SystemMessage("Be kind."), UserMessage([TextPart(text="a"), TextPart(text="b")]))["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "a\nb"},
    ]


def test_an_answer_with_a_tool_call_has_content_that_is_not_null() -> None:
    call_id = "call_0::cf-wai-tool-call::abc"
    answer = AssistantMessage(
        [
            ReasoningPart(text="hm"),
            ToolCallPart(tool_call_id=call_id, tool_name="f", input={"x": 1}),
        ]
    )
    output = prompt.JSONOutput(value=[1])
    result = ToolMessage([ToolResultPart(tool_call_id=call_id, tool_name="f", output=output)])
    assert body_of(answer, result)["messages"] == [
        {
            "role": "assistant",
            "content": "",
            "reasoning": "hm",
            "tool_calls": [{"id": "call_0", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}}],
        },
        {"role": "tool", "tool_call_id": "call_0", "name": "f", "content": "[1]"},
    ]


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (prompt.TextOutput(value="ok"), "ok"),
        (prompt.ErrorJSONOutput(value={"a": 1}), '{"a":1}'),
        (prompt.ExecutionDenied(), "Tool execution was denied."),
        (prompt.ExecutionDenied(reason="no"), "Tool execution denied: no"),
        (prompt.ContentOutput(value=[TextPart(text="a"), TextPart(text="b")]), "a\nb"),
    ],
)
def test_the_result_of_a_tool_is_text(output: ToolOutput, text: str) -> None:
    message = ToolMessage([ToolResultPart(tool_call_id="a", tool_name="f", output=output)])
    assert body_of(message)["messages"][0]["content"] == text


@pytest.mark.parametrize("source", [FileData(b"\x89PNG"), FileURL("data:image/png;base64,iVBORw==")])
def test_images_are_shown_to_models_that_see(source: FileData | FileURL) -> None:
    message = UserMessage([FilePart(media_type="image/png", data=source), TextPart(text="What is it?")])
    assert body_of(message)["messages"][0]["content"] == [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
    ]


@pytest.mark.parametrize(
    "part",
    [
        FilePart(media_type="image/png", data=FileURL("https://example.com/a.png")),
        FilePart(media_type="application/pdf", data=FileData(b"%PDF")),
    ],
)
def test_other_files_are_refused(part: FilePart) -> None:
    with pytest.raises(UnsupportedFunctionalityError):
        body_of(UserMessage([part]))


@pytest.mark.parametrize(
    ("choice", "sent"),
    [("required", "required"), (ToolNamed("f"), {"type": "function", "function": {"name": "f"}})],
)
def test_tools_are_functions(choice: Any, sent: object) -> None:
    body = body_of(tools=[TOOL, ProviderTool(id="x.y", name="y")], tool_choice=choice, warnings=1)
    function = {"name": "f", "description": "Does f.", "parameters": {"type": "object"}}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert body["tool_choice"] == sent


def test_a_wanted_schema_goes_bare_and_without_streaming() -> None:
    wanted = JSONFormat(schema={"type": "object"}, name="person", description="A person.")
    body = body_of(response_format=wanted, tools=[TOOL], warnings=1)
    assert body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"type": "object", "title": "person", "description": "A person."},
    }
    assert body["stream"] is False
    assert "tools" not in body


def test_the_schema_keeps_a_title_of_its_own() -> None:
    body = body_of(response_format=JSONFormat(schema={"title": "own"}, name="other"))
    assert body["response_format"]["json_schema"] == {"title": "own"}


def test_json_without_a_schema_is_an_object() -> None:
    assert body_of(response_format=JSONFormat())["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize(
    ("reasoning", "effort", "warnings"),
    [("none", None, 0), ("medium", "medium", 0), ("minimal", "low", 1), ("max", "high", 1)],
)
def test_reasoning_has_three_efforts(reasoning: Reasoning, effort: str | None, warnings: int) -> None:
    assert body_of(reasoning=reasoning, warnings=warnings)["reasoning_effort"] == effort


def test_options_of_the_provider_go_as_they_are() -> None:
    options: ProviderOptions = {
        "workers-ai": {"sessionAffinity": "chat1", "lora": "mine", "reasoning_effort": None},
        "openai": {"a": 1},
    }
    call = ModelCall(messages=[], reasoning="high", headers={"x-a": "b"}, provider_options=options)
    request = WorkersAI("@cf/x/y").build(call)
    assert msgspec.json.decode(request.body) == {
        "messages": [],
        "stream": True,
        "lora": "mine",
        "reasoning_effort": None,
    }
    assert request.headers == {"x-a": "b", "x-session-affinity": "chat1"}


def test_options_are_taken_in_either_spelling() -> None:
    call = ModelCall(messages=[], provider_options={"workers-ai": {"session_affinity": "chat1"}})
    assert WorkersAI("@cf/x/y").build(call).headers == {"x-session-affinity": "chat1"}


def test_what_is_not_supported_is_said() -> None:
    assert "stop" not in body_of(stop_sequences=["x"], warnings=1)


@pytest.mark.parametrize(
    ("status", "body", "code", "said", "retryable"),
    [
        (500, '{"internalCode":3040,"name":"AiError","description":"busy"}', 3040, 429, True),
        (429, '{"internalCode":3036,"name":"AiError","description":"daily quota"}', 3036, 429, False),
        (400, '{"errors":[{"code":5007,"message":"No such model"}]}', 5007, 400, False),
        (500, "InferenceUpstreamError: 3007: Timeout", 3007, 408, True),
        (500, "1234: 3008: Aborted", 3008, 408, True),
        (502, "bad gateway", None, 502, True),
        (400, '{"error":{"message":"wrong"}}', None, 400, False),
        (400, "[]", None, 400, False),
        (400, "", None, 400, False),
    ],
)
def test_an_error_answer_says_what_and_whether_to_try_again(
    status: int, body: str, code: int | None, said: int, retryable: bool
) -> None:
    error = WorkersAI("@cf/x/y").error(status, {}, body)
    assert isinstance(error, APICallError)
    assert (error.status, error.code, error.is_retryable) == (said, code, retryable)
    assert str(error)
