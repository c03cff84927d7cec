"""The unmodified client of npm `ai` 7.0.173 against our Worker."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from live import ROOT, Pop

from pop.project import node


@pytest.fixture(scope="module")
def seen(chat_service: Pop) -> dict[str, Any]:
    """What the JavaScript client saw of one conversation."""
    command: list[str | Path] = [node(), Path(__file__).parent / "client.mjs", chat_service.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def parts_of(message: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [part for part in message["parts"] if part["type"] == kind]


def test_it_is_the_pinned_version() -> None:
    assert json.loads((ROOT / "node_modules" / "ai" / "package.json").read_text())["version"] == "7.0.173"


def test_it_folds_our_stream_into_a_message(seen: dict[str, Any]) -> None:
    message = seen["answered"]["message"]
    assert message["role"] == "assistant"
    (text,) = parts_of(message, "text")
    assert text["text"].strip()  # a model this small need not know the capital
    assert text["state"] == "done"
    (figures,) = parts_of(message, "data-figures")
    assert figures["data"]["tokensPerSecond"] > 0


def test_it_sees_the_text_grow(seen: dict[str, Any]) -> None:
    lengths = seen["answered"]["lengths"]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 3


def test_what_it_has_is_what_we_saved(seen: dict[str, Any]) -> None:
    saved = seen["saved"]["messages"]
    assert saved[0] == seen["first"]
    assert saved[1] == seen["answered"]["message"]
    assert [message["role"] for message in saved] == ["user", "assistant", "user", "assistant"]


def test_an_answer_it_asks_for_again_replaces_the_old_one(seen: dict[str, Any]) -> None:
    new = seen["regenerated"]["message"]
    assert new["id"] != seen["again"]["message"]["id"]
    assert seen["saved"]["messages"][-1] == new


def test_a_refusal_reaches_it_in_our_words(seen: dict[str, Any]) -> None:
    assert "Your session is missing" in seen["refused"]["message"]


def test_it_can_stop_an_answer(seen: dict[str, Any]) -> None:
    assert seen["aborted"] == "AbortError"
