from typing import Any

import msgspec
import pytest

from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.prompt import UserMessage
from edgechat.model.types import FunctionTool, ModelCall, ModelRequest, ProviderTool, ToolChoice, ToolNamed

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = FunctionTool(name="weather", description="Says how it is", input_schema=SCHEMA)


def build(*tools: FunctionTool | ProviderTool, model: str = "claude-sonnet-4-5", **call: Any) -> ModelRequest:
    request = ModelCall(messages=[UserMessage("Hi")], tools=[*tools], **call)
    return AnthropicMessages(model, api_key="k").build(request)


def body(*tools: FunctionTool | ProviderTool, model: str = "claude-sonnet-4-5", **call: Any) -> Any:
    return msgspec.json.decode(build(*tools, model=model, **call).body)


def test_a_tool_is_described_and_its_input_streams_as_it_is_written() -> None:
    assert body(WEATHER)["tools"] == [
        {"name": "weather", "description": "Says how it is", "input_schema": SCHEMA, "eager_input_streaming": True}
    ]


def test_the_input_waits_until_it_is_complete_if_that_is_wanted() -> None:
    late = body(WEATHER, provider_options={"anthropic": {"toolStreaming": False}})
    assert "eager_input_streaming" not in late["tools"][0]


def test_options_of_a_tool_are_sent_with_it() -> None:
    options = {"anthropic": {"cacheControl": {"type": "ephemeral"}, "deferLoading": True, "allowedCallers": ["direct"]}}
    request = build(FunctionTool(name="t", input_schema=SCHEMA, provider_options=options))
    tool = msgspec.json.decode(request.body)["tools"][0]
    assert tool["cache_control"] == {"type": "ephemeral"}
    assert (tool["defer_loading"], tool["allowed_callers"]) == (True, ["direct"])
    assert "advanced-tool-use-2025-11-20" in request.headers["anthropic-beta"]


def test_a_strict_tool_is_strict_where_the_model_can() -> None:
    strict = FunctionTool(name="t", input_schema=SCHEMA, strict=True)
    assert body(strict)["tools"][0]["strict"] is True
    lax = build(strict, model="claude-3-haiku-20240307")
    assert "strict" not in msgspec.json.decode(lax.body)["tools"][0]
    assert len(lax.warnings) == 1


@pytest.mark.parametrize(
    ("id", "args", "sent", "beta"),
    [
        (
            "web_search_20250305",
            {"maxUses": 3, "userLocation": {"type": "approximate", "city": "Rome"}},
            {"name": "web_search", "max_uses": 3, "user_location": {"type": "approximate", "city": "Rome"}},
            None,
        ),
        (
            "web_fetch_20250910",
            {"allowedDomains": ["x.org"], "maxContentTokens": 100, "citations": {"enabled": True}},
            {
                "name": "web_fetch",
                "allowed_domains": ["x.org"],
                "max_content_tokens": 100,
                "citations": {"enabled": True},
            },
            "web-fetch-2025-09-10",
        ),
        ("code_execution_20250825", {}, {"name": "code_execution"}, "code-execution-2025-08-25"),
        (
            "text_editor_20250728",
            {"maxCharacters": 9},
            {"name": "str_replace_based_edit_tool", "max_characters": 9},
            None,
        ),
        (
            "tool_search_bm25_20251119",
            {},
            {"name": "tool_search_tool_bm25", "type": "tool_search_tool_bm25_20251119"},
            None,
        ),
    ],
)
def test_tools_of_anthropics_own_go_by_anthropics_names(
    id: str, args: dict[str, Any], sent: dict[str, Any], beta: str | None
) -> None:
    request = build(ProviderTool(id=f"anthropic.{id}", name="mine", args=args))
    assert msgspec.json.decode(request.body)["tools"] == [{"type": id, **sent}]
    assert request.headers.get("anthropic-beta") == beta


@pytest.mark.parametrize("id", ["openai.web_search", "anthropic.time_travel_20300101"])
def test_a_tool_that_anthropic_does_not_have_is_left_out_with_a_warning(id: str) -> None:
    request = build(WEATHER, ProviderTool(id=id, name="x"))
    assert len(msgspec.json.decode(request.body)["tools"]) == 1
    assert len(request.warnings) == 1


@pytest.mark.parametrize(
    ("choice", "one_at_a_time", "sent"),
    [
        (None, None, None),
        (None, False, None),
        (None, True, {"type": "auto", "disable_parallel_tool_use": True}),
        ("auto", None, {"type": "auto"}),
        ("none", True, {"type": "none"}),
        ("required", False, {"type": "any", "disable_parallel_tool_use": False}),
        (ToolNamed("weather"), True, {"type": "tool", "name": "weather", "disable_parallel_tool_use": True}),
    ],
)
def test_the_choice_of_tools_is_sent(
    choice: ToolChoice | None, one_at_a_time: bool | None, sent: dict[str, Any] | None
) -> None:
    options = {} if one_at_a_time is None else {"anthropic": {"disableParallelToolUse": one_at_a_time}}
    assert body(WEATHER, tool_choice=choice, provider_options=options).get("tool_choice") == sent


def test_without_tools_there_is_no_choice() -> None:
    sent = body(tool_choice="required")
    assert "tools" not in sent
    assert "tool_choice" not in sent


def test_where_a_call_cannot_be_forced_only_the_wanted_tool_is_there() -> None:
    other = FunctionTool(name="other", input_schema=SCHEMA)
    server = {"type": "url", "name": "docs", "url": "https://mcp.example"}
    request = build(
        WEATHER,
        other,
        tool_choice=ToolNamed("weather"),
        provider_options={"anthropic": {"thinking": {"type": "enabled", "budgetTokens": 2000}, "mcpServers": [server]}},
    )
    sent = msgspec.json.decode(request.body)
    assert [tool["name"] for tool in sent["tools"]] == ["weather"]
    assert sent["tool_choice"] == {"type": "auto"}
    assert sent["mcp_servers"][0]["tool_configuration"] == {"enabled": False}
    assert len(request.warnings) == 1


def test_a_model_that_cannot_be_forced_is_asked() -> None:
    assert body(WEATHER, tool_choice="required", model="claude-opus-5-5")["tool_choice"] == {"type": "auto"}
