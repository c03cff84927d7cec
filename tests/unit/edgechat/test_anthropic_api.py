from typing import Any

import msgspec
import pytest

from edgechat.errors import APICallError, InvalidArgumentError
from edgechat.model.anthropic import AnthropicMessages, create_anthropic
from edgechat.model.anthropic.api import is_native, sanitized
from edgechat.model.parts import Finish, ModelPart, StreamStart, TextDelta, ToolCall
from edgechat.model.prompt import SystemMessage, UserMessage
from edgechat.model.types import FunctionTool, JSONFormat, ModelCall, ModelRequest, ProviderTool
from edgechat.testing.fetch import FakeFetch, HTTPAnswer

HI = UserMessage("Hi")
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = FunctionTool(name="weather", input_schema=SCHEMA)
LEAF = {"type": "string"}
SERVER = {"type": "url", "name": "docs", "url": "https://mcp.example"}

STREAM = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":1}}}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta",'
    b'"text":"Hello"}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
)


def build(call: ModelCall, model: str = "claude-sonnet-4-5", **settings: Any) -> ModelRequest:
    return AnthropicMessages(model, api_key="secret", **settings).build(call)


def body(call: ModelCall, model: str = "claude-sonnet-4-5") -> Any:
    return msgspec.json.decode(build(call, model).body)


def test_a_request_says_what_is_asked_and_nothing_that_is_null() -> None:
    request = build(ModelCall(messages=[SystemMessage("Be brief."), HI]))
    assert request.url == "https://api.anthropic.com/v1/messages"
    assert request.headers == {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": "secret",
    }
    assert msgspec.json.decode(request.body) == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 64000,
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "stream": True,
    }
    assert request.warnings == []


def test_headers_of_the_provider_and_of_the_call_are_sent_whatever_their_case() -> None:
    request = build(
        ModelCall(messages=[HI], headers={"X-Trace": "t"}),
        base_url="https://gateway.example/anthropic/",
        headers={"X-Api-Key": "other"},
    )
    assert request.url == "https://gateway.example/anthropic/messages"
    assert request.headers["x-api-key"] == "other"
    assert request.headers["x-trace"] == "t"


def test_betas_come_from_what_is_used_from_the_headers_and_from_the_options_each_once() -> None:
    call = ModelCall(
        messages=[HI],
        tools=[ProviderTool(id="anthropic.code_execution_20250825", name="code_execution")],
        headers={"Anthropic-Beta": "mine, Code-Execution-2025-08-25"},
        provider_options={"anthropic": {"anthropicBeta": ["another"], "mcpServers": [SERVER]}},
    )
    betas = build(call, headers={"anthropic-beta": "ours"}).headers["anthropic-beta"].split(",")
    assert sorted(betas) == ["another", "code-execution-2025-08-25", "mcp-client-2025-04-04", "mine", "ours"]


def test_json_is_asked_for_by_its_schema_where_the_model_can() -> None:
    sent = body(ModelCall(messages=[HI], response_format=JSONFormat(schema=SCHEMA)))
    assert sent["output_config"] == {
        "format": {"type": "json_schema", "schema": {**SCHEMA, "additionalProperties": False}}
    }
    assert "tools" not in sent


def test_else_it_is_the_input_of_a_tool_that_must_be_called() -> None:
    call = ModelCall(messages=[HI], tools=[WEATHER], response_format=JSONFormat(schema=SCHEMA))
    sent = body(call, "claude-3-haiku-20240307")
    assert [tool["name"] for tool in sent["tools"]] == ["weather", "json"]
    assert sent["tools"][1]["input_schema"] == SCHEMA
    assert sent["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    assert "output_config" not in sent


def test_a_schema_that_the_model_could_only_answer_with_nothing_goes_to_the_tool_as_well() -> None:
    words = {"type": "object", "additionalProperties": {"type": "string"}}
    sent = body(ModelCall(messages=[HI], response_format=JSONFormat(schema=words)))
    assert sent["tool_choice"]["type"] == "any"


def test_tools_that_must_not_be_called_are_left_out_beside_the_tool_for_json() -> None:
    options = {"anthropic": {"structuredOutputMode": "jsonTool"}}
    call = ModelCall(
        messages=[HI],
        tools=[WEATHER],
        tool_choice="none",
        response_format=JSONFormat(schema=SCHEMA),
        provider_options=options,
    )
    assert [tool["name"] for tool in body(call)["tools"]] == ["json"]


def test_json_without_a_schema_is_not_supported() -> None:
    assert len(build(ModelCall(messages=[HI], response_format=JSONFormat())).warnings) == 1


def test_mcp_servers_are_sent_in_the_words_of_the_api() -> None:
    server = {**SERVER, "authorizationToken": "t", "toolConfiguration": {"allowedTools": ["search"]}}
    sent = body(ModelCall(messages=[HI], provider_options={"anthropic": {"mcpServers": [server]}}))
    assert sent["mcp_servers"] == [
        {**SERVER, "authorization_token": "t", "tool_configuration": {"allowed_tools": ["search"]}}
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"effort": "extreme"},
        {"thinking": {"type": "deep"}},
        {"anthropicBeta": "one"},
    ],
)
def test_options_that_cannot_be_read_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgumentError):
        build(ModelCall(messages=[HI], provider_options={"anthropic": options}))


def test_options_for_others_are_not_read() -> None:
    assert build(ModelCall(messages=[HI], provider_options={"openai": {"effort": "extreme"}})).warnings == []


