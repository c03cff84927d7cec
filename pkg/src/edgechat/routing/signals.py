"""What a request shows at a glance, without asking anybody."""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from edgechat.routing.lexicon import LEXICON

type Side = Literal["edge", "central"]

SCANNED = 4_000
"""Characters: of a longer text, its beginning and its end show what it is."""

_STEM = 4
"""Letters that the shortest stem of the lexicon has."""

# A line begins with spaces of its own: else a text of empty lines would take a quarter of a second.
_CODE = re.compile(
    r"```|^[^\S\n]*(?:def|class|import|const|let|public|SELECT|#include|fn|func) ?\w+"
    r"|[{};]\s*$|\w\([^)]*\)\s*[{;:]|=>|</\w+>",
    re.MULTILINE,
)
_RECORDS = re.compile(
    r"^[^\S\n]+at [\w.$]+ ?\(|^[^\S\n]*File \"|\w(?:Error|Exception)\b|^\S*\d\d:\d\d\b.*\n.*\d\d:\d\d\b"
    r"|^(?:[^,;|\t\n]*[,;|\t]){2}.*\n(?:[^,;|\t\n]*[,;|\t]){2}",
    re.MULTILINE,
)
"""Lines of a log, of a stack trace or of a table."""
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_FORMULA = re.compile(r"\d\s*[-+*/^=]\s*[\dxyn(]|[∫∑√≤≥π∂∞]|\\(?:frac|int|sum)|\w\^\d|f\(x\)")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_DENSE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]+")


class RouteRequest(msgspec.Struct, kw_only=True, frozen=True):
    """What is known of a request before its model is called."""

    text: str
    """The new message of the user."""
    history_characters: int = 0
    """Of what was said before."""
    media_types: Sequence[str] = ()
    """Of attached files."""
    needs_tools: bool = False
    last_side: Side | None = None
    """Which side gave the answer before."""
    wish: Side | None = None
    """What the user has chosen."""
    edge_only: str | None = None
    """Why there is no central model for this user now, such as "your budget"; None: there is."""


def read_signals(request: RouteRequest) -> dict[str, float]:
    """Each from 0 to 1; only those that are there."""
    text = request.text
    if len(text) > SCANNED:
        text = f"{text[: SCANNED // 2]}\n{text[-SCANNED // 2 :]}"
    dense = _DENSE.findall(text)
    signals = dict.fromkeys(_named(text, dense), 1.0)
    if _CODE.search(text):
        signals["code"] = 1.0
    if _FORMULA.search(text):
        signals["maths"] = 1.0
    if _RECORDS.search(text):
        signals["log or table"] = 1.0
    signals["many numbers"] = min(len(_NUMBER.findall(text)) / 4, 1.0)
    # A character of Chinese or Japanese says as much as two or three of others.
    length = len(request.text) + 2 * sum(map(len, dense))
    signals["long question"] = min(length / 400, 1.0)
    signals["long conversation"] = min(request.history_characters / 12_000, 1.0)
    signals["short question"] = float(length < 60)
    signals["several questions"] = float(text.count("?") + text.count("\uff1f") > 1)
    signals["tools"] = float(request.needs_tools)
    signals["goes on with central"] = float(request.last_side == "central")
    return {name: value for name, value in signals.items() if value}


def _named(text: str, dense: list[str]) -> set[str]:
    """The signals of the lexicon."""
    words = [word.replace("\u2019", "'") for word in _WORD.findall(text.casefold())]
    keys = {" ".join(words[at : at + count]) for count in (1, 2, 3, 4) for at in range(len(words))}
    keys |= {f"{word[:end]}*" for word in words for end in range(_STEM, len(word) + 1)}
    keys |= {run[at : at + count] for run in dense for count in range(1, 8) for at in range(len(run))}
    return {_SIGNALS[key] for key in keys & _SIGNALS.keys()}


_SIGNALS = {
    key.strip().casefold(): name for name, keys in LEXICON.items() for key in keys.replace("\n", ",").split(",")
}
del _SIGNALS[""]
