"""Elements and events. Text only ever becomes text: nothing here takes markup.

Elements are JavaScript's own, so they are `Any` to the type checker.
"""

from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import create_proxy

_SVG = "http://www.w3.org/2000/svg"

type Handler = Callable[[Any], object]
type Attribute = str | int | bool | None


def element(name: str, *children: Any, class_name: str = "", **attributes: Attribute) -> Any:
    """An element with its children, which are elements or text.

    `aria_label="Copy"` becomes `aria-label`; True is an attribute without a value, False and None are none at all.
    """
    made = js.document.createElement(name)
    if class_name:
        made.className = class_name
    for attribute, value in attributes.items():
        put_attribute(made, attribute, value)
    if children:
        made.append(*children)
    return made


def put_attribute(target: Any, name: str, value: Attribute) -> None:
    name = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        target.removeAttribute(name)
    else:
        target.setAttribute(name, "" if value is True else str(value))


def icon(name: str) -> Any:
    """One of the symbols in `index.html`. It says nothing to a screen reader: what it stands in needs a name."""
    picture, use = (js.document.createElementNS(_SVG, tag) for tag in ("svg", "use"))
    picture.setAttribute("aria-hidden", "true")
    use.setAttribute("href", f"#icon-{name}")
    picture.append(use)
    return picture


def by_id(id: str) -> Any:
    return js.document.getElementById(id)


class Scope:
    """Listeners and proxies that end together, with what they belong to."""

    def __init__(self) -> None:
        self._ends: list[Callable[[], object]] = []

    def on(self, target: Any, event: str, handler: Handler) -> None:
        proxy = create_proxy(handler)
        target.addEventListener(event, proxy)

        def end() -> None:
            target.removeEventListener(event, proxy)
            proxy.destroy()

        self._ends.append(end)

    def add(self, end: Callable[[], object]) -> None:
        """Something else to be done at the end, such as `observer.disconnect`."""
        self._ends.append(end)

    def close(self) -> None:
        while self._ends:
            self._ends.pop()()


_page = Scope()


def on(target: Any, event: str, handler: Handler, scope: Scope = _page) -> None:
    """Listens as long as the scope lasts; without one, as long as the page."""
    scope.on(target, event, handler)
