"""The page speaks English in these tests."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from page import strings

SOURCE = Path(__file__).resolve().parents[3] / "web" / "src"

type Catalogue = dict[str, dict[str, str]]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """`strings.json`."""
    found: Catalogue = json.loads((SOURCE / "strings.json").read_text())
    return found


@pytest.fixture(autouse=True)
def english(catalogue: Catalogue) -> Iterator[None]:
    strings.speak(catalogue["en"])
    yield
    strings.speak({})
