"""`make bench`: what a streamed event costs, and many streams at once, beside the AI SDK and hand-written JavaScript.

All are asked in turn, in one run, by a client on the same machine, and each answer is checked.
`python -m bench.stream ROUNDS` measures more or fewer rounds.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from statistics import quantiles

from bench.stream.client import Answer, Connection
from bench.stream.workers import AI_SDK, EDGECHAT, FLOOR, running
from bench.table import heading, row, spread
from edgechat.ui import chunks as ui

EVENTS = 2000
STREAMS, EVENTS_EACH = 20, 500
WARM_UP, ROUNDS = 3, 9

type Measure = Callable[[str], Awaitable[list[float]]]
"""Asks the Worker at a URL, and answers a value for each row of its table."""

ONE_STREAM = {
    "time per event, one event per read": "us",
    "time per event, eight events per read": "us",
    "time per event, one per turn of the event loop": "us",
    "first byte": "ms",
    "first token": "ms",
    "an answer without text": "ms",
}
MANY_STREAMS = {
    "time until all have ended": "ms",
    "first byte, median stream": "ms",
    "first byte, p95": "ms",
    "first token, median stream": "ms",
    "first token, p95": "ms",
}


async def one_stream(url: str) -> list[float]:
    connection = await connect(url)
    empty = await connection.ask("0x1")
    check(empty, 0)
    answers = [await connection.ask(f"{EVENTS}x{reads}") for reads in ("1", "8", "1-paced")]
    connection.close()
    for answer in answers:
        check(answer, EVENTS)
    per_event = [answer.total / EVENTS * 1e6 for answer in answers]
    first = answers[0]
    return [*per_event, *(seconds * 1e3 for seconds in (first.first_byte, first.first_token, empty.total))]


async def many_streams(url: str) -> list[float]:
    connections = [await connect(url) for _ in range(STREAMS)]
    answers = await asyncio.gather(*(connection.ask(f"{EVENTS_EACH}x1") for connection in connections))
    for connection, answer in zip(connections, answers, strict=True):
        connection.close()
        check(answer, EVENTS_EACH)
    return [
        max(answer.total for answer in answers) * 1e3,
        *median_and_p95([answer.first_byte * 1e3 for answer in answers]),
        *median_and_p95([answer.first_token * 1e3 for answer in answers]),
    ]


async def connect(url: str) -> Connection:
    """A connection that the Worker's side has accepted too."""
    connection = await Connection.open(url)
    await connection.ask("0x1")
    return connection


def median_and_p95(values: list[float]) -> list[float]:
    twentieths = quantiles(values, n=20, method="inclusive")
    return [twentieths[9], twentieths[18]]


def check(answer: Answer, events: int) -> None:
    """All text has arrived, in order, in a complete UI message stream."""
    decoder = ui.ChunkDecoder()
    chunks = decoder.feed(answer.body)
    text = "".join(chunk.delta for chunk in chunks if isinstance(chunk, ui.TextDelta))
    complete = isinstance(chunks[0], ui.Start) and isinstance(chunks[-1], ui.Finish) and decoder.done
    if not complete or text != "".join(f"w{number} " for number in range(events)):
        raise ValueError(f"Not the answer of {events} events: {answer.body.decode()}")


async def measure(title: str, rows: Mapping[str, str], ask: Measure, urls: Mapping[str, str], rounds: int) -> None:
    values: dict[str, list[list[float]]] = {name: [] for name in urls}
    for number in range(WARM_UP + rounds):
        for name, url in urls.items():
            measured = await ask(url)
            if number >= WARM_UP:
                values[name].append(measured)
    heading(title, *urls, f"{AI_SDK} / {EDGECHAT}", f"{EDGECHAT} / {FLOOR}")
    for index, (label, unit) in enumerate(rows.items()):
        of = {name: [measured[index] for measured in rounds_of] for name, rounds_of in values.items()}
        ratios = [ratio(of[AI_SDK], of[EDGECHAT]), ratio(of[EDGECHAT], of[FLOOR])]
        row(label, *(spread(each, unit) for each in of.values()), *ratios)


def ratio(values: list[float], others: list[float]) -> str:
    """Of neighbours in time: what else the machine does falls on both."""
    return spread([value / other for value, other in zip(values, others, strict=True)], "x")


async def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with running() as urls:
        load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        print(f"\nMeasured with {os.cpu_count()} CPUs, load average {load}. Each cell: median (smallest to largest).")
        await measure(f"one stream of {EVENTS:,} events", ONE_STREAM, one_stream, urls, rounds)
        title = f"{STREAMS} streams of {EVENTS_EACH} events at once, one event per read"
        await measure(title, MANY_STREAMS, many_streams, urls, rounds)


if __name__ == "__main__":
    asyncio.run(main())
