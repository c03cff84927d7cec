from typing import Any

import pytest

from conformance import fuzz, reducer

CHUNKS = [{"type": "start", "messageId": "n"}, {"type": "text-start", "id": "t"}, {"type": "error", "errorText": "no"}]
FINAL = {"id": "n", "role": "assistant", "parts": [{"type": "text", "text": "", "state": "streaming"}]}
CASE: dict[str, Any] = {
    "init": {"lastMessage": None, "messageId": "m"},
    "chunks": CHUNKS,
    "writes": [{"id": "n", "role": "assistant", "parts": []}, FINAL],
    "errors": ["no"],
    "data": [],
    "toolCalls": [],
    "final": FINAL,
    "finishReason": None,
}
WRONG = {"type": "text-end", "id": "u"}
THROWN = {"name": "AI_UIMessageStreamError", "message": "worded otherwise"}


def test_a_case_that_agrees_passes() -> None:
    assert reducer.check(CASE) is None
    assert fuzz.check(CASE | {"lastMessage": None, "writes": 2}) is None
    assert reducer.check(CASE | {"chunks": [*CHUNKS, WRONG], "thrown": THROWN}) is None


def test_only_an_assistant_message_goes_on() -> None:
    last = {"id": "l", "role": "user", "parts": [{"type": "text", "text": "a"}]}
    assert reducer.check(CASE | {"init": {"lastMessage": last, "messageId": "m"}}) is None
    last["role"] = "assistant"
    assert reducer.check(CASE | {"init": {"lastMessage": last, "messageId": "m"}}) is not None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"writes": [FINAL]}, "$.writes[0].parts"),
        ({"errors": []}, "$.errors"),
        ({"data": [1]}, "$.data"),
        ({"toolCalls": [1]}, "$.toolCalls"),
        ({"final": FINAL | {"id": "m"}}, "$.final.id"),
        ({"finishReason": "stop"}, "$.finishReason"),
        ({"thrown": THROWN}, "$.thrown"),
        ({"chunks": [*CHUNKS, WRONG]}, "$.thrown"),
    ],
)
def test_a_case_that_differs_is_told(change: dict[str, Any], complaint: str) -> None:
    assert (reducer.check(CASE | change) or "").startswith(complaint)
    assert (fuzz.check(CASE | {"lastMessage": None, "writes": 3}) or "").startswith("$.writes")
