"""Runs the cases of a folder: `python -m conformance [DIR]`.

The exit status is 1 if a kind is below its bar, or if there was nothing to run.
"""

import argparse
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol, cast

DEFAULT = Path(__file__).parents[3] / "shared" / "conformance"
SHOWN = 5

KINDS = {
    "partial_json": "partial-json*.jsonl",
    "reducer": "reducer-cases*.json",
    "fuzz": "reducer-fuzz*.jsonl",
    "convert_validate": "convert-validate*.jsonl",
    "provider": "provider-cases*.jsonl",
    "chat_traces": "chat-traces*.json",
}
"""The module of each kind, and the names of its files, which may be followed by `.gz`."""


class Kind(Protocol):
    BAR: float

    def cases(self, file: Path) -> Iterator[tuple[str, Any]]: ...

    def check(self, case: Any) -> str | None: ...


class Result(NamedTuple):
    passed: int
    failures: list[str]

    def reaches(self, bar: float) -> bool:
        return self.passed > 0 and self.passed >= bar * (self.passed + len(self.failures))


def find(folder: Path, pattern: str) -> list[Path]:
    return sorted([*folder.glob(pattern), *folder.glob(f"{pattern}.gz")])


def load(name: str) -> Kind | None:
    """The module of a kind; None if there is none yet."""
    try:
        module: ModuleType = importlib.import_module(f"conformance.{name}")
    except ModuleNotFoundError as error:
        if error.name == f"conformance.{name}":
            return None
        raise
    return cast("Kind", module)


def run(kind: Kind, files: list[Path]) -> Result:
    passed, failures = 0, []
    for file in files:
        for name, case in kind.cases(file):
            try:
                difference = kind.check(case)
            except Exception as error:  # a crash is a failure of its case, not the end of the run
                difference = f"{type(error).__name__}: {' '.join(str(error).split())}"
            if difference is None:
                passed += 1
            else:
                failures.append(f"{file.name}, {name}: {difference}")
    return Result(passed, failures)


def main(folder: Path) -> int:
    """Runs all kinds and prints what came out; returns the exit status."""
    below, ran = False, False
    for name, pattern in KINDS.items():
        found = find(folder, pattern)
        if not found:
            continue
        kind = load(name)
        if kind is None:
            print(f"{name}: not run yet")
            continue
        result = run(kind, found)
        ran = True
        print(f"{name}: {result.passed} passed, {len(result.failures)} failed")
        for failure in result.failures[:SHOWN]:
            print(f"  {failure.encode('ascii', 'backslashreplace').decode()}")  # may hold half a surrogate pair
        if not result.reaches(kind.BAR):
            print(f"  below the bar of {kind.BAR:.0%}")
            below = True
    if not ran:
        print(f"No cases were run: {folder} has none of " + ", ".join(KINDS.values()))
    return 1 if below or not ran else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="conformance", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=DEFAULT)
    raise SystemExit(main(parser.parse_args().folder))
