"""Colours for code: fetched with the first block, painted a little after the text.

The browser paints them (CSS Custom Highlight API); the text stays the one node that it is.
"""

from typing import Any, Protocol

import js
from pyodide.ffi import JsException, create_proxy

from page.browser import spawn

LONGEST = 50_000
"""Characters of code in colour; more is left as it is."""

_PAUSE_MS = 100
_REST = 8  # times as long as the last painting took


class Painted(Protocol):
    text: Any
    """The one text node."""

    @property
    def language(self) -> str: ...


class _Painter:
    def __init__(self) -> None:
        self._module: Any = None
        self._is_loading = False
        self._waiting: dict[Painted, None] = {}
        self._timer: Any = None
        self._on_timer: Any = None

    def colour(self, block: Painted) -> None:
        if not block.language:
            return
        self._waiting[block] = None
        if self._module:
            self._schedule(_PAUSE_MS)
        elif not self._is_loading:
            self._is_loading = True
            spawn(self._load())

    def forget(self, block: Painted) -> None:
        self._waiting.pop(block, None)
        if self._module:
            self._module.forget(block.text)

    async def _load(self) -> None:
        try:
            self._module = await js.edgechat.highlighter()
        except JsException:  # without the network; the next page may have it
            return
        self._on_timer = create_proxy(self._paint)
        self._paint()

    def _schedule(self, delay: float) -> None:
        if self._timer is None and self._waiting:
            self._timer = js.setTimeout(self._on_timer, delay)

    def _paint(self) -> None:
        """One block for each task."""
        self._timer = None
        if not self._waiting:
            return
        started = js.performance.now()
        block = next(iter(self._waiting))
        del self._waiting[block]
        if block.text.length <= LONGEST:
            self._module.highlight(block.text, block.language.lower())
        self._schedule(_REST * (js.performance.now() - started))


_painter = _Painter()
colour = _painter.colour
forget = _painter.forget
