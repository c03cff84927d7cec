"""What of an answer is read aloud, and in which pieces: the first one is short, so that it is soon heard."""

import re

FIRST, MOST = 120, 400
"""Characters of a piece."""

_CODE = re.compile(r"^(```|~~~).*?(^\1|\Z)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"^[ \t]*(#{1,6}|>|[-*+]|\d+[.)])[ \t]+|^[-|: \t]{3,}$|[*_`|]", re.MULTILINE)
_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")  # noqa: RUF001


def plain(markdown: str) -> str:
    """As one would read it out: code is left out, and so are marks and addresses."""
    return _MARKS.sub("", _LINK.sub(r"\1", _CODE.sub("", markdown))).strip()


def pieces(markdown: str) -> list[str]:
    """Whole sentences, as many as there is room for."""
    found: list[str] = []
    for sentence in filter(None, (" ".join(one.split()) for one in _END.split(plain(markdown)))):
        for part in _cut(sentence):
            most = FIRST if len(found) == 1 else MOST
            if found and len(found[-1]) + len(part) < most:
                found[-1] += f" {part}"
            else:
                found.append(part)
    return found


def _cut(sentence: str) -> list[str]:
    """One without an end in sight, between its words."""
    parts = []
    while len(sentence) > MOST:
        start, _, _ = sentence[:MOST].rpartition(" ")
        start = start or sentence[:MOST]
        parts.append(start)
        sentence = sentence[len(start) :].lstrip()
    return [*parts, sentence]
