"""What is done by a key, or by "New chat"."""

from typing import Any, Protocol

import js

from page.conversation import Conversation
from page.dom import by_id, on
from page.drawer import Drawer
from page.keyboard import Command, on_key


class Commanded(Protocol):
    @property
    def current(self) -> Conversation: ...

    def begin(self) -> None: ...

    def stop(self) -> None: ...


class Commands:
    def __init__(self, drawer: Drawer, app: Commanded) -> None:
        self._drawer = drawer
        self._app = app
        on(js.document, "keydown", on_key(self._run))
        for link in js.document.querySelectorAll("a[href='/']"):
            on(link, "click", self._on_new)

    def _run(self, command: Command) -> bool:
        match command:
            case "stop" if self._app.current.busy:
                self._app.stop()
            case "stop":
                return False
            case "new":
                self._app.begin()
            case "search":
                self._drawer.open()
                by_id("search").focus()
            case "focus":
                by_id("prompt").focus()
            case "help":
                by_id("settings").showModal()
        return True

    def _on_new(self, event: Any) -> None:
        if not (event.ctrlKey or event.metaKey or event.shiftKey):  # another tab or window
            event.preventDefault()
            self._app.begin()
