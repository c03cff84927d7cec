"""When the page is back: seen again after a while, or connected again."""

from collections.abc import Callable

import js

from page.dom import on

_AWAY = 5_000
"""Milliseconds that nobody has seen the page, after which something may have happened elsewhere."""


class Connection:
    def __init__(self, on_back: Callable[[], object], on_leave: Callable[[], object]) -> None:
        """`on_leave` is called when the page may be about to end."""
        self._on_back = on_back
        self._on_leave = on_leave
        self._hidden_at = 0.0
        on(js.window, "online", lambda _event: on_back())
        on(js.window, "pagehide", lambda _event: on_leave())
        on(js.document, "visibilitychange", self._on_visibility)

    @property
    def is_online(self) -> bool:
        return bool(js.navigator.onLine)

    def _on_visibility(self, _event: object) -> None:
        now = js.performance.now()
        if js.document.hidden:
            self._hidden_at = now
            self._on_leave()
        elif now - self._hidden_at > _AWAY:
            self._on_back()
