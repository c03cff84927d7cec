from typing import Any

import msgspec
import pytest

from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.prompt import UserMessage
from edgechat.model.types import ModelCall, ModelRequest

NOW = "claude-sonnet-4-6"
BY_BUDGET = "claude-sonnet-4-5"
ALWAYS_THINKS = "claude-opus-5-5"
BETWEEN_TOOLS = "claude-sonnet-5-5"


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
    assert body("some-other-model", temperature=0.5, top_p=0.9)["top_p"] == 0.9


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
        (ALWAYS_THINKS, {"type": "disabled"}, None, None, None),
        (BETWEEN_TOOLS, {"type": "disabled"}, None, {"type": "between_tools"}, None),
        (BETWEEN_TOOLS, {"type": "between_tools"}, "max", {"type": "between_tools"}, "high"),
        (ALWAYS_THINKS, {"type": "enabled", "budgetTokens": 2000}, None, {"type": "adaptive"}, None),
        ("claude-opus-5", {"type": "disabled"}, "xhigh", {"type": "disabled"}, "high"),
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
        (BETWEEN_TOOLS, "none", {"type": "between_tools"}, None),
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


def test_the_other_options_are_sent_in_the_words_of_the_api() -> None:
    sent = body(
        NOW,
        {
            "cacheControl": {"type": "ephemeral", "ttl": "1h"},
            "metadata": {"userId": "u"},
            "container": {"id": "c"},
            "taskBudget": {"type": "tokens", "total": 30_000},
            "speed": "fast",
            "serviceTier": "auto",
            "inferenceGeo": "us",
            "fallbacks": [{"model": "m", "output_config": {"format": {"schema": {"additionalProperties": False}}}}],
            "contextManagement": {"edits": [{"type": "clear_tool_uses_20250919", "clearAtLeast": {"value": 1}}]},
        },
    )
    assert sent["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    assert sent["metadata"] == {"user_id": "u"}
    assert sent["container"] == "c"
    assert sent["output_config"] == {"task_budget": {"type": "tokens", "total": 30_000}}
    assert (sent["speed"], sent["service_tier"], sent["inference_geo"]) == ("fast", "auto", "us")
    assert sent["fallbacks"][0]["output_config"]["format"]["schema"] == {"additionalProperties": False}
    assert sent["context_management"] == {
        "edits": [{"type": "clear_tool_uses_20250919", "clear_at_least": {"value": 1}}]
    }


@pytest.mark.parametrize(
    ("options", "betas"),
    [
        ({"compaction": {"type": "summarize"}}, "compact-2026-09-04"),
        (
            {"contextManagement": {"edits": [{"type": "compact_20260112"}]}},
            "context-management-2025-06-27,compact-2026-01-12",
        ),
        ({"speed": "fast"}, "fast-mode-2026-02-01"),
        ({"thinking": {"type": "adaptive", "display": "updates"}}, "thinking-display-updates-2026-08-18"),
        ({"fallbacks": "default"}, "server-side-fallback-2026-07-01"),
        ({"fallbacks": [{"model": "m"}]}, "server-side-fallback-2026-06-01"),
    ],
)
def test_options_switch_on_what_they_need(options: dict[str, Any], betas: str) -> None:
    assert build(NOW, options).headers["anthropic-beta"] == betas
