import json
from typing import Any

import pytest

from conformance import provider

START = {"type": "stream-start", "warnings": []}
NO_USAGE = {"inputTokens": {"total": 0}, "outputTokens": {"total": 0}, "raw": {"totalTokens": 0}}
NATIVE = 'data: {"response":"Hi"}\n\ndata: [DONE]\n\n'
TEXT: list[Any] = [
    START,
    {"type": "text-start", "id": "random"},
    {"type": "text-delta", "id": "random", "delta": "Hi"},
    {"type": "text-end", "id": "random"},
]


def finish(unified: str, raw: str) -> dict[str, Any]:
    return {"type": "finish", "finishReason": {"unified": unified, "raw": raw}, "usage": NO_USAGE}


def case(kind: str, sse: str, parts: list[Any]) -> dict[str, Any]:
    return {"kind": kind, "sse": sse, "tools": ["f"], "parts": parts}


def events(*values: object) -> str:
    return "".join(f"data: {json.dumps(value)}\n\n" for value in values) + "data: [DONE]\n\n"


def call(name: str, input: str, id: str) -> list[Any]:
    return [
        {"type": "tool-input-start", "id": id, "toolName": name},
        {"type": "tool-input-delta", "id": id, "delta": input},
        {"type": "tool-input-end", "id": id},
        {"type": "tool-call", "toolCallId": id, "toolName": name, "input": input},
    ]


def test_a_case_that_agrees_passes_whatever_its_random_ids() -> None:
    assert provider.check_parts(case("workers-native", NATIVE, [*TEXT, finish("stop", "stop")]), 7) is None


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ([*TEXT, finish("length", "length")], "$[4].finishReason"),
        ([*TEXT[:2], *TEXT[3:], finish("stop", "stop")], "$[2]"),
        ([*TEXT[:3], {"type": "text-end", "id": "other"}, finish("stop", "stop")], "$[3].id"),
    ],
)
def test_a_case_that_differs_is_told(parts: list[Any], complaint: str) -> None:
    assert (provider.check_parts(case("workers-native", NATIVE, parts), 7) or "").startswith(complaint)


def test_a_rejected_call_is_an_error_that_is_raised() -> None:
    sse = events({"error": {"message": "busy"}})
    rejected = {"kind": "openai-chat", "sse": sse, "tools": [], "partsError": {"__error": "AI_APICallError"}}
    assert provider.check_parts(rejected, 7) is None
    assert provider.check_parts(case("openai-chat", sse, [START]), 7) is not None


TOOL_0 = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
TOOL_1 = {"index": 1, "id": "b", "function": {"name": "g", "arguments": "{}"}}
TOOL_0_LATE = {"index": 0, "function": {"arguments": "late"}}

DEVIATIONS = {
    "nothing at all is an answer that was cut off, not a complete one": case(
        "workers-native", "", [START, finish("stop", "stop")]
    ),
    "what the content filter of a model stopped did not end by itself": case(
        "workers-openai",
        events({"response": "Hi", "finish_reason": "content_filter"}),
        [*TEXT, finish("stop", "content_filter")],
    ),
    "native tool calls have no index: two of them are not one": case(
        "workers-native",
        events({"tool_calls": [{"name": "f", "arguments": {}}, {"name": "g", "arguments": {}}]}),
        [
            START,
            {"type": "tool-input-start", "id": "x", "toolName": "f"},
            {"type": "tool-input-delta", "id": "x", "delta": "{}"},
            {"type": "tool-input-delta", "id": "x", "delta": "{}"},
            {"type": "tool-input-end", "id": "x"},
            {"type": "tool-call", "toolCallId": "x", "toolName": "f", "input": "{}{}"},
            finish("stop", "stop"),
        ],
    ),
    "a tool call that is complete does not go on: its tool may run already": case(
        "workers-openai",
        events(*({"choices": [{"delta": {"tool_calls": [tool]}}]} for tool in (TOOL_0, TOOL_1, TOOL_0_LATE))),
        [
            START,
            *call("f", "{}", "a::cf-wai-tool-call::1"),
            *call("g", "{}", "b::cf-wai-tool-call::2")[:2],
            {"type": "tool-input-delta", "id": "a::cf-wai-tool-call::1", "delta": "late"},
            *call("g", "{}", "b::cf-wai-tool-call::2")[2:],
            finish("stop", "stop"),
        ],
    ),
    "an error in the stream is not overlooked": case(
        "workers-native", events({"response": "Hi"}, {"error": "3040: busy"}), [*TEXT, finish("stop", "stop")]
    ),
    "a response that is no text is JSON, not [object Object]": case(
        "workers-native",
        events({"response": {"a": 1}}),
        [*TEXT[:2], TEXT[2] | {"delta": "[object Object]"}, TEXT[3], finish("stop", "stop")],
    ),
    "an error that is null is no error": case(
        "compat",
        events({"choices": [{"delta": {}, "finish_reason": "stop"}], "error": None}),
        [
            START,
            {"type": "error", "error": None},
            {
                "type": "finish",
                "finishReason": {"unified": "error"},
                "usage": {"inputTokens": {}, "outputTokens": {}},
                "providerMetadata": {"p": {}},
            },
        ],
    ),
}
"""Where edgechat differs from the reference, and why. Each case is what the reference makes of it."""


@pytest.mark.parametrize("reason", DEVIATIONS)
def test_a_known_deviation_still_is_one(reason: str) -> None:
    assert provider.check_parts(DEVIATIONS[reason], 1 << 30) is not None
