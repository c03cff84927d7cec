"""Pictures of bars that are read on light and on dark pages."""

from collections.abc import Sequence
from typing import Literal
from xml.sax.saxutils import escape

BAR = 16
"""The height of one."""
_STYLE = "text{font:13px system-ui,sans-serif;fill:#222}@media(prefers-color-scheme:dark){text{fill:#ddd}}"


def text(x: float, y: float, content: str, anchor: Literal["start", "middle", "end"] = "start") -> str:
    """`y` is the top of a bar that it stands beside."""
    return f'<text x="{x:.1f}" y="{y + 13:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


def bar(x: float, y: float, width: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'


def mark(x: float, y: float) -> str:
    """Across a bar, on any colour."""
    return f'<path d="M{x:.1f} {y - 4:.1f}v{BAR + 8}" stroke="#fff" stroke-width="4"/>' + (
        f'<path d="M{x:.1f} {y - 4:.1f}v{BAR + 8}" stroke="#c2185b" stroke-width="2"/>'
    )


def svg(width: float, height: float, parts: Sequence[str]) -> str:
    size = f'viewBox="0 0 {width:.0f} {height:.0f}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n<style>{_STYLE}</style>\n{body}\n</svg>\n'
