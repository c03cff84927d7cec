"""Servers made with edgechat, as the unmodified client of npm `ai` 7.0.173 sees them: on ASGI and in a Worker."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from live import ROOT, Pop, free_port

from pop.project import node

HERE = Path(__file__).parent
MASKED = "Something went wrong. Please try again."


def asgi_server() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--app-dir", "src", "--log-level", "warning", "--port", str(port)]
    with subprocess.Popen([*command, "asgi:app"], cwd=HERE / "scripted") as server:
        url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx.get(url)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield url
        server.terminate()


def worker(state: Path) -> Iterator[str]:
    pop = Pop(HERE / "scripted" / "wrangler.toml", state)
    pop.wait_for("Ready on")
    yield pop.url
    pop.stop()


@pytest.fixture(scope="module", params=["asgi", "worker"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What the client made of each script."""
    server = asgi_server() if request.param == "asgi" else worker(tmp_path_factory.mktemp("state"))
    for url in server:
        command: list[str | Path] = [node(), HERE / "read.mjs", url]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        yield json.loads(done.stdout)


def states(seen: Any, name: str) -> list[tuple[str, str | None]]:
    return [(part["type"], part.get("state")) for part in seen[name]["parts"]]


def finish(seen: Any, name: str) -> Any:
    return seen[name]["finish"][-1]


def test_text_arrives_to_the_letter(seen: Any) -> None:
    assert seen["text"]["message"]["id"] == "m1"
    assert seen["text"]["parts"][1] == {
        "type": "text",
        "text": "Zürich ist schön. 日本語 🎉\n\u2028 end",
        "state": "done",
    }
    assert seen["text"]["status"] == "ready"
    assert finish(seen, "text")["finishReason"] == "stop"


def test_reasoning_is_a_part_of_its_own(seen: Any) -> None:
    assert states(seen, "reasoning") == [("step-start", None), ("reasoning", "done"), ("text", "done")]


def test_tools_run_fail_and_are_refused(seen: Any) -> None:
    assert states(seen, "tools") == [
        ("step-start", None),
        ("tool-weather", "output-available"),
        ("tool-broken", "output-error"),
        ("tool-weather", "output-error"),
        ("step-start", None),
        ("text", "done"),
    ]
    _, rain, broken, invalid, *_ = seen["tools"]["parts"]
    assert rain["output"] == {"city": "Oslo", "sky": "rain"}
    assert broken["errorText"] == MASKED
    assert "city" in invalid["errorText"]
    assert invalid["input"] == {"town": 1}


def test_an_approval_is_asked_for_and_the_tool_then_run(seen: Any) -> None:
    assert states(seen, "approval") == [
        ("step-start", None),
        ("tool-pay", "output-available"),
        ("step-start", None),
        ("text", "done"),
    ]
    pay = seen["approval"]["parts"][1]
    assert pay["output"] == "Paid 5."
    assert pay["approval"]["approved"] is True


def test_a_tool_of_the_client_gets_its_output_from_there(seen: Any) -> None:
    tool, text = seen["client-tool"]["parts"][1], seen["client-tool"]["parts"][-1]
    assert (tool["state"], tool["output"]) == ("output-available", {"city": "Oslo"})
    assert text["text"] == "In Oslo."


def test_data_parts_are_replaced_by_id_and_transient_ones_only_told(seen: Any) -> None:
    data = [part for part in seen["data"]["parts"] if part["type"].startswith("data-")]
    assert data == [{"type": "data-status", "data": {"step": 2}, "id": "s"}]
    assert [part["type"] for part in seen["data"]["data"]] == ["data-status", "data-hint", "data-status"]
    assert seen["data"]["message"]["metadata"] == {"model": "fake"}


def test_sources_files_and_custom_parts(seen: Any) -> None:
    _, url, document, file, custom, _ = seen["sources-and-files"]["parts"]
    assert url == {"type": "source-url", "sourceId": "s1", "url": "https://example.org/a", "title": "A"}
    assert (document["title"], document["filename"]) == ("B", "b.txt")
    assert file == {"type": "file", "mediaType": "image/png", "url": "data:image/png;base64,AA=="}
    assert custom["kind"] == "fake.note"


def test_structured_output_is_text_on_the_wire(seen: Any) -> None:
    assert json.loads(seen["object"]["parts"][1]["text"]) == {"elements": [1, 2]}


def test_an_error_in_the_middle_keeps_the_text_and_tells_nothing_internal(seen: Any) -> None:
    assert seen["error"]["parts"][1]["text"] == "So"
    assert (seen["error"]["status"], seen["error"]["error"]) == ("error", MASKED)
    assert finish(seen, "error")["isError"]


def test_a_refused_call_is_an_error_without_an_answer(seen: Any) -> None:
    assert (seen["refused"]["status"], seen["refused"]["error"]) == ("error", MASKED)


def test_an_answer_that_the_server_aborts_keeps_what_came(seen: Any) -> None:
    assert seen["abort"]["parts"][1] == {"type": "text", "text": "So far", "state": "done"}
    assert seen["abort"]["status"] == "ready"


def test_the_client_can_stop(seen: Any) -> None:
    assert seen["hang"]["parts"][1]["text"] == "So far"
    assert seen["hang"]["status"] == "ready"
    assert finish(seen, "hang")["isAbort"]
