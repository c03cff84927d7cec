import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from edgechat.errors import APICallError, StreamFormatError, StreamTruncatedError, UnsupportedFunctionalityError
from edgechat.model import prompt
from edgechat.model.openai_compatible import OpenAICompatible, create_openai_compatible
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
from edgechat.model.prompt import (
    AssistantMessage,
    FileData,
    FilePart,
    FileText,
    FileURL,
    ModelMessage,
    ReasoningPart,
    SystemMessage,
    TextPart,
    ToolCallPart,
    ToolMessage,
    ToolResultPart,
    UserMessage,
)
from edgechat.model.types import FunctionTool, JSONFormat, ModelCall, ProviderTool

CALL = ModelCall(messages=[UserMessage("Hi")])


def api(**settings: Any) -> OpenAICompatible:
    return OpenAICompatible("m", provider="my-vllm", base_url="http://127.0.0.1:8000/v1", **settings)


def sse(*events: Any, done: bool = True) -> bytes:
    return b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + b"data: [DONE]\n\n" * done


def chunk(finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"delta": delta, "finish_reason": finish_reason}]}


def decode(data: bytes, call: ModelCall = CALL) -> list[ModelPart]:
    decoder = api().decoder(call, {})
    return decoder.feed(data) + decoder.close()


def finish(reason: Any, raw: str | None = None) -> Finish:
    return Finish(reason, Usage(), raw, {"my-vllm": {}})


def body_of(*messages: ModelMessage, warnings: int = 0, structured: bool = False, **settings: Any) -> dict[str, Any]:
    request = api(supports_structured_outputs=structured).build(ModelCall(messages=list(messages), **settings))
    assert len(request.warnings) == warnings, request.warnings
    body: dict[str, Any] = msgspec.json.decode(request.body)
    return body


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_texts_and_reasoning_take_turns(field: str) -> None:
    stream = sse(
        chunk(role="assistant", **{field: "hm"}), chunk(content="a"), chunk(**{field: "oh"}), chunk("stop", content="b")
    )
    assert decode(stream) == [
        ResponseMetadata(id="c"),
        ReasoningStart("reasoning-0"),
        ReasoningDelta("reasoning-0", "hm"),
        ReasoningEnd("reasoning-0"),
        TextStart("txt-0"),
        TextDelta("txt-0", "a"),
        TextEnd("txt-0"),
        ReasoningStart("reasoning-0"),
        ReasoningDelta("reasoning-0", "oh"),
        ReasoningEnd("reasoning-0"),
        TextStart("txt-0"),
        TextDelta("txt-0", "b"),
        TextEnd("txt-0"),
        finish("stop", "stop"),
    ]


def test_content_may_be_a_list_of_texts_and_thoughts() -> None:
    thinking = {
        "type": "thinking",
        "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}, {"type": "?"}],
    }
    content = [thinking, {"type": "text", "text": "a"}, {"type": "reference", "reference_ids": [1]}]
    parts = decode(sse(chunk("stop", content=content)))
    assert ReasoningDelta("reasoning-0", "hm") in parts
    assert TextDelta("txt-0", "a") in parts


def test_a_tool_call_ends_the_reasoning_and_is_complete_at_the_end() -> None:
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}}
    more = {"index": 0, "function": {"arguments": "}"}}
    assert decode(sse(chunk(reasoning="hm"), chunk(tool_calls=[call]), chunk("tool_calls", tool_calls=[more])))[3:] == [
        ReasoningEnd("reasoning-0"),
        ToolInputStart("a", "f"),
        ToolInputDelta("a", "{"),
        ToolInputDelta("a", "}"),
        ToolInputEnd("a"),
        ToolCall("a", "f", "{}"),
        finish("tool-calls", "tool_calls"),
    ]


def test_the_name_of_a_tool_may_come_late() -> None:
    pieces = [
        {"index": 0, "id": "a", "function": {"arguments": "{"}},
        {"index": 0, "function": {"arguments": '"x"'}},
        {"index": 0, "function": {"name": "f", "arguments": ":1}"}},
    ]
    parts = decode(sse(*(chunk(tool_calls=[piece]) for piece in pieces), chunk("tool_calls")))
    assert parts[1:3] == [ToolInputStart("a", "f"), ToolInputDelta("a", '{"x":1}')]


