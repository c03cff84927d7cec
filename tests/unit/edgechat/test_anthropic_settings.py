from typing import Any

import msgspec
import pytest

from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.prompt import UserMessage
from edgechat.model.types import FunctionTool, ModelCall, ModelRequest, ProviderTool, ToolChoice, ToolNamed

NOW = "claude-sonnet-4-6"
BY_BUDGET = "claude-sonnet-4-5"
ALWAYS_THINKS = "claude-opus-5-5"

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = FunctionTool(name="weather", description="Says how it is", input_schema=SCHEMA)


def build(model: str, options: dict[str, Any] | None = None, **call: Any) -> ModelRequest:
    provider_options = {"anthropic": options} if options else {}
    request = ModelCall(messages=[UserMessage("Hi")], provider_options=provider_options, **call)
    return AnthropicMessages(model, api_key="k").build(request)


def body(model: str, options: dict[str, Any] | None = None, **call: Any) -> Any:
    return msgspec.json.decode(build(model, options, **call).body)


@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("claude-sonnet-5", 128_000),
        ("claude-haiku-4-5-20251001", 64_000),
        ("claude-opus-4-1", 32_000),
        ("claude-sonnet-4-20250514", 64_000),
        ("claude-opus-4-20250514", 32_000),
        ("claude-3-haiku-20240307", 4096),
        ("claude-2.1", 4096),
        ("claude-of-the-future", 128_000),
        ("some-other-model", 4096),
    ],
)
def test_a_model_may_write_as_much_as_it_can(model: str, tokens: int) -> None:
    assert body(model)["max_tokens"] == tokens


def test_more_tokens_than_a_known_model_has_are_cut_with_a_warning() -> None:
    assert body("claude-3-haiku-20240307", max_output_tokens=10_000)["max_tokens"] == 4096
    assert len(build("claude-3-haiku-20240307", max_output_tokens=10_000).warnings) == 1
    assert body("some-other-model", max_output_tokens=10_000)["max_tokens"] == 10_000


def test_the_limit_of_an_unknown_model_is_told() -> None:
    assert "4096" in build("some-other-model").warnings[0]


def test_sampling_and_stop_sequences_are_sent() -> None:
    sent = body(NOW, temperature=0.5, top_k=3, stop_sequences=["END"])
    assert (sent["temperature"], sent["top_k"], sent["stop_sequences"]) == (0.5, 3, ["END"])


@pytest.mark.parametrize(("temperature", "sent"), [(1.5, 1), (-1, 0)])
def test_the_temperature_is_brought_into_range(temperature: float, sent: float) -> None:
    assert body(NOW, temperature=temperature)["temperature"] == sent
    assert len(build(NOW, temperature=temperature).warnings) == 1


def test_temperature_wins_over_top_p() -> None:
    sent = body(NOW, temperature=0.5, top_p=0.9)
    assert "top_p" not in sent


@pytest.mark.parametrize("setting", [{"temperature": 0.5}, {"top_p": 0.9}, {"top_k": 3}])
def test_there_is_no_sampling_where_the_model_does_not_allow_it_or_thinks(setting: dict[str, Any]) -> None:
    thinking = {"thinking": {"type": "enabled", "budgetTokens": 2000}}
    for request in (build("claude-opus-5", **setting), build(NOW, thinking, **setting)):
        assert not setting.keys() & msgspec.json.decode(request.body).keys()
        assert len(request.warnings) == 1


@pytest.mark.parametrize("setting", [{"seed": 1}, {"presence_penalty": 0.5}, {"frequency_penalty": 0.5}])
def test_what_anthropic_does_not_know_is_not_sent(setting: dict[str, Any]) -> None:
    request = build(NOW, **setting)
    assert not setting.keys() & msgspec.json.decode(request.body).keys()
    assert len(request.warnings) == 1


def test_the_budget_of_thinking_comes_on_top_of_the_answer() -> None:
    sent = body(BY_BUDGET, {"thinking": {"type": "enabled", "budgetTokens": 2000}}, max_output_tokens=1000)
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert sent["max_tokens"] == 3000


def test_options_may_be_spelt_in_snake_case() -> None:
    sent = body(BY_BUDGET, {"thinking": {"type": "enabled", "budget_tokens": 2000}})
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": 2000}


def test_thinking_without_a_budget_gets_the_least() -> None:
    request = build(BY_BUDGET, {"thinking": {"type": "enabled"}})
    assert msgspec.json.decode(request.body)["thinking"] == {"type": "enabled", "budget_tokens": 1024}
    assert len(request.warnings) == 1


def test_disabled_thinking_is_said_since_some_models_think_by_themselves() -> None:
    assert body(NOW, {"thinking": {"type": "disabled"}})["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize(
    ("model", "thinking", "effort", "sent", "sent_effort"),
    [
        (ALWAYS_THINKS, {"type": "disabled"}, None, None, "low"),
        (ALWAYS_THINKS, {"type": "disabled"}, "high", None, "high"),
        (ALWAYS_THINKS, {"type": "enabled", "budgetTokens": 2000}, None, {"type": "adaptive"}, None),
    ],
)
def test_thinking_comes_as_near_to_what_is_wanted_as_the_model_can(
    model: str, thinking: dict[str, Any], effort: str | None, sent: dict[str, Any] | None, sent_effort: str | None
) -> None:
    request = build(model, {"thinking": thinking, **({"effort": effort} if effort else {})})
    actual = msgspec.json.decode(request.body)
    assert actual.get("thinking") == sent
    assert actual.get("output_config", {}).get("effort") == sent_effort
    assert len(request.warnings) == 1


