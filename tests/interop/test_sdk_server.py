"""`Chat` against a server made with the unmodified npm `ai` 7.0.173. (In a browser: `e2e/test_own_pages.py`.)"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sdk_server import HERE, sdk_server

MASKED = "Something went wrong."
SLOW_TEXT = "".join(f"w{number} " for number in range(100))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with sdk_server(tmp_path_factory.mktemp("nothing")) as url:
        command: list[str | Path] = [sys.executable, HERE / "conversations.py", url]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        yield json.loads(done.stdout)


@pytest.fixture
def seen(printed: Any) -> Any:
    """What `Chat` made of each script."""
    return printed["chats"]


def parts(seen: Any, name: str) -> Any:
    return seen[name]["messages"][-1]["parts"]


def states(seen: Any, name: str) -> list[tuple[str, str | None]]:
    return [(part["type"], part.get("state")) for part in parts(seen, name)]


def finish(seen: Any, name: str) -> dict[str, Any]:
    names = ("is_abort", "is_disconnect", "is_error", "finish_reason")
    return dict(zip(names, seen[name]["finishes"][-1], strict=True))


def test_text_arrives_to_the_letter_with_its_metadata(seen: Any) -> None:
    answer = seen["text"]["messages"][-1]
    assert answer["id"] == "answer-1"
    assert answer["parts"][1] == {
        "type": "text",
        "text": "Zürich ist schön. 日本語 🎉\n\u2028 end",
        "state": "done",
    }
    assert answer["metadata"] == {"model": "fake", "tokens": 5}
    assert seen["text"]["statuses"] == ["submitted", "streaming", "ready"]
    assert finish(seen, "text") == {
        "is_abort": False,
        "is_disconnect": False,
        "is_error": False,
        "finish_reason": "stop",
    }


def test_a_view_that_patches_what_it_is_told_is_right(seen: Any) -> None:
    assert [name for name, of in seen.items() if not of["isShown"]] == []


def test_reasoning_is_a_part_of_its_own(seen: Any) -> None:
    assert states(seen, "reasoning") == [("step-start", None), ("reasoning", "done"), ("text", "done")]
    assert parts(seen, "reasoning")[1]["providerMetadata"] == {"fake": {"signature": "s"}}


def test_tools_run_fail_and_are_refused(seen: Any) -> None:
    assert states(seen, "tools") == [
        ("step-start", None),
        ("text", "done"),
        ("tool-weather", "output-available"),
        ("tool-broken", "output-error"),
        ("tool-weather", "output-error"),
        ("step-start", None),
        ("text", "done"),
    ]
    _, _, rain, broken, invalid, *_ = parts(seen, "tools")
    assert rain["output"] == {"city": "Oslo", "sky": "rain"}
    assert broken["errorText"] == MASKED
    assert invalid["input"] == {"town": 1}


@pytest.mark.parametrize(("name", "state"), [("approved", "output-available"), ("denied", "output-denied")])
def test_an_approval_is_answered_and_sent(seen: Any, name: str, state: str) -> None:
    assert states(seen, name) == [("step-start", None), ("tool-pay", state), ("step-start", None), ("text", "done")]
    assert parts(seen, name)[1]["approval"]["approved"] is (name == "approved")
    assert parts(seen, name)[1].get("output") == ("Paid 5." if name == "approved" else None)
    assert seen[name]["statuses"] == ["submitted", "streaming", "ready"] * 2


def test_a_tool_of_the_client_gives_its_output(seen: Any) -> None:
    tool, text = parts(seen, "client-tool")[1], parts(seen, "client-tool")[-1]
    assert (tool["state"], tool["output"]) == ("output-available", {"city": "Oslo"})
    assert text["text"] == "In Oslo."


def test_data_parts_are_replaced_by_id_and_transient_ones_only_told(seen: Any) -> None:
    kept = [part for part in parts(seen, "data") if part["type"].startswith("data-")]
    assert kept == [{"type": "data-status", "data": {"step": 2}, "id": "s"}]
    assert [part["type"] for part in seen["data"]["data"]] == ["data-status", "data-hint", "data-status"]
    assert [kind for kind, _ in states(seen, "data")][1:3] == ["source-url", "file"]


def test_an_error_in_the_middle_keeps_the_text(seen: Any) -> None:
    assert parts(seen, "error")[1] == {"type": "text", "text": "So", "state": "done"}
    assert (seen["error"]["status"], seen["error"]["error"]) == ("error", MASKED)
    assert finish(seen, "error")["is_error"]


def test_a_refused_request_is_an_error_without_an_answer(seen: Any) -> None:
    assert (seen["refused"]["status"], seen["refused"]["error"]) == ("error", "Come back tomorrow.")
    assert len(seen["refused"]["messages"]) == 1


def test_an_answer_that_the_server_aborts_is_told_as_such(seen: Any) -> None:
    assert parts(seen, "abort")[1] == {"type": "text", "text": "So far", "state": "done"}
    assert (seen["abort"]["status"], finish(seen, "abort")["is_abort"]) == ("ready", True)


def test_one_can_stop(seen: Any) -> None:
    assert parts(seen, "stopped")[1] == {"type": "text", "text": "So far", "state": "done"}
    assert (seen["stopped"]["status"], finish(seen, "stopped")["is_abort"]) == ("ready", True)


@pytest.mark.parametrize("name", ["resumed", "drop"])
def test_an_answer_goes_on_in_a_new_page_and_after_a_lost_connection(seen: Any, name: str) -> None:
    assert [message["role"] for message in seen[name]["messages"]] == ["user", "assistant"]
    assert parts(seen, name) == [{"type": "step-start"}, {"type": "text", "text": SLOW_TEXT, "state": "done"}]
    assert (seen[name]["status"], finish(seen, name)["finish_reason"]) == ("ready", "stop")


def test_where_nothing_is_to_be_resumed_nothing_happens(seen: Any) -> None:
    assert (seen["nothing to resume"]["statuses"], seen["nothing to resume"]["finishes"]) == ([], [])


def test_plain_text_is_an_answer_too(seen: Any) -> None:
    assert parts(seen, "plain text") == [
        {"type": "step-start"},
        {"type": "text", "text": "All of it.", "state": "done"},
    ]


def test_completions_and_objects(printed: Any) -> None:
    assert printed["texts"] == {
        "completion": "Is it? Yes.",
        "plain completion": "All of it.",
        "object": {"city": "Oslo", "sky": "rain"},
    }


def test_one_can_ask_again_and_edit(seen: Any) -> None:
    question, answer = seen["again"]["messages"]
    assert (question["id"], question["parts"][0]["text"]) == ("id-1", "Edited")
    assert answer == seen["text"]["messages"][-1]
