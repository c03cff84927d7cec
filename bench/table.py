"""How a figure is shown."""

import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median

_MEASURED = re.compile(r"(<!-- measured -->\n).*(<!-- end -->)", re.DOTALL)


def spread(values: Sequence[float], unit: str, digits: int | None = None) -> str:
    """The median, and the smallest and the largest value."""
    if digits is None:
        digits = 0 if median(values) >= 10 else 1 if median(values) >= 0.5 else 2
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{middle} {unit} ({low} to {high}, n={len(values)})"


def row(name: str, *values: str) -> None:
    print(f"| {' | '.join([name, *values])} |", flush=True)


def heading(title: str, *columns: str) -> None:
    titles = [title, *(columns or ["median (smallest to largest)"])]
    print(f"\n| {' | '.join(titles)} |\n|{' --- |' * len(titles)}", flush=True)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def rewrite(page: Path, text: str) -> None:
    """What a page of the documentation says was measured."""
    page.write_text(_MEASURED.sub(lambda match: f"{match[1]}\n{text}\n\n{match[2]}", page.read_text()))
