"""The files of a folder of cases, some of them compressed."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def read(file: Path) -> str:
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).decode()


def lines(file: Path) -> Iterator[tuple[str, Any]]:
    """The cases of a `.jsonl` file, by their own name or else the number of their line."""
    for number, line in enumerate(read(file).split("\n"), 1):
        if line.strip():
            case = json.loads(line)
            yield case.get("name", f"line {number}"), case


def array(file: Path) -> Iterator[tuple[str, Any]]:
    """The cases of a `.json` file."""
    for case in json.loads(read(file)):
        yield case["name"], case
