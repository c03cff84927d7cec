from typing import Any

import pytest

from conformance import chat_traces

SENT = {
    "ev": "request",
    "url": "/api/chat",
    "method": "POST",
    "headers": {"content-type": "application/json"},
    "body": {
        "id": "chat1",
        "messages": [{"id": "id-0", "role": "user", "parts": [{"type": "text", "text": "hi"}]}],
        "trigger": "submit-message",
    },
}
FINISH = {"ev": "onFinish", "id": "id-1", "isAbort": False, "isDisconnect": False, "isError": True}
CASE: dict[str, Any] = {
    "options": {},
    "messages": [],
    "actions": [{"call": "sendMessage", "args": [{"text": "hi"}]}],
    "responses": [{"status": 500, "text": "boom"}],
    "log": [
        {"ev": "push", "id": "id-0", "role": "user"},
        {"ev": "status", "v": "submitted"},
        SENT,
        {"ev": "onError", "m": "boom"},
        {"ev": "status", "v": "error"},
        {"ev": "error", "v": "boom"},
        FINISH,
    ],
    "finalMessages": SENT["body"]["messages"],  # type: ignore[index]
    "status": "error",
    "error": "boom",
}


def with_log(*entries: dict[str, Any]) -> dict[str, Any]:
    return CASE | {"log": [*CASE["log"][:-1], *entries]}


def test_a_trace_that_agrees_passes() -> None:
    assert chat_traces.check(CASE) is None


def test_generated_ids_may_be_others() -> None:
    assert chat_traces.check(with_log(FINISH | {"id": "id-7"})) is None
    assert chat_traces.check(with_log(FINISH | {"id": "id-0"})) is not None


def test_each_library_has_its_own_words_for_its_own_errors() -> None:
    malformed = CASE | {"responses": [{"text": "data: {bad\n\n"}], "error": "JSON parsing failed: ..."}
    log = [*CASE["log"][:3], {"ev": "onError", "m": "JSON parsing failed: ..."}, *CASE["log"][4:]]
    log[5] = {"ev": "error", "v": "JSON parsing failed: ..."}
    assert chat_traces.check(malformed | {"log": log}) is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"log": CASE["log"][:-1]}, "$.log"),
        ({"log": [*CASE["log"], FINISH]}, "$.log"),
        ({"status": "ready"}, "$.status"),
        ({"error": "in other words"}, "$.error"),
        ({"finalMessages": []}, "$.finalMessages"),
        ({"log": [*CASE["log"][:2], SENT | {"url": "/"}, *CASE["log"][3:]]}, "$.log[2].url"),
        ({"log": [*CASE["log"][:3], {"ev": "onError", "m": "bang"}, *CASE["log"][4:]]}, "$.log[3].m"),
    ],
)
def test_a_trace_that_differs_is_told(change: dict[str, Any], complaint: str) -> None:
    assert (chat_traces.check(CASE | change) or "").startswith(complaint)
