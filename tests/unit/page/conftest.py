"""The page speaks English in these tests."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from page import strings

CATALOGUE: dict[str, dict[str, str]] = json.loads(
    (Path(__file__).resolve().parents[3] / "web" / "src" / "strings.json").read_text()
)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    strings.speak(CATALOGUE["en"])
    yield
    strings.speak({})
