"""Just enough of a browser for the page's Python to build elements in, outside of one.

Import it before the modules of the page.
"""

import sys
import time
from collections.abc import Callable, Iterator
from html import escape
from types import ModuleType
from typing import Any


class Text:
    def __init__(self, data: str) -> None:
        self.data = data
        self.parent: Element | None = None

    def appendData(self, more: str) -> None:  # noqa: N802
        self.data += more

    @property
    def length(self) -> int:
        return len(self.data)

    @property
    def textContent(self) -> str:  # noqa: N802
        return self.data

    @property
    def html(self) -> str:
        return escape(self.data, quote=False)

    def remove(self) -> None:
        if self.parent:
            self.parent.children = [child for child in self.parent.children if child is not self]
            self.parent = None

    def before(self, other: "Text") -> None:
        self._beside(other, 0)

    def after(self, other: "Text") -> None:
        self._beside(other, 1)

    def _beside(self, other: "Text", step: int) -> None:
        assert self.parent
        other.remove()
        index = next(index for index, child in enumerate(self.parent.children) if child is self)
        self.parent.children.insert(index + step, other)
        other.parent = self.parent


class Element(Text):
    def __init__(self, name: str) -> None:
        super().__init__("")
        self.name = name
        self.attributes: dict[str, str] = {}
        self.children: list[Text] = []
        self.listeners: dict[str, list[Callable[[Any], object]]] = {}
        self.scrollTop = self.scrollHeight = self.clientHeight = 0

    def append(self, *children: "Text | str") -> None:
        for child in children:
            node = Text(child) if isinstance(child, str) else child
            node.remove()
            node.parent = self
            self.children.append(node)

    def replaceChildren(self, *children: "Text | str") -> None:  # noqa: N802
        for child in list(self.children):
            child.remove()
        self.append(*children)

    def setAttribute(self, name: str, value: str) -> None:  # noqa: N802
        self.attributes[name] = value

    def removeAttribute(self, name: str) -> None:  # noqa: N802
        self.attributes.pop(name, None)

    def toggleAttribute(self, name: str, wanted: bool) -> None:  # noqa: N802
        if wanted:
            self.attributes[name] = ""
        else:
            self.attributes.pop(name, None)

    @property
    def hidden(self) -> bool:
        return "hidden" in self.attributes

    @hidden.setter
    def hidden(self, wanted: bool) -> None:
        self.toggleAttribute("hidden", wanted)

    @property
    def open(self) -> bool:
        return "open" in self.attributes

    @open.setter  # noqa: A003
    def open(self, wanted: bool) -> None:
        self.toggleAttribute("open", wanted)

    def addEventListener(self, event: str, listener: Callable[[Any], object]) -> None:  # noqa: N802
        self.listeners.setdefault(event, []).append(listener)

    def removeEventListener(self, event: str, listener: Callable[[Any], object]) -> None:  # noqa: N802
        self.listeners[event].remove(listener)

    @property
    def className(self) -> str:  # noqa: N802
        return self.attributes.get("class", "")

    @className.setter
    def className(self, value: str) -> None:  # noqa: N802
        self.attributes["class"] = value

    @property
    def textContent(self) -> str:  # noqa: N802
        return "".join(child.textContent for child in self.children)

    @textContent.setter
    def textContent(self, text: str) -> None:  # noqa: N802
        self.replaceChildren(*([text] if text else []))

    @property
    def html(self) -> str:
        return self.html_around("".join(child.html for child in self.children))

    def html_around(self, inner: str) -> str:
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in sorted(self.attributes.items()))
        return f"<{self.name}{attributes}>{inner}</{self.name}>"

    def all(self, name: str = "") -> Iterator["Element"]:
        """The elements in here, or those of this name, in their order."""
        for child in self.children:
            if isinstance(child, Element):
                if name in ("", child.name):
                    yield child
                yield from child.all(name)


class Document:
    def createElement(self, name: str) -> Element:  # noqa: N802
        return Element(name)

    def createElementNS(self, _namespace: str, name: str) -> Element:  # noqa: N802
        return Element(name)

    def createTextNode(self, data: str) -> Text:  # noqa: N802
        return Text(data)


class Performance:
    def now(self) -> float:
        return time.perf_counter() * 1000


class Proxy:
    """Of a Python function, as `create_proxy` makes it."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function
        self.is_destroyed = False

    def __call__(self, *arguments: object) -> object:
        assert not self.is_destroyed
        return self._function(*arguments)

    def destroy(self) -> None:
        self.is_destroyed = True


class ResizeObserver:
    @staticmethod
    def new(_callback: object) -> "ResizeObserver":
        return ResizeObserver()

    def observe(self, _element: Element) -> None:
        pass


frames: list[Callable[[float], object]] = []


def request_animation_frame(callback: Callable[[float], object]) -> int:
    frames.append(callback)
    return len(frames)


def run_frames() -> None:
    """Until nobody asks for another one."""
    while frames:
        frames.pop(0)(0.0)


js = sys.modules.setdefault("js", ModuleType("js"))
js.__dict__.update(
    document=Document(),
    performance=Performance(),
    ResizeObserver=ResizeObserver,
    requestAnimationFrame=request_animation_frame,
    setTimeout=lambda callback, delay: None,
)
_ffi = ModuleType("pyodide.ffi")
_ffi.__dict__.update(
    create_proxy=Proxy, create_once_callable=Proxy, to_js=lambda value, **_: value, JsException=Exception
)
sys.modules.setdefault("pyodide", ModuleType("pyodide"))
sys.modules.setdefault("pyodide.ffi", _ffi)
