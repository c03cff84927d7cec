"""Our chat against the chat of npm `ai` 7.0.173: the same actions and answers, and all that either of them tells."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conformance import chat_traces

from pop.project import node

HERE = Path(__file__).parent
SCENARIOS = [json.loads(line) for line in (HERE / "chat-scenarios.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def traces() -> dict[str, Any]:
    """What the reference made of each scenario."""
    done = subprocess.run(
        [node(), HERE / "chat_oracle.mjs"],
        input=json.dumps(SCENARIOS),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {trace["name"]: trace for trace in json.loads(done.stdout)}


@pytest.mark.parametrize("name", [scenario["name"] for scenario in SCENARIOS])
def test_our_chat_does_what_the_reference_does(name: str, traces: dict[str, Any]) -> None:
    difference = chat_traces.check(traces[name])
    assert difference is None, difference