@pytest.mark.parametrize(
    ("model", "reasoning", "thinking", "effort"),
    [
        (NOW, "none", {"type": "disabled"}, None),
        (NOW, "low", {"type": "adaptive", "display": "summarized"}, "low"),
        (NOW, "xhigh", {"type": "adaptive", "display": "summarized"}, "high"),
        (NOW, "minimal", {"type": "adaptive", "display": "summarized"}, "low"),
        ("claude-opus-5", "xhigh", {"type": "adaptive", "display": "summarized"}, "xhigh"),
        (ALWAYS_THINKS, "none", None, "low"),
        (BY_BUDGET, "medium", {"type": "enabled", "budget_tokens": 19_200}, None),
        ("claude-3-haiku-20240307", "minimal", {"type": "enabled", "budget_tokens": 1024}, None),
    ],
)
def test_reasoning_becomes_thinking_and_effort(
    model: str, reasoning: str, thinking: dict[str, Any] | None, effort: str | None
) -> None:
    sent = body(model, reasoning=reasoning)
    assert sent.get("thinking") == thinking
    assert sent.get("output_config", {}).get("effort") == effort


def test_options_win_over_reasoning() -> None:
    sent = body(NOW, {"effort": "max"}, reasoning="low")
    assert sent["output_config"] == {"effort": "max"}
    assert "thinking" not in sent
    sent = body(NOW, {"thinking": {"type": "adaptive"}}, reasoning="low")
    assert (sent["thinking"], sent["output_config"]) == ({"type": "adaptive"}, {"effort": "low"})


def test_the_other_options_are_fields_of_the_request() -> None:
    context = {"edits": [{"type": "clear_tool_uses_20250919", "clearAtLeast": {"value": 1}}]}
    request = build(NOW, {"metadata": {"userId": "u"}, "contextManagement": context, "anthropicBeta": ["another"]})
    sent = msgspec.json.decode(request.body)
    assert sent["metadata"] == {"user_id": "u"}
    assert sent["context_management"] == {
        "edits": [{"type": "clear_tool_uses_20250919", "clear_at_least": {"value": 1}}]
    }
    assert request.headers["anthropic-beta"] == "context-management-2025-06-27,another"


def test_options_do_not_replace_what_the_call_says() -> None:
    assert body(NOW, {"model": "other", "messages": []})["model"] == NOW


def build_tools(*tools: FunctionTool | ProviderTool, model: str = "claude-sonnet-4-5", **call: Any) -> ModelRequest:
    request = ModelCall(messages=[UserMessage("Hi")], tools=[*tools], **call)
    return AnthropicMessages(model, api_key="k").build(request)


def tools_body(*tools: FunctionTool | ProviderTool, model: str = "claude-sonnet-4-5", **call: Any) -> Any:
    return msgspec.json.decode(build_tools(*tools, model=model, **call).body)


def test_a_tool_is_described_and_its_input_streams_as_it_is_written() -> None:
    assert tools_body(WEATHER)["tools"] == [
        {"name": "weather", "description": "Says how it is", "input_schema": SCHEMA, "eager_input_streaming": True}
    ]


def test_the_input_waits_until_it_is_complete_if_that_is_wanted() -> None:
    late = msgspec.structs.replace(WEATHER, provider_options={"anthropic": {"eagerInputStreaming": False}})
    assert tools_body(late)["tools"][0]["eager_input_streaming"] is False


def test_options_of_a_tool_are_sent_with_it() -> None:
    options = {"anthropic": {"cacheControl": {"type": "ephemeral"}, "deferLoading": True, "allowedCallers": ["direct"]}}
    request = build_tools(FunctionTool(name="t", input_schema=SCHEMA, provider_options=options))
    tool = msgspec.json.decode(request.body)["tools"][0]
    assert tool["cache_control"] == {"type": "ephemeral"}
    assert (tool["defer_loading"], tool["allowed_callers"]) == (True, ["direct"])


def test_a_strict_tool_is_strict_where_the_model_can() -> None:
    strict = FunctionTool(name="t", input_schema=SCHEMA, strict=True)
    assert tools_body(strict)["tools"][0]["strict"] is True
    lax = build_tools(strict, model="claude-3-haiku-20240307")
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
    ],
)
def test_tools_of_anthropics_own_go_by_anthropics_names(
    id: str, args: dict[str, Any], sent: dict[str, Any], beta: str | None
) -> None:
    request = build_tools(ProviderTool(id=f"anthropic.{id}", name="mine", args=args))
    assert msgspec.json.decode(request.body)["tools"] == [{"type": id, **sent}]
    assert request.headers.get("anthropic-beta") == beta


def test_a_tool_that_anthropic_does_not_have_is_left_out_with_a_warning() -> None:
    request = build_tools(WEATHER, ProviderTool(id="openai.web_search", name="x"))
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
    assert tools_body(WEATHER, tool_choice=choice, provider_options=options).get("tool_choice") == sent


def test_without_tools_there_is_no_choice() -> None:
    sent = tools_body(tool_choice="required")
    assert "tools" not in sent
    assert "tool_choice" not in sent


def test_a_model_that_cannot_be_forced_is_asked() -> None:
    assert tools_body(WEATHER, tool_choice="required", model="claude-opus-5-5")["tool_choice"] == {"type": "auto"}


def test_nor_can_one_that_thinks_by_a_budget() -> None:
    options = {"anthropic": {"thinking": {"type": "enabled", "budgetTokens": 2000}}}
    request = build_tools(WEATHER, tool_choice=ToolNamed("weather"), provider_options=options)
    assert msgspec.json.decode(request.body)["tool_choice"] == {"type": "auto"}
    assert len(request.warnings) == 1
