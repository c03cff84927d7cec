"""Runs tests inside npm Pyodide: the package's own, with the built wheel, and those that need JavaScript."""

import subprocess
from pathlib import Path

import pytest

from pop.project import node

RUNNER = Path(__file__).parent / "run.mjs"


@pytest.mark.parametrize("tests", ["/tests/unit/edgechat", "/tests/pyodide/inside"])
def test_inside_pyodide(tests: str) -> None:
    command: list[str | Path] = [node(), "--experimental-wasm-jspi", RUNNER, tests]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
