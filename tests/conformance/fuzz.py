"""UI message chunks in random and often careless order -> UI message."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance import files
from conformance.reducer import compared, fold

BAR = 1.0


def cases(file: Path) -> Iterator[tuple[str, Any]]:
    yield from files.lines(file)


def check(case: Any) -> str | None:
    actual = fold(case["chunks"], case["lastMessage"], "gen")
    actual["writes"] = len(actual["writes"])
    return compared(case, actual)
