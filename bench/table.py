"""How a figure is shown."""

from collections.abc import Sequence
from statistics import median


def spread(values: Sequence[float], unit: str) -> str:
    """The median, and the smallest and the largest value."""
    digits = 0 if median(values) >= 10 else 1
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{middle} {unit} ({low} to {high}, n={len(values)})"


def row(name: str, value: str) -> None:
    print(f"| {name} | {value} |", flush=True)


def heading(title: str) -> None:
    print(f"\n| {title} | median (smallest to largest) |\n| --- | --- |", flush=True)
