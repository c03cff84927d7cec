"""`make load`: 50 streams at once for 10 minutes, and 10,000 short turns, beside the AI SDK and D1.

Both sides are asked in turn, in blocks, in one run. It fails if anything is lost or doubled, or if a request fails in a
way that no service declares. `python -m bench.load --minutes 0.2 --turns 100 --blocks 2` has a quick look.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from itertools import chain
from statistics import linear_regression, median, quantiles

from bench.load.blocks import Block, Load
from bench.load.sides import AI_SDK, EDGECHAT, Side, running_sides
from bench.table import heading, row, spread

SHORT_AT_ONCE = 10
WARM_UP_TURNS = 40

type Run = Callable[[Side, int], Awaitable[Block]]
"""Of one side, the block with this number."""


async def main(options: argparse.Namespace) -> bool:
    """True if nothing went wrong."""
    # As an 8B model answers at the edge; and as none does, so that nobody waits for it.
    long = Load(options.streams, words=(60, 140), first_ms=200, next_ms=40)
    short = Load(SHORT_AT_ONCE, words=(4, 12), first_ms=5, next_ms=5)
    seconds, turns = options.minutes * 60 / options.blocks, options.turns // options.blocks
    with running_sides() as sides:
        for side in sides.values():
            await short.for_turns(side, WARM_UP_TURNS, seed=0)
        print(f"\nMeasured with {os.cpu_count()} CPUs, in {options.blocks} blocks.", end=" ")
        print(f"Load average before: {_load()}.", flush=True)
        streams = await _in_turn(sides, options.blocks, lambda side, n: long.for_seconds(side, seconds, n * 1000))
        _report(f"{options.streams} streams at once for {options.minutes:g} minutes", streams)
        many = await _in_turn(sides, options.blocks, lambda side, n: short.for_turns(side, turns, n * 1000))
        _report(f"{options.turns:,} short turns, {SHORT_AT_ONCE} at once", many)
        print(f"\nLoad average after: {_load()}.")
    blocks = list(chain(*streams.values(), *many.values()))
    for wrong in chain(*(block.wrong for block in blocks)):
        print(wrong, file=sys.stderr)
    return all(block.found == 2 * len(block.turns) and not block.wrong for block in blocks)


async def _in_turn(sides: Mapping[str, Side], blocks: int, run: Run) -> dict[str, list[Block]]:
    results: dict[str, list[Block]] = {name: [] for name in sides}
    for number in range(blocks):
        for name, side in sides.items():
            block = await run(side, number)
            results[name].append(block)
            said = f"{len(block.turns)} turns in {block.seconds:.0f} s, {len(block.wrong)} wrong"
            print(f"{name}, block {number + 1} of {blocks}: {said}", file=sys.stderr, flush=True)
    return results


def _report(title: str, results: Mapping[str, list[Block]]) -> None:
    heading(title, *results, f"{AI_SDK} / {EDGECHAT}, by block")

    def show(label: str, cell: Callable[[list[Block]], str], value: Callable[[Block], float] | None = None) -> None:
        cells = [cell(blocks) for blocks in results.values()]
        row(label, *cells, _ratio(results, value) if value else "")

    show("turns", lambda blocks: f"{_turns(blocks):,}")
    show("messages in the history", lambda blocks: f"{sum(block.found for block in blocks):,}")
    show("refused", lambda blocks: f"{sum(block.refused for block in blocks):,}")
    show("errors, lost, doubled", lambda blocks: f"{sum(len(block.wrong) for block in blocks):,}")
    show(
        "first token after the model's, p50 / p95 / p99",
        lambda blocks: _percentiles(blocks, "first_token"),
        _median("first_token"),
    )
    show("end after the model's, p50 / p95 / p99", lambda blocks: _percentiles(blocks, "end"), _median("end"))
    show("turns per second", lambda blocks: _spread(blocks, _rate, "/s"), _rate)
    show("CPU of workerd for a turn", lambda blocks: _spread(blocks, _cpu, "ms"), _cpu)
    show("memory of workerd, first and last quarter", _quarters)
    show("its growth, by regression", _growth)


def _turns(blocks: list[Block]) -> int:
    return sum(len(block.turns) for block in blocks)


def _milliseconds(block: Block, figure: str) -> list[float]:
    return [getattr(turn, figure) * 1000 for turn in block.turns]


def _percentiles(blocks: list[Block], figure: str) -> str:
    """Of all turns."""
    hundredths = quantiles(chain(*(_milliseconds(block, figure) for block in blocks)), n=100, method="inclusive")
    return " / ".join(f"{hundredths[n - 1]:,.0f}" for n in (50, 95, 99)) + " ms"


def _median(figure: str) -> Callable[[Block], float]:
    return lambda block: median(_milliseconds(block, figure))


def _rate(block: Block) -> float:
    return len(block.turns) / block.seconds


def _cpu(block: Block) -> float:
    return block.cpu / len(block.turns) * 1000


def _spread(blocks: list[Block], value: Callable[[Block], float], unit: str) -> str:
    return spread([value(block) for block in blocks], unit)


def _ratio(results: Mapping[str, list[Block]], value: Callable[[Block], float]) -> str:
    """Of neighbours in time: what else the machine does falls on both."""
    pairs = zip(results[AI_SDK], results[EDGECHAT], strict=True)
    return spread([value(peer) / value(ours) for peer, ours in pairs], "x")


def _quarters(blocks: list[Block]) -> str:
    resident = list(chain(*(block.resident for block in blocks)))
    quarter = max(1, len(resident) // 4)
    return f"{median(resident[:quarter]):,.0f} MB, {median(resident[-quarter:]):,.0f} MB"


def _growth(blocks: list[Block]) -> str:
    """Over the turns: by the time, the slower side would seem to grow the more slowly."""
    resident = list(chain(*(block.resident for block in blocks)))
    if len(resident) < 2:
        return ""
    slope = linear_regression(range(len(resident)), resident).slope * len(resident) / _turns(blocks)
    return f"{slope * 1000:+,.1f} MB for 1,000 turns"


def _load() -> str:
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--streams", type=int, default=50, help="at once (default: %(default)s)")
    parser.add_argument("--minutes", type=float, default=10, help="of streams, on each side (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=10_000, help="short ones, on each side (default: %(default)s)")
    parser.add_argument("--blocks", type=int, default=10, help="the sides take turns so often (default: %(default)s)")
    sys.exit(0 if asyncio.run(main(parser.parse_args())) else 1)
