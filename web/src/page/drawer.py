"""The sidebar as a whole: folded away where there is room, a drawer above the chat where there is none."""

from collections.abc import MutableMapping
from typing import Any

import js

from page.dom import by_id, on

_KEY = "edgechat.sidebar"


class Drawer:
    def __init__(self, store: MutableMapping[str, str]) -> None:
        self._store = store
        self._sidebar, self._stage, self._veil = by_id("sidebar"), by_id("stage"), by_id("veil")
        self._open, self._close = by_id("open-sidebar"), by_id("close-sidebar")
        self._narrow = js.matchMedia("(width < 48rem)")
        on(self._open, "click", lambda _event: self.open())
        on(self._close, "click", lambda _event: self.close())
        on(self._veil, "click", lambda _event: self.close())
        on(self._sidebar, "keydown", self._on_key)
        on(self._sidebar, "click", self._on_click)
        on(self._narrow, "change", lambda _event: self._tell(False))
        self._tell(False)

    @property
    def is_open(self) -> bool:
        if self._narrow.matches:
            return bool(js.document.body.hasAttribute("data-drawer"))
        return bool(js.document.documentElement.dataset.sidebar != "closed")

    def toggle(self) -> None:
        if self.is_open:
            self.close()
        else:
            self.open()

    def open(self) -> None:
        if self._narrow.matches:
            self._tell(True)
        else:
            js.document.documentElement.dataset.sidebar = self._store[_KEY] = "open"
            self._tell(False)
        self._close.focus()

    def close(self) -> None:
        if not self._narrow.matches:
            js.document.documentElement.dataset.sidebar = self._store[_KEY] = "closed"
        self._tell(False)
        self._open.focus()

    def _tell(self, is_drawn: bool) -> None:
        """What lies under the drawer can be neither reached nor read."""
        js.document.body.toggleAttribute("data-drawer", is_drawn)
        self._stage.inert = is_drawn
        self._veil.hidden = not is_drawn
        for button in (self._open, self._close):
            button.setAttribute("aria-expanded", "true" if self.is_open else "false")

    def _on_click(self, event: Any) -> None:
        if event.target.closest("a"):
            self._tell(False)

    def _on_key(self, event: Any) -> None:
        if event.key == "Escape" and self._narrow.matches and not event.target.closest("[popover]"):
            self.close()