def test_the_answer_to_a_call_is_decoded_with_its_tools_in_mind() -> None:
    call = ModelCall(messages=[HI], tools=[ProviderTool(id="anthropic.web_search_20250305", name="look_up")])
    decoder = AnthropicMessages("claude-sonnet-4-5", api_key="k").decoder(call, {})
    decoder.feed(
        b'data: {"type":"content_block_start","index":0,"content_block":{"type":"server_tool_use","id":"srv_1",'
        b'"name":"web_search","input":{}}}\n\n'
    )
    parts = decoder.feed(b'data: {"type":"content_block_stop","index":0}\n\n')
    assert parts[-1] == ToolCall("srv_1", "look_up", "{}", provider_executed=True)


@pytest.mark.parametrize(
    ("status", "text", "message", "code", "retryable"),
    [
        (
            529,
            '{"type":"error","error":{"type":"overloaded_error","message":"Busy"}}',
            "Busy",
            "overloaded_error",
            True,
        ),
        (
            400,
            '{"type":"error","error":{"type":"invalid_request_error","message":"No"},"request_id":"r"}',
            "No",
            "invalid_request_error",
            False,
        ),
        (502, "<html>", "<html>", None, True),
        (401, "", "Anthropic answered 401.", None, False),
    ],
)
def test_an_error_answer_says_what_and_whether_to_try_again(
    status: int, text: str, message: str, code: str | None, retryable: bool
) -> None:
    error = AnthropicMessages("claude-sonnet-4-5", api_key="k").error(status, {}, text)
    assert (str(error), error.status, error.code, error.is_retryable) == (message, status, code, retryable)


async def test_a_model_is_called_by_its_id() -> None:
    fetch = FakeFetch(HTTPAnswer(STREAM[:50], STREAM[50:]))
    model = create_anthropic(fetch, api_key="k")("claude-sonnet-4-5")
    assert (model.provider, model.model_id) == ("anthropic", "claude-sonnet-4-5")
    parts: list[ModelPart] = []
    async with model.stream(ModelCall(messages=[HI])) as stream:
        while (read := await stream.read()) is not None:
            parts += read
    assert [(request.method, request.url) for request in fetch.requests] == [
        ("POST", "https://api.anthropic.com/v1/messages")
    ]
    assert parts[0] == StreamStart([])
    assert TextDelta("0", "Hello") in parts
    assert isinstance(parts[-1], Finish)


async def test_a_refused_call_raises() -> None:
    fetch = FakeFetch(HTTPAnswer('{"error":{"type":"rate_limit_error","message":"Slow down"}}', status=429))
    with pytest.raises(APICallError, match="Slow down"):
        async with create_anthropic(fetch, api_key="k")("claude-sonnet-4-5").stream(ModelCall(messages=[HI])):
            pass


def test_a_schema_that_anthropic_takes_stays_as_it_is() -> None:
    schema = {
        "type": "object",
        "properties": {"day": {"type": "string", "format": "date"}, "kinds": {"type": "array", "items": LEAF}},
        "required": ["day"],
        "additionalProperties": False,
    }
    assert sanitized(schema) == schema


def test_objects_are_closed() -> None:
    assert sanitized({"type": "object", "properties": {}})["additionalProperties"] is False


def test_limits_are_told_in_words() -> None:
    schema = {"type": "string", "description": "A name.", "minLength": 2, "pattern": "^a", "format": "slug"}
    assert sanitized(schema) == {"type": "string", "description": "A name.\nminLength: 2; pattern: ^a; format: slug."}


def test_one_of_is_any_of() -> None:
    assert sanitized({"oneOf": [LEAF, {"type": "number", "minimum": 1}]}) == {
        "anyOf": [LEAF, {"type": "number", "description": "minimum: 1."}]
    }


def test_a_reference_keeps_what_it_refers_to() -> None:
    schema = {"$ref": "#/$defs/A", "$defs": {"A": {"type": "object", "minProperties": 1}}}
    assert sanitized(schema) == {
        "$ref": "#/$defs/A",
        "$defs": {"A": {"type": "object", "additionalProperties": False, "description": "minProperties: 1."}},
    }


@pytest.mark.parametrize(
    ("schema", "native"),
    [
        ({"type": "object", "properties": {"a": LEAF}}, True),
        ({"type": "object", "properties": {f"p{i}": LEAF for i in range(11)}}, False),
        ({"type": "object", "properties": {"a": LEAF}, "additionalProperties": LEAF}, False),
        ({"type": "object"}, False),
        ({"type": "object", "additionalProperties": False}, True),
        ({"type": "array", "items": {"type": ["object", "null"]}}, False),
        ({"type": "object", "properties": {"next": {"$ref": "#"}}}, False),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"anyOf": [{"$ref": "#/$defs/A"}, LEAF]}}}, False),
        ({"$ref": "#/$defs/A", "$defs": {"A": LEAF, "B": {"$ref": "#/$defs/B"}}}, True),
        ({"$ref": "#/$defs/missing"}, True),
        (
            {
                "properties": {f"p{i}": {"$ref": "#/$defs/A"} for i in range(6)},
                "$defs": {"A": {"properties": {"x": LEAF}}},
            },
            False,
        ),
        ({"properties": {"a": {"enum": [{"$ref": "#"}]}}}, True),
    ],
)
def test_a_schema_is_for_the_model_itself_unless_it_would_fail_or_lose_something(
    schema: dict[str, Any], native: bool
) -> None:
    assert is_native(schema) is native
