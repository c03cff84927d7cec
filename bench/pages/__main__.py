"""`make bench-page`: the chat page beside a React page with `useChat`, in one browser, on the same stream.

`python -m bench.pages ROUNDS` measures more or fewer rounds.
"""

import os
import shutil
import sys
from collections.abc import Mapping

from playwright.sync_api import Browser, sync_playwright

from bench.pages.sites import serving
from bench.pages.visit import EDGECHAT, REACT, TUNED, Visit
from bench.table import heading, row, spread

ROUNDS = 5
SITES = {"edgechat": EDGECHAT, "React": REACT, "React, tuned": TUNED}
PACED_SECONDS = 10

START = {
    "paint": ("first contentful paint", "ms"),
    "typable": ("one can type", "ms"),
    "ready": ("a message can be sent", "ms"),
    "task": ("main thread until then", "ms"),
}
ANSWER = {
    "script": ("scripting", "ms"),
    "layout": ("style and layout", "ms"),
    "task": ("main thread, all of it", "ms"),
    "frames": ("frames in a second", ""),
    "gap": ("longest time between two frames", "ms"),
    "long": ("tasks above 50 ms", ""),
    "longest": ("the longest of them", "ms"),
}
MEMORY = {"heap": ("JavaScript heap", "MB"), "wasm": ("WebAssembly memory", "MB")}

type Values = dict[str, list[dict[str, float]]]
"""What was measured of each page in each round."""


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with serving() as url, sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        print(
            f"\nChromium {browser.version}, {os.cpu_count()} CPUs, load average {load}. Median (smallest to largest)."
        )
        _start(browser, url, 1)  # the first page of a browser also pays for the browser
        for title, visits, slow in (
            ("start, cold", 1, False),
            ("start, with a warm cache", 3, False),
            ("start, cold, at 20 Mbit/s and 40 ms", 1, True),
        ):
            values = _start(browser, url, rounds, visits, slow=slow)
            _table(title, START, values)
            bytes_of = {name: f"{measured[-1]['transferred'] / 1000:,.0f} kB" for name, measured in values.items()}
            row("transferred", *bytes_of.values(), "", "")
        paced, memory = _answers(browser, url, rounds, "paced", PACED_SECONDS)
        _table("an answer of 2,000 tokens, 200 in a second", ANSWER, paced)
        _table("memory after it", MEMORY, memory)
        at_once, _ = _answers(browser, url, rounds, "at once", 0)
        _table("an answer of 2,000 tokens, all at once", {"took": ("until it is there", "ms"), **ANSWER}, at_once)
        browser.close()


def _start(browser: Browser, url: str, rounds: int, visits: int = 1, *, slow: bool = False) -> Values:
    """The last of so many visits by a new profile."""
    values: Values = {name: [] for name in SITES}
    for _ in range(rounds):
        for name, site in SITES.items():
            visit = Visit(browser, url, site, slow=slow)
            for _ in range(visits - 1):
                visit.open()
            values[name].append(visit.start())
            visit.close()
    return values


def _answers(browser: Browser, url: str, rounds: int, question: str, seconds: float) -> tuple[Values, Values]:
    answers: Values = {name: [] for name in SITES}
    memory: Values = {name: [] for name in SITES}
    tables: set[int] = set()
    for _ in range(rounds):
        for name, site in SITES.items():
            visit = Visit(browser, url, site)
            visit.ask("at once", 0)  # what is compiled or loaded with the first answer
            answers[name].append(visit.ask(question, seconds))
            memory[name].append(visit.memory())
            tables.add(visit.tables())
            visit.close()
    if len(tables) != 1:
        raise ValueError(f"Not all pages show the answer: so many of its tables are in them: {tables}.")
    return answers, memory


def _table(title: str, rows: Mapping[str, tuple[str, str]], values: Values) -> None:
    ours, *others = values
    heading(title, *values, *(f"{name} / {ours}" for name in others))
    for key, (label, unit) in rows.items():
        of = {name: [measured[key] for measured in rounds] for name, rounds in values.items()}
        ratios = [_ratio(of[name], of[ours]) for name in others]
        row(label, *(spread(each, unit) for each in of.values()), *ratios)


def _ratio(values: list[float], others: list[float]) -> str:
    """Of neighbours in time: what else the machine does falls on both."""
    if not all(others):
        return ""
    return spread([value / other for value, other in zip(values, others, strict=True)], "x")


if __name__ == "__main__":
    main()
