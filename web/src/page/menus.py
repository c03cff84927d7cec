"""Menus, and the question that is asked before something is gone for good."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import js
from pyodide.ffi import to_js

from page.dom import by_id, element, icon, on


class Item(NamedTuple):
    icon: str
    label: str
    choose: Callable[[], object]
    is_dangerous: bool = False


class Menu:
    """A popover, which the browser closes by Escape and by a click elsewhere. It is filled when it opens."""

    def __init__(self, root: Any, fill: Callable[[], Sequence[Any]]) -> None:
        """`fill` gives an `Item` for what can be chosen, and elements that are only read."""
        self._root = root
        self._fill = fill
        self._items: list[Item] = []
        self._opener: Any = None
        on(root, "beforetoggle", self._on_toggle)
        on(root, "toggle", self._on_toggled)
        on(root, "click", self._on_click)
        on(root, "keydown", self._on_key)

    def open(self, opener: Any) -> None:
        self._opener = opener
        self._root.showPopover(to_js({"source": opener}, dict_converter=js.Object.fromEntries))

    def refresh(self) -> None:
        """There is something else to choose from."""
        if self._root.matches(":popover-open"):
            self._show()
            self._focus(0)

    def _on_toggle(self, event: Any) -> None:
        if event.newState == "open":
            self._show()

    def _show(self) -> None:
        entries = self._fill()
        self._items = [entry for entry in entries if isinstance(entry, Item)]
        self._root.replaceChildren(*map(_entry, entries))

    def _on_toggled(self, event: Any) -> None:
        if self._opener:
            self._opener.setAttribute("aria-expanded", "true" if event.newState == "open" else "false")
        if event.newState == "open":
            self._focus(0)

    def _on_click(self, event: Any) -> None:
        button = event.target.closest("button")
        if button:
            index = list(self._buttons()).index(button)
            self._root.hidePopover()
            self._items[index].choose()

    def _on_key(self, event: Any) -> None:
        buttons = list(self._buttons())
        if event.key not in ("ArrowDown", "ArrowUp", "Home", "End") or not buttons:
            return
        event.preventDefault()
        here = buttons.index(js.document.activeElement) if js.document.activeElement in buttons else -1
        place = {"ArrowDown": here + 1, "ArrowUp": max(here, 0) - 1, "Home": 0, "End": -1}[event.key]
        self._focus(place % len(buttons))

    def _focus(self, index: int) -> None:
        buttons = list(self._buttons())
        if buttons:
            buttons[index].focus()

    def _buttons(self) -> Any:
        return self._root.querySelectorAll("button")


def _entry(entry: Any) -> Any:
    if not isinstance(entry, Item):
        return entry
    class_name = "danger" if entry.is_dangerous else ""
    return element("button", icon(entry.icon), entry.label, class_name=class_name, type="button", role="menuitem")


class Confirmation:
    """A dialog that asks for a yes."""

    def __init__(self) -> None:
        self._dialog = by_id("confirm")
        self._answer: asyncio.Future[bool] | None = None
        on(by_id("confirm-yes"), "click", lambda _event: self._close(True))
        on(by_id("confirm-no"), "click", lambda _event: self._close(False))
        on(self._dialog, "close", lambda _event: self._close(False))

    async def ask(self, question: str, text: str, yes: str) -> bool:
        by_id("confirm-title").textContent = question
        by_id("confirm-text").textContent = text
        by_id("confirm-yes").textContent = yes
        self._answer = asyncio.get_running_loop().create_future()
        self._dialog.showModal()
        return await self._answer

    def _close(self, answer: bool) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(answer)
            self._dialog.close()
