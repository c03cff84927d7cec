"""The cases as bars, in SVG: the time to the first words with its parts, the rate, and the time to read."""

from collections.abc import Iterator, Sequence

from bench.latency.cases import TOKENS
from bench.latency.lab import Runs
from bench.latency.split import PARTS, READING, Part, felt_rate, middle, split, time_to_read
from bench.svg import BAR, bar, mark, svg, text

TOP, ROW, LINE = 34, 30, 20
NAMES, FIRST, RATE, READ, RIGHT = 190, 200, 655, 868, 1000
"""Where each column begins; that of the names ends there."""
FIRST_WIDTH, RATE_WIDTH, READ_WIDTH = 340, 112, 72
"""Of the longest bar in it."""
COLOURS: dict[Part, str] = {
    "network": "#3b6fb6",
    "model": "#2f7f56",
    "auth": "#8a63b0",
    "history": "#4aa3a2",
    "Worker": "#c0692d",
    "page": "#c79a1e",
    "not explained": "#8a8a8a",
}
LEGEND: dict[Part, str] = {"network": "network (simulated)", "model": "model (simulated)"}
SAID = (
    "and (…): the published table. What lies beyond the mark, Worker and page add. A bar is the run in the middle.",
    "Simulated: the network (a proxy adds the round trip and nothing else), and the model (a server with the first",
    "token and the rate of the table). Measured: all the rest, a page in Chromium and the Worker on pop, on one",
    "machine, on a connection that is open. Not explained: of the network's time, what the proxy did not add.",
    f"An answer has {TOKENS} tokens, and is read at {READING} words a minute.",
)


def draw(results: Sequence[Runs]) -> str:
    titles = {FIRST: "ms to the first words", RATE: "felt tokens/s", READ: "seconds to read"}
    parts = [text(x, 4, title) for x, title in titles.items()]
    parts += _rows(results)
    y = TOP + ROW * len(results) + 8
    parts += [*_legend(y), *_said(y + ROW)]
    return svg(RIGHT, y + ROW + LINE * len(SAID) + 4, parts)


def _rows(results: Sequence[Runs]) -> Iterator[str]:
    felt = [middle(runs.warm) for runs in results]
    per_ms = FIRST_WIDTH / max(*(one.first_words for one in felt), *(runs.case.published for runs in results))
    per_rate = RATE_WIDTH / max(runs.case.rate for runs in results)
    per_second = READ_WIDTH / max(time_to_read(one, TOKENS) for one in felt)
    for row, (runs, one) in enumerate(zip(results, felt, strict=True)):
        case, y = runs.case, TOP + ROW * row
        yield text(NAMES, y, case.label, "end")
        x = float(FIRST)
        for part, ms in split(one, case.round_trip, case.first_ms).items():
            width = max(ms, 0) * per_ms
            yield bar(x, y, width, COLOURS[part])
            x += width
        published = FIRST + case.published * per_ms
        yield mark(published, y)
        yield text(max(x, published) + 8, y, f"{one.first_words:.0f} ({case.published})")
        rate = felt_rate(one, TOKENS)
        yield bar(RATE, y, rate * per_rate, COLOURS["model"])
        yield mark(RATE + case.rate * per_rate, y)
        yield text(RATE + max(rate, case.rate) * per_rate + 8, y, f"{rate:.0f} ({case.rate})")
        seconds = time_to_read(one, TOKENS)
        yield bar(READ, y, seconds * per_second, COLOURS["network"])
        yield text(READ + seconds * per_second + 8, y, f"{seconds:.1f}")


def _legend(y: float) -> Iterator[str]:
    x = 10
    for part in PARTS:
        name = LEGEND.get(part, part)
        yield bar(x, y, BAR, COLOURS[part])
        yield text(x + BAR + 6, y, name)
        x += 48 + 7 * len(name)


def _said(y: float) -> Iterator[str]:
    yield mark(14, y)
    for line, sentence in enumerate(SAID):
        yield text(10 if line else 26, y + LINE * line, sentence)
