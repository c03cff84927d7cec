"""The strategies as bars, in SVG."""

from collections.abc import Sequence

from bench.routing.data import Prompt
from bench.routing.strategies import Run
from bench.svg import bar, svg, text

ROW, LEFT, WIDTH = 26, 190, 150
PANELS = ("right side (measured)", "$ per 1,000 requests (modelled)", "mean ms to first token (modelled)")
COLOURS = ("#2f6f4f", "#b0622d", "#3b5f9e")


def draw(runs: Sequence[Run], prompts: Sequence[Prompt]) -> str:
    values = [(run.accuracy(prompts), run.dollars, run.ttft[0]) for run in runs]
    shown = [(f"{right:.0%}", f"{dollars:.2f}", f"{time:.0f}") for right, dollars, time in values]
    step = WIDTH + 90
    parts = [text(LEFT + step * at, 5, panel) for at, panel in enumerate(PANELS)]
    for row, run in enumerate(runs):
        y = 32 + ROW * row
        parts.append(text(LEFT - 10, y, run.name, "end"))
        for at, colour in enumerate(COLOURS):
            x = LEFT + step * at
            width = WIDTH * values[row][at] / max(value[at] for value in values)
            parts.append(bar(x, y, width, colour))
            parts.append(text(x + width + 6, y, shown[row][at]))
    return svg(LEFT + step * len(PANELS) + 20, 40 + ROW * len(runs), parts)
