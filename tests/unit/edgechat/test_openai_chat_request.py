from typing import Any

import msgspec
import pytest

from edgechat.errors import UnsupportedFunctionalityError
from edgechat.model import prompt
from edgechat.model.openai_chat import OpenAIChat
from edgechat.model.prompt import (
    AssistantMessage,
    FileData,
    FilePart,
    FileReference,
    FileText,
    FileURL,
    ModelMessage,
    SystemMessage,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolOutput,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import FunctionTool, JSONFormat, ModelCall, ProviderTool, ToolNamed

PNG = FileData(b"\x89PNG")
HI = UserMessage("Hi")


def body_of(
    *messages: ModelMessage, model: str = "gpt-4.1-mini", warnings: int = 0, options: Any = None, **settings: Any
) -> dict[str, Any]:
    call = ModelCall(messages=list(messages), provider_options={"openai": options or {}}, **settings)
    request = OpenAIChat(model).build(call)
    assert len(request.warnings) == warnings, request.warnings
    body: dict[str, Any] = msgspec.json.decode(request.body)
    return body


def content_of(part: FilePart) -> Any:
    return body_of(UserMessage([part]))["messages"][0]["content"][0]


def test_a_request_goes_to_the_chat_completions_of_the_server() -> None:
    api = OpenAIChat("gpt-4.1-mini", base_url="http://127.0.0.1:8000/v1/", headers={"authorization": "Bearer key"})
    request = api.build(ModelCall(messages=[HI], max_output_tokens=10, headers={"x-a": "b"}))
    assert request.url == "http://127.0.0.1:8000/v1/chat/completions"
    assert request.headers == {"content-type": "application/json", "authorization": "Bearer key", "x-a": "b"}
    assert msgspec.json.decode(request.body) == {
        "model": "gpt-4.1-mini",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 10,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_reasoning_models_have_a_developer_and_other_settings() -> None:
    body = body_of(
        SystemMessage("Be kind."),
        model="gpt-5-mini",
        max_output_tokens=9,
        temperature=0.5,
        presence_penalty=1.0,
        reasoning="xhigh",
        options={"logprobs": True},
        warnings=5,
    )
    assert body["messages"] == [{"role": "developer", "content": "Be kind."}]
    assert body["max_completion_tokens"] == 9
    assert body["reasoning_effort"] == "high"
    assert not body.keys() & {"temperature", "presence_penalty", "max_tokens", "logprobs", "top_logprobs"}


def test_a_model_that_need_not_reason_takes_a_temperature_when_it_does_not() -> None:
    assert body_of(model="gpt-5.1", temperature=0.5, reasoning="none")["temperature"] == 0.5


def test_a_model_that_cannot_reason_with_tools_does_not() -> None:
    tool = FunctionTool(name="f", input_schema={})
    assert body_of(model="gpt-5.6", tools=[tool], reasoning="low", warnings=1)["reasoning_effort"] == "none"


def test_options_of_openai_are_taken_in_either_spelling() -> None:
    body = body_of(options={"reasoning_effort": "low", "textVerbosity": "high", "logprobs": 2, "service_tier": "auto"})
    assert (body["reasoning_effort"], body["verbosity"], body["service_tier"]) == ("low", "high", "auto")
    assert (body["logprobs"], body["top_logprobs"]) == (True, 2)


@pytest.mark.parametrize(("options", "settings"), [({}, {"top_k": 3}), ({"reasoningSummary": "auto"}, {})])
def test_what_the_api_does_not_have_is_left_out_and_said(options: dict[str, Any], settings: dict[str, Any]) -> None:
    body = body_of(HI, options=options, warnings=1, **settings)
    assert body.keys() == {"model", "messages", "stream", "stream_options"}


def test_options_that_are_not_known_go_as_they_are() -> None:
    options = {"promptCacheKey": "k", "logitBias": {"50256": -100}, "metadata": {"aKey": "v"}}
    expected = {"prompt_cache_key": "k", "logit_bias": {"50256": -100}, "metadata": {"aKey": "v"}}
    assert expected.items() <= body_of(HI, options=options).items()


def test_system_messages_can_be_left_out() -> None:
    assert body_of(SystemMessage("a"), HI, options={"systemMessageMode": "remove"}, warnings=1)["messages"] == [
        {"role": "user", "content": "Hi"}
    ]


@pytest.mark.parametrize(
    ("source", "media_type", "content"),
    [
        (PNG, "image/*", {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}),
        (FileURL("https://e.com/a"), "image", {"type": "image_url", "image_url": {"url": "https://e.com/a"}}),
        (FileData(b"a"), "audio/mpeg", {"type": "input_audio", "input_audio": {"data": "YQ==", "format": "mp3"}}),
        (FileReference({"openai": "file-1"}), "text/plain", {"type": "file", "file": {"file_id": "file-1"}}),
        (
            FileData(b"%PDF"),
            "application/pdf",
            {"type": "file", "file": {"filename": "part-0.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}},
        ),
    ],
)
def test_files_go_as_openai_takes_them(source: Any, media_type: str, content: object) -> None:
    assert content_of(FilePart(media_type=media_type, data=source)) == content


@pytest.mark.parametrize(
    ("source", "media_type"),
    [
        (FileURL("https://e.com/a"), "audio/wav"),
        (FileURL("https://e.com/a"), "application/pdf"),
        (FileData(b"a"), "application/zip"),
        (FileText("a"), "image/png"),
    ],
)
def test_other_files_are_refused(source: Any, media_type: str) -> None:
    with pytest.raises(UnsupportedFunctionalityError):
        content_of(FilePart(media_type=media_type, data=source))


def test_an_image_may_be_looked_at_in_less_detail() -> None:
    part = FilePart(media_type="image/png", data=PNG, provider_options={"openai": {"imageDetail": "low"}})
    assert content_of(part)["image_url"]["detail"] == "low"


@pytest.mark.parametrize(("input", "sent"), [({"x": 1}, '{"x":1}'), ('{"x":1}', '{"x":1}'), ("no", "{}"), ([1], "{}")])
def test_the_input_of_a_tool_call_is_an_object(input: object, sent: str) -> None:
    call = ToolCallPart(tool_call_id="a", tool_name="f", input=input)
    assert body_of(AssistantMessage([call]))["messages"] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": sent}}],
        }
    ]


@pytest.mark.parametrize(
    ("output", "content"),
    [
        (prompt.TextOutput(value="ok"), "ok"),
        (prompt.ErrorTextOutput(value="bad"), '{"error":"bad"}'),
        (prompt.JSONOutput(value=[1]), "[1]"),
        (prompt.ExecutionDenied(), "Tool call execution denied."),
        (prompt.ContentOutput(value=[TextPart(text="a")]), '[{"type":"text","text":"a"}]'),
    ],
)
def test_the_result_of_a_tool_is_text(output: ToolOutput, content: str) -> None:
    message = ToolMessage([ToolResultPart(tool_call_id="a", tool_name="f", output=output)])
    assert body_of(message)["messages"] == [{"role": "tool", "tool_call_id": "a", "content": content}]


def test_tools_and_their_choice() -> None:
    tools = [FunctionTool(name="f", description="d", input_schema={"type": "object"}, strict=True)]
    other = ProviderTool(id="openai.web_search", name="web_search")
    body = body_of(tools=[*tools, other], tool_choice=ToolNamed("f"), warnings=1)
    function = {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": True}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}


def test_json_is_wanted_by_a_schema_or_without() -> None:
    wanted = JSONFormat(schema={"type": "object"}, name="n")
    assert body_of(response_format=wanted, options={"strictJsonSchema": False})["response_format"] == {
        "type": "json_schema",
        "json_schema": {"schema": {"type": "object"}, "strict": False, "name": "n"},
    }
    assert body_of(response_format=JSONFormat())["response_format"] == {"type": "json_object"}


def test_an_error_answer_says_what() -> None:
    api = OpenAIChat("gpt-4.1-mini")
    error = api.error(429, {}, '{"error":{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}}')
    assert (str(error), error.status, error.code, error.is_retryable) == ("Slow down", 429, "rate_limit_exceeded", True)
    assert "502" in str(api.error(502, {}, ""))
    assert str(api.error(502, {}, "bad gateway")) == "bad gateway"
