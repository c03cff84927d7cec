"""`make latency-lab`: prints the tables of docs/latency.md, and writes them and its picture there.

`python -m bench.latency ROUNDS` measures more or fewer rounds.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence

from bench.chat import Felt
from bench.latency.cases import TOKENS
from bench.latency.lab import Runs, measure
from bench.latency.picture import draw
from bench.latency.split import PARTS, felt_rate, split, time_to_read, whole
from bench.service import ROOT
from bench.table import rewrite, spread, table

ROUNDS = 9
PAGE = ROOT / "docs" / "latency.md"
PICTURE = ROOT / "docs" / "latency.svg"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    before = _load()
    results, around = asyncio.run(measure(rounds))
    direct = f"A client without page and proxy waits {spread(around, 'ms')} longer than the Worker says that it took."
    machine = f"Measured with {os.cpu_count()} CPUs, load average {before} before and {_load()} after."
    text = "\n\n".join([felt_table(results), split_table(results), f"{direct} {machine}"])
    print(text)
    rewrite(PAGE, text)
    PICTURE.write_text(draw(results))


def felt_table(results: Sequence[Runs]) -> str:
    head = ["", "published first token", "first words", "on a new connection", "felt tokens/s", "of the model"]
    rows = [
        [
            f"{runs.case.label} ({runs.case.round_trip} ms)",
            f"{runs.case.published} ms",
            _spread(runs.warm, lambda felt: felt.first_words, "ms"),
            _spread(runs.cold, lambda felt: felt.first_words, "ms"),
            _spread(runs.warm, lambda felt: felt_rate(felt, TOKENS), "/s"),
            f"{runs.case.rate} /s",
            _spread(runs.warm, lambda felt: whole(felt) / 1000, "s", 2),
            _spread(runs.warm, lambda felt: time_to_read(felt, TOKENS), "s", 2),
        ]
        for runs in results
    ]
    return table([*head, "all of it is there", "it is read"], rows)


def split_table(results: Sequence[Runs]) -> str:
    """Each part's own median."""
    parts = [[split(felt, runs.case.round_trip, runs.case.first_ms) for felt in runs.warm] for runs in results]
    rows = [[name, *(spread([run[name] for run in of], "ms") for of in parts)] for name in PARTS]
    return table(["where it went", *(runs.case.label for runs in results)], rows)


def _spread(runs: Sequence[Felt], value: Callable[[Felt], float], unit: str, digits: int | None = None) -> str:
    return spread([value(felt) for felt in runs], unit, digits) if runs else "none"


def _load() -> str:
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


if __name__ == "__main__":
    main()