def test_a_tool_call_whose_name_never_comes_is_an_error() -> None:
    parts = decode(sse(chunk(tool_calls=[{"index": 0, "id": "a", "function": {"arguments": "{}"}}]), chunk("stop")))
    assert isinstance(error := parts[-1], Error)
    assert isinstance(error.error, StreamFormatError)


def test_signatures_of_thoughts_are_kept_with_the_call_and_sent_back() -> None:
    extra = {"google": {"thought_signature": "sig"}}
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}, "extra_content": extra}
    parts = decode(sse(chunk("tool_calls", tool_calls=[call])))
    metadata = {"my-vllm": {"thoughtSignature": "sig"}}
    assert ToolCall("a", "f", "{}", provider_metadata=metadata) in parts
    message = AssistantMessage([ToolCallPart(tool_call_id="a", tool_name="f", input={}, provider_options=metadata)])
    assert body_of(message)["messages"][0]["tool_calls"][0]["extra_content"] == extra


def test_usage_is_kept_in_the_words_of_the_server() -> None:
    usage = {
        "prompt_tokens": 5,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 2},
        "queue_time": 0.1,
    }
    assert decode(sse(chunk("length"), {"choices": [], "usage": usage}))[-1] == Finish(
        "length",
        Usage(
            input_tokens=5,
            no_cache_tokens=3,
            cache_read_tokens=2,
            output_tokens=3,
            text_tokens=3,
            reasoning_tokens=0,
            raw=usage,
        ),
        "length",
        {"my-vllm": {}},
    )


def test_a_refusal_is_text_and_the_end_is_a_content_filter() -> None:
    parts = decode(sse(chunk(refusal=False), chunk("stop", refusal="No.")))
    assert parts[2:] == [TextDelta("txt-0", "No."), TextEnd("txt-0"), finish("content-filter", "stop")]


def test_a_stream_without_a_finish_reason_was_cut_off() -> None:
    parts = decode(sse(chunk(content="a"), done=False))
    assert isinstance(error := parts[-2], Error)
    assert isinstance(error.error, StreamTruncatedError)
    assert parts[-1] == finish("error")


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        ({"error": {"message": "busy", "code": 503}}, APICallError, "busy"),
        (chunk() | {"error": "busy"}, APICallError, "busy"),
        (chunk() | {"error": {"code": 1}}, APICallError, '{"code":1}'),
        ({"choices": None}, StreamFormatError, "choices"),
        (chunk() | {"usage": {"prompt_tokens": "many"}}, StreamFormatError, "prompt_tokens"),
    ],
)
def test_an_error_in_the_stream_is_a_part(event: object, kind: type[Exception], message: str) -> None:
    parts = decode(sse(event))
    assert isinstance(error := parts[0], Error)
    assert isinstance(error.error, kind)
    assert message in str(error.error)
    assert parts[-1] == finish("error")


def test_the_metadata_have_the_name_that_the_caller_used() -> None:
    call = ModelCall(messages=[], provider_options={"myVllm": {}})
    assert decode(sse(chunk("stop")), call)[-1] == Finish("stop", Usage(), "stop", {"myVllm": {}})


