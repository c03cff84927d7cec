"""Keeps the end of the log in sight while the reader is there, and leaves who reads elsewhere alone."""

from typing import Any

import js
from pyodide.ffi import create_proxy

from page.dom import element, icon, on
from page.strings import t

_NEAR = 24  # pixels from the end that still are the end


class Follow:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._is_on = True
        self._top = 0.0
        self._jump = element("button", icon("down"), t("jump"), type="button", class_name="jump", hidden=True)
        root.after(self._jump)
        on(root, "scroll", lambda _event: self._on_scroll())
        on(self._jump, "click", lambda _event: self.start())
        # The keyboard of a phone, or a composer that grows, must not hide the end.
        js.ResizeObserver.new(create_proxy(lambda *_: self.settle())).observe(root)

    def start(self) -> None:
        self._is_on = True
        self._jump.hidden = True
        self.settle()

    def settle(self) -> None:
        """After something was added."""
        if self._is_on:
            self._root.scrollTop = self._root.scrollHeight
            self._top = self._root.scrollTop
        else:
            self._on_scroll()

    def _on_scroll(self) -> None:
        top = self._root.scrollTop
        distance = self._root.scrollHeight - self._root.clientHeight - top
        if distance < _NEAR:
            self._is_on = True
        elif top < self._top:
            self._is_on = False  # only a reader goes up
        self._top = top
        self._jump.hidden = self._is_on or distance < self._root.clientHeight / 2
