"""Each test that `docs/guarantees.md` names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = [
    line.strip("| ").split(" | ") for line in (ROOT / "docs" / "guarantees.md").read_text().splitlines() if "`" in line
]
KEPT = [(row[0], row[-1]) for row in ROWS if "test_" in row[-1]]
FILES = {path.name: path for path in (ROOT / "tests").rglob("test_*.py")}

_NAMED = re.compile(r"`(?P<path>[\w/]*test_\w+\.py)?(?:::(?P<test>test_\w+))?`")


def missing_in(kept_by: str) -> list[str]:
    """`::test_...` is in the file that was named before it."""
    missing = []
    path = None
    for named in _NAMED.finditer(kept_by):
        if named["path"]:
            path = FILES.get(Path(named["path"]).name)
            if path is None or not path.is_relative_to(ROOT) or not str(path).endswith(named["path"]):
                missing.append(named[0])
                continue
        if named["test"] and (
            path is None or not re.search(rf"^(async )?def {named['test']}\(", path.read_text(), re.MULTILINE)
        ):
            missing.append(named[0])
    return missing


@pytest.mark.parametrize(("promise", "kept_by"), KEPT)
def test_each_promise_is_kept_by_tests_that_there_are(promise: str, kept_by: str) -> None:
    assert _NAMED.search(kept_by)
    assert missing_in(kept_by) == []


def test_the_table_is_read() -> None:
    assert len(KEPT) > 60
    assert missing_in("`tests/unit/test_guarantees.py::test_the_table_is_read`, `::test_that_there_is_not`") == [
        "`::test_that_there_is_not`"
    ]
    assert missing_in("`test_of_nothing.py`") == ["`test_of_nothing.py`"]