def test_options_that_are_not_known_go_as_they_are() -> None:
    options = {"openaiCompatible": {"user": "u", "other": 1}, "my-vllm": {"top_k": 5, "reasoningEffort": None}}
    body = body_of(reasoning="low", provider_options=options)
    assert body == {
        "model": "m",
        "messages": [],
        "user": "u",
        "top_k": 5,
        "reasoning_effort": None,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_a_schema_goes_only_to_servers_that_keep_to_it() -> None:
    wanted = JSONFormat(schema={"type": "object"})
    assert body_of(response_format=wanted, warnings=1)["response_format"] == {"type": "json_object"}
    assert body_of(response_format=wanted, structured=True)["response_format"] == {
        "type": "json_schema",
        "json_schema": {"schema": {"type": "object"}, "strict": True, "name": "response"},
    }


def test_tools_are_functions_and_other_settings_are_warned_of() -> None:
    tools = [FunctionTool(name="f", input_schema={}), ProviderTool(id="x.y", name="y")]
    body = body_of(tools=tools, tool_choice="required", top_k=3, warnings=2)
    assert body["tools"] == [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    assert body["tool_choice"] == "required"


def test_messages_carry_what_their_options_say() -> None:
    options = {"openaiCompatible": {"cache": True}}
    call = ToolCallPart(tool_call_id="a", tool_name="f", input={"x": 1}, provider_options=options)
    output = prompt.ContentOutput(value=[TextPart(text="x")])
    messages: list[ModelMessage] = [
        SystemMessage("s", options),
        UserMessage([TextPart(text="a", provider_options=options)]),
        AssistantMessage([ReasoningPart(text="hm"), TextPart(text="b"), call], options),
        ToolMessage([ToolResultPart(tool_call_id="a", tool_name="f", output=output, provider_options=options)]),
    ]
    function = {"name": "f", "arguments": '{"x":1}'}
    assert body_of(*messages)["messages"] == [
        {"role": "system", "content": "s", "cache": True},
        {"role": "user", "content": "a", "cache": True},
        {
            "role": "assistant",
            "content": "b",
            "reasoning_content": "hm",
            "tool_calls": [{"id": "a", "type": "function", "function": function, "cache": True}],
            "cache": True,
        },
        {"role": "tool", "tool_call_id": "a", "content": '[{"type":"text","text":"x"}]', "cache": True},
    ]


@pytest.mark.parametrize(
    ("source", "media_type", "content"),
    [
        (FileURL("https://e.com/a"), "video/mp4", {"type": "video_url", "video_url": {"url": "https://e.com/a"}}),
        (FileData(b"\x89PNG"), "image", {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}}),
        (FileText("a"), "text/plain", {"type": "text", "text": "a"}),
        (FileData(b"a"), "text/plain", {"type": "text", "text": "a"}),
        (FileData(b"a"), "audio/wav", {"type": "input_audio", "input_audio": {"data": "YQ==", "format": "wav"}}),
    ],
)
def test_files_go_as_such_servers_take_them(source: Any, media_type: str, content: object) -> None:
    message = UserMessage([FilePart(media_type=media_type, data=source)])
    assert body_of(message)["messages"][0]["content"] == [content]


@pytest.mark.parametrize(
    ("source", "media_type"),
    [(FileURL("https://e.com/a"), "audio/wav"), (FileData(b"a"), "application/zip"), (FileText("a"), "image/png")],
)
def test_other_files_are_refused(source: Any, media_type: str) -> None:
    with pytest.raises(UnsupportedFunctionalityError):
        body_of(UserMessage([FilePart(media_type=media_type, data=source)]))


async def test_a_server_is_asked_with_its_key_and_parameters() -> None:
    requests: list[tuple[str, Mapping[str, str], Any]] = []

    class Response:
        status = 200
        headers: Mapping[str, str] = {}

        def __init__(self) -> None:
            self._body: bytes | None = sse(chunk("stop", content="Hello"))

        async def read(self) -> bytes | None:
            body, self._body = self._body, None
            return body

        async def text(self) -> str:
            return ""

    @asynccontextmanager
    async def fetch(
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        **_: object,
    ) -> AsyncGenerator[Response]:
        requests.append((url, headers or {}, msgspec.json.decode(body or b"{}")))
        yield Response()

    provider = create_openai_compatible(
        fetch,
        name="local",
        base_url="http://127.0.0.1:8000/v1/",
        api_key="key",
        headers={"x-a": "b"},
        query_params={"version": "1 2"},
        include_usage=False,
    )
    async with provider("m").stream(CALL) as stream:
        assert TextDelta("txt-0", "Hello") in (await stream.read() or [])
    url, headers, body = requests[0]
    assert url == "http://127.0.0.1:8000/v1/chat/completions?version=1+2"
    assert headers == {"content-type": "application/json", "authorization": "Bearer key", "x-a": "b"}
    assert body == {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
