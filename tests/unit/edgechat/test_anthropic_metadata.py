"""What the end of an answer says of it."""

from typing import Any

import msgspec
import pytest

from edgechat.errors import APICallError
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.parts import Finish
from edgechat.model.types import ModelCall

type JSON = dict[str, Any]


def finish(message: JSON, *changes: JSON) -> Finish:
    decoder = AnthropicMessages("claude-sonnet-4-5", api_key="k").decoder(ModelCall(messages=[]), {})
    start = {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 10}, **message}}
    deltas = [{"type": "message_delta", "delta": {}, "usage": {"output_tokens": 5}, **change} for change in changes]
    events = [start, *deltas, {"type": "message_stop"}]
    parts = [part for event in events for part in decoder.feed(b"data: %b\n\n" % msgspec.json.encode(event))]
    assert isinstance(parts[-1], Finish)
    return parts[-1]


def metadata(message: JSON, *changes: JSON) -> JSON:
    provider_metadata = finish(message, *changes).provider_metadata
    assert provider_metadata
    return provider_metadata["anthropic"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("pause_turn", "stop"),
        ("tool_use", "tool-calls"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content-filter"),
        ("compaction", "other"),
        ("something_new", "other"),
        (None, "other"),
    ],
)
def test_the_reason_of_the_end(raw: str | None, reason: str) -> None:
    end = finish({}, {"delta": {"stop_reason": raw}})
    assert (end.finish_reason, end.raw_finish_reason) == (reason, raw)


def test_a_message_may_say_why_it_ends_when_it_begins() -> None:
    assert finish({"stop_reason": "refusal"}).finish_reason == "content-filter"


def test_what_is_always_there() -> None:
    assert metadata({}, {}) == {
        "usage": {"input_tokens": 10, "output_tokens": 5},
        "stopSequence": None,
        "iterations": None,
        "container": None,
        "contextManagement": None,
    }


def test_what_is_there_if_anthropic_says_it() -> None:
    told = metadata(
        {"service_tier": "batch", "input_transformations": [{"type": "t", "path": "p", "reason": "r"}]},
        {
            "delta": {
                "stop_reason": "refusal",
                "stop_sequence": "END",
                "stop_details": {"type": "refusal", "category": "cyber", "recommended_model": "m"},
                "safeguard_results": [{"type": "s", "status": {"type": "done", "tool_uses": {"c1": {"type": "safe"}}}}],
                "container": {
                    "id": "c",
                    "expires_at": "2025",
                    "skills": [{"type": "custom", "skill_id": "s", "version": "1"}],
                },
            },
            "context_management": {
                "applied_edits": [
                    {"type": "clear_tool_uses_20250919", "cleared_tool_uses": 1, "cleared_input_tokens": 2},
                    {"type": "compact_20260112"},
                ]
            },
        },
    )
    assert told["serviceTier"] == "batch"
    assert told["inputTransformations"] == [{"type": "t", "path": "p", "reason": "r"}]
    assert told["stopSequence"] == "END"
    assert told["stopDetails"] == {"type": "refusal", "category": "cyber", "recommendedModel": "m"}
    assert told["safeguardResults"] == [
        {"type": "s", "status": {"type": "done", "tool_uses": {"c1": {"type": "safe"}}}}
    ]
    assert told["container"] == {
        "id": "c",
        "expiresAt": "2025",
        "skills": [{"type": "custom", "skillId": "s", "version": "1"}],
    }
    assert told["contextManagement"] == {
        "appliedEdits": [
            {"type": "clear_tool_uses_20250919", "clearedToolUses": 1, "clearedInputTokens": 2},
            {"type": "compact_20260112"},
        ]
    }


def test_counts_that_cannot_be_read_are_an_error() -> None:
    decoder = AnthropicMessages("claude-sonnet-4-5", api_key="k").decoder(ModelCall(messages=[]), {})
    with pytest.raises(APICallError):
        decoder.feed(b'data: {"type":"message_start","message":{"usage":{"input_tokens":"many"}}}\n\n')


def test_a_container_lasts_until_the_next_change() -> None:
    container = {"container": {"id": "c", "expires_at": "2025"}}
    assert metadata(container)["container"] == {"id": "c", "expiresAt": "2025", "skills": None}
    assert metadata(container, {})["container"] is None


def test_later_counts_replace_earlier_ones_and_all_are_reported() -> None:
    usage = finish(
        {"usage": {"input_tokens": 10, "cache_creation_input_tokens": 4, "extra": {"a": 1}}},
        {"usage": {"input_tokens": 12, "output_tokens": 5, "service_tier": "standard"}},
        {"usage": {"output_tokens": 6, "cache_creation_input_tokens": 4}},
        {"usage": {"output_tokens": 7, "cache_read_input_tokens": 2, "output_tokens_details": {"thinking_tokens": 3}}},
    ).usage
    assert (usage.input_tokens, usage.no_cache_tokens, usage.cache_write_tokens, usage.cache_read_tokens) == (
        18,
        12,
        4,
        2,
    )
    assert (usage.output_tokens, usage.text_tokens, usage.reasoning_tokens) == (7, 4, 3)
    assert usage.raw == {
        "input_tokens": 12,
        "cache_creation_input_tokens": 4,
        "extra": {"a": 1},
        "output_tokens": 7,
        "service_tier": "standard",
        "cache_read_input_tokens": 2,
        "output_tokens_details": {"thinking_tokens": 3},
    }


@pytest.mark.parametrize(
    ("kinds", "tokens"),
    [
        (["message", "compaction"], (30, 6)),
        (["message", "advisor_message"], (15, 3)),
        (["advisor_message"], (10, 5)),
        (["message", "fallback_message"], (10, 5)),
        ([], (10, 5)),
    ],
)
def test_samplings_of_the_same_model_are_added_up(kinds: list[str], tokens: tuple[int, int]) -> None:
    iterations = [
        {"type": kind, "input_tokens": 15, "output_tokens": 3, "cache_read_input_tokens": 0} for kind in kinds
    ]
    end = finish({}, {"usage": {"output_tokens": 5, "iterations": iterations}})
    assert (end.usage.input_tokens, end.usage.output_tokens) == tokens
    assert end.provider_metadata
    assert end.provider_metadata["anthropic"]["iterations"] == [
        {"type": kind, "inputTokens": 15, "outputTokens": 3} for kind in kinds
    ]


def test_a_sampling_says_which_model_it_was_and_what_was_cached() -> None:
    iteration = {"type": "message", "model": "m", "input_tokens": 1, "output_tokens": 2, "cache_read_input_tokens": 3}
    told = metadata({}, {"usage": {"output_tokens": 5, "iterations": [iteration]}})
    assert told["iterations"] == [
        {"type": "message", "model": "m", "inputTokens": 1, "outputTokens": 2, "cacheReadInputTokens": 3}
    ]
