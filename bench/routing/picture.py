"""The strategies as bars, in SVG."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from bench.routing.data import Prompt
from bench.routing.strategies import Run

ROW, BAR, LEFT, WIDTH = 26, 16, 190, 150
PANELS = ("right side (measured)", "$ per 1,000 requests (modelled)", "mean ms to first token (modelled)")
COLOURS = ("#2f6f4f", "#b0622d", "#3b5f9e")
STYLE = "text{font:13px system-ui,sans-serif;fill:#222}@media(prefers-color-scheme:dark){text{fill:#ddd}}"


def draw(runs: Sequence[Run], prompts: Sequence[Prompt]) -> str:
    values = [(run.accuracy(prompts), run.dollars, run.ttft[0]) for run in runs]
    shown = [(f"{right:.0%}", f"{dollars:.2f}", f"{time:.0f}") for right, dollars, time in values]
    step = WIDTH + 90
    parts = [f'<text x="{LEFT + step * at}" y="18">{escape(panel)}</text>' for at, panel in enumerate(PANELS)]
    for row, run in enumerate(runs):
        y = 32 + ROW * row
        parts.append(f'<text x="{LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(run.name)}</text>')
        for at, colour in enumerate(COLOURS):
            x = LEFT + step * at
            width = WIDTH * values[row][at] / max(value[at] for value in values)
            parts.append(f'<rect x="{x}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>')
            parts.append(f'<text x="{x + width + 6:.1f}" y="{y + 13}">{shown[row][at]}</text>')
    size = f'viewBox="0 0 {LEFT + step * len(PANELS) + 20} {40 + ROW * len(runs)}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<style>{STYLE}</style>\n{body}\n</svg>\n'
