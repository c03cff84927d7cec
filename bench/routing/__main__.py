"""`make routing-eval`: prints the tables of docs/routing.md, and writes them and its picture there."""

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from bench.imports import STDLIB, compiled
from bench.routing.data import HERE, LANGUAGES, Opening, Prompt, Split, read_openings, read_prompts
from bench.routing.picture import draw
from bench.routing.refusals import detect
from bench.routing.strategies import Run, run_fixed, run_router
from bench.routing.timing import time_decisions
from bench.service import ROOT
from bench.table import rewrite, table
from pop.ai.clef import installed
from pop.project import node

PAGE = ROOT / "docs" / "routing.md"
PICTURE = ROOT / "docs" / "routing.svg"
SPLITS: tuple[Split, ...] = ("blind", "test", "train")


def main() -> None:
    prompts = read_prompts("test")
    runs = [run_fixed("always edge", prompts, "edge"), run_fixed("always central", prompts, "central")]
    runs.append(run_router("heuristics", prompts)[0])
    times: list[float] = []
    if tier := installed():
        tier("warm")
        run, times = run_router("heuristics + classifier", prompts, tier)
        runs.append(run)
    tables = [strategies(runs, prompts), languages(runs, prompts), refusals(), durations(prompts, times)]
    text = "\n\n".join(tables)
    print(text)
    rewrite(PAGE, text)
    PICTURE.write_text(draw(runs, prompts))


def strategies(runs: Sequence[Run], prompts: Sequence[Prompt]) -> str:
    head = ("", "right side", "hard ones left at the edge", "easy ones sent central", "sent central")
    rows = []
    for run in runs:
        wrong = [f"{run.wrong(prompts, side):.1%}" for side in ("edge", "central")]
        mean, middle = run.ttft
        asked = sum(run.asked) / len(run.asked)
        right = [f"{run.accuracy(prompts):.1%}", *wrong, f"{run.central:.0%}", f"{asked:.0%}"]
        rows.append([run.name, *right, f"{run.dollars:.2f}", f"{mean:.0f} / {middle:.0f}"])
    return table([*head, "classifier asked", "$ per 1,000", "ms to first token, mean / median"], rows)


def languages(runs: Sequence[Run], prompts: Sequence[Prompt]) -> str:
    rows = [
        [run.name, *(f"{run.accuracy(prompts, language):.0%}" for language in LANGUAGES)]
        for run in runs
        if len(set(run.sides)) > 1
    ]
    return table(["right side", *LANGUAGES.values()], rows)


def refusals() -> str:
    rows = []
    for split in SPLITS:
        openings = read_openings(split)
        for code, name in LANGUAGES.items():
            rows.append(_detection(f"{split}, {name}", [one for one in openings if one.language == code]))
        rows.append(_detection(f"**{split}, all**", openings))
    head = ("openings", "missed", "false alarms", "held back: median", "95%", "most", "first delta passes at once")
    return table(head, rows)


def _detection(name: str, openings: Sequence[Opening]) -> list[str]:
    found = detect(openings)
    counts = [f"{found.missed} of {found.refusals}", f"{found.false_alarms} of {found.answers}"]
    return [name, *counts, *map(str, found.characters), f"{found.first_delta:.0%}"]


def durations(prompts: Sequence[Prompt], classifier: Sequence[float]) -> str:
    texts = [prompt.text for prompt in prompts]
    time_decisions(texts[:20])
    rows = [_times("`decide`, CPython", time_decisions(texts), "us")]
    rows.append(_times("`decide`, Pyodide", in_pyodide("timing", "time_decisions(texts)", texts), "us"))
    added, late = in_pyodide("first_token", "await time_first_tokens(texts)", texts)
    rows.append(_times("what routing adds to the first token, Pyodide", [ms * 1000 for ms in added], "us"))
    rows.append(_times("first token where the classifier never answers (deadline: 300 ms)", late, "ms"))
    if classifier:
        rows.append(_times("local classifier, where asked", classifier, "ms"))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return table(["time", "median", "p99"], rows) + f"\n\nMeasured with {os.cpu_count()} CPUs, load average {load}."


def _times(name: str, times: Sequence[float], unit: str) -> list[str]:
    return [name, f"{median(times):.0f} {unit}", f"{quantiles(times, n=100)[-1]:.0f} {unit}"]


def in_pyodide(module: str, expression: str, texts: list[str]) -> Any:
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "texts.json"
        file.write_text(json.dumps(texts))
        packages = compiled(Path(temporary))
        command: list[str | Path] = [
            node(),
            HERE / "timing.mjs",
            packages,
            STDLIB,
            HERE / f"{module}.py",
            expression,
            file,
        ]
        return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
