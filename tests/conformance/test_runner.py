import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance import files
from conformance.__main__ import Kind, main, run

GOOD = {"text": "[1", "state": "repaired-parse", "value": [1]}
BAD = {"text": "[1", "state": "repaired-parse", "value": [2]}


def write(file: Path, *cases: object) -> Path:
    data = "\n".join(json.dumps(case) for case in cases).encode()
    file.write_bytes(gzip.compress(data) if file.suffix == ".gz" else data)
    return file


class Crashing:
    BAR = 0.5

    def cases(self, file: Path) -> Iterator[tuple[str, Any]]:
        yield from files.lines(file)

    def check(self, case: Any) -> str | None:
        return None if case["ok"] else str(1 / 0)


def test_a_folder_in_which_all_cases_pass(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "partial-json.jsonl", GOOD, GOOD)
    write(tmp_path / "partial-json-2.jsonl.gz", GOOD)
    assert main(tmp_path) == 0
    assert capsys.readouterr().out == "partial_json: 3 passed, 0 failed\n"


def test_a_case_that_fails_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "partial-json.jsonl", GOOD, BAD)
    assert main(tmp_path) == 1
    out = capsys.readouterr().out
    assert "1 passed, 1 failed" in out
    assert "partial-json.jsonl, line 2: $.value[0]: 1, expected 2" in out


def test_nothing_to_run_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "other.jsonl", GOOD)
    assert main(tmp_path) == 1
    write(tmp_path / "partial-json.jsonl")
    assert main(tmp_path) == 1
    assert "0 passed" in capsys.readouterr().out


def test_a_crash_is_a_failure_of_its_case_alone(tmp_path: Path) -> None:
    kind: Kind = Crashing()
    result = run(kind, [write(tmp_path / "x.jsonl", {"ok": 1}, {"name": "odd", "ok": 0}, {"ok": 1})])
    assert result.passed == 2
    assert result.failures == ["x.jsonl, odd: ZeroDivisionError: division by zero"]
    assert result.reaches(0.66)
    assert not result.reaches(0.67)
