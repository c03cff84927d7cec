"""How a figure is shown."""

from collections.abc import Sequence
from statistics import median


def spread(values: Sequence[float], unit: str) -> str:
    """The median, and the smallest and the largest value."""
    digits = 0 if median(values) >= 10 else 1 if median(values) >= 0.5 else 2
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{middle} {unit} ({low} to {high}, n={len(values)})"


def row(name: str, *values: str) -> None:
    print(f"| {' | '.join([name, *values])} |", flush=True)


def heading(title: str, *columns: str) -> None:
    titles = [title, *(columns or ["median (smallest to largest)"])]
    print(f"\n| {' | '.join(titles)} |\n|{' --- |' * len(titles)}", flush=True)
