"""Parsing of JSON that is cut off anywhere: whole, and character by character."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from conformance import files
from conformance.compare import difference
from edgechat.partial_json import PartialJSON

BAR = 1.0


def cases(file: Path) -> Iterator[tuple[str, Any]]:
    yield from files.lines(file)


def check(case: Any) -> str | None:
    text = case["text"]
    return _parse([text], case) or _parse(["", *text], case)


def _parse(pieces: list[str], case: Any) -> str | None:
    parser = PartialJSON()
    for piece in pieces:
        parser.feed(piece)
    value = {"__undefined": True} if parser.value is msgspec.UNSET else parser.value
    return difference({"state": case["state"], "value": case["value"]}, {"state": parser.state, "value": value})
