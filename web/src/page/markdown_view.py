"""Markdown on the page while it streams: what is shown stays, and only what has changed is patched."""

from collections.abc import Callable, Sequence
from typing import Any

import js

from page.code_block import CodeBlock
from page.dom import element
from page.markdown import Close, Code, Inline, Item, MarkdownStream, Open, Text
from page.strings import t

REST = 8
"""Times as long as the last parse took, there is none: at most a ninth of the time goes into them."""


class MarkdownView:
    """Fills `root`. `is_behind` says that some text waits for the next `refresh`."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._stream = MarkdownStream()
        self._tree = _Tree(root, self._stream.parse_inline)
        self._rests_until = 0.0
        self.is_behind = False

    def append(self, text: str) -> None:
        if not text:
            return
        more = self._stream.append(text)
        if more is None or self.is_behind:
            self.is_behind = True
            self.refresh()
        elif more:
            self._tree.extend(more)

    def refresh(self) -> None:
        """Shows what waits, unless it would take too much of the time."""
        started = js.performance.now()
        if started < self._rests_until:
            return
        items, final = self._stream.parse()
        self._tree.show(items)
        self._tree.forget(final)
        self.is_behind = False
        ended = js.performance.now()
        self._rests_until = ended + REST * (ended - started)

    def clear(self) -> None:
        self._tree.clear()
        self._root.replaceChildren()

    def finish(self, whole: str) -> None:
        """All text has come, and it was this."""
        items, anew = self._stream.close(whole)
        if anew:
            self.clear()
        self._tree.show(items)
        self.is_behind = False


class _Placed:
    """An item, and what stands for it on the page."""

    __slots__ = ("inner", "item", "node", "view")

    def __init__(self, item: Item, parent: Any, parse_inline: Callable[[str], list[Item]]) -> None:
        self.item = item
        self.node: Any = None  # what has to be removed; None if that is done with another one
        self.inner: Any = parent  # where the children of an `Open` go
        self.view: _Tree | CodeBlock | None = None
        match item:
            case Open(tag="table", attributes=attributes):
                self.inner = element("table", **attributes)
                self.node = element(
                    "div", self.inner, class_name="table", role="group", tabindex=0, aria_label=t("table")
                )
            case Open(tag, attributes) if tag:
                self.node = self.inner = element(tag)
                for name, value in attributes.items():
                    self.node.setAttribute(name, value)
            case Text(text):
                self.node = js.document.createTextNode(text)
            case Code():
                self.view = CodeBlock(item)
                self.node = self.view.element
            case Inline(source):
                self.view = _Tree(parent, parse_inline)
                self.view.show(parse_inline(source))
        if self.node is not None:
            parent.append(self.node)

    def become(self, item: Item) -> bool:
        """Shows another item with the same node; false if that cannot be."""
        match self.item, item:
            case Text(old), Text(new) if new.startswith(old):
                self.node.appendData(new[len(old) :])
            case Text(), Text(new):
                self.node.data = new
            case Code(), Code() if isinstance(self.view, CodeBlock):
                self.view.become(item)
            case Inline(), Inline(source) if isinstance(self.view, _Tree):
                self.view.show(self.view.parse_inline(source))
            case _:
                return False
        self.item = item
        return True

    def extend(self, more: str) -> None:
        match self.item:
            case Text(text):
                self.become(Text(text + more))
            case Code(language, text):
                self.become(Code(language, text + more))
            case Inline(source) if isinstance(self.view, _Tree):
                self.view.extend(more)
                self.item = Inline(source + more)

    def remove(self) -> None:
        if self.view:
            self.view.clear()
        if self.node is not None:
            self.node.remove()


class _Tree:
    """Items below `root`, at its end."""

    def __init__(self, root: Any, parse_inline: Callable[[str], list[Item]]) -> None:
        self.parse_inline = parse_inline
        self._root = root
        self._placed: list[_Placed] = []
        self._final_code: list[_Placed] = []

    def show(self, items: Sequence[Item]) -> None:
        parents = [self._root]
        kept = 0
        for placed, item in zip(self._placed, items, strict=False):
            if placed.item != item:
                break
            _enter(placed, parents)
            kept += 1
        if kept < min(len(self._placed), len(items)):
            # What comes after goes first: nodes are only ever added at the end.
            self._remove(kept + 1)
            if self._placed[kept].become(items[kept]):
                kept += 1
        self._remove(kept)
        for item in items[kept:]:
            placed = _Placed(item, parents[-1], self.parse_inline)
            self._placed.append(placed)
            _enter(placed, parents)

    def extend(self, more: str) -> None:
        """Adds to the last text."""
        last = next(placed for placed in reversed(self._placed) if not isinstance(placed.item, Close))
        last.extend(more)

    def forget(self, final: int) -> None:
        """So many of the first items stay as they are, until all is cleared."""
        self._final_code += [placed for placed in self._placed[:final] if isinstance(placed.view, CodeBlock)]
        del self._placed[:final]

    def clear(self) -> None:
        self._remove(0)
        for placed in self._final_code:
            placed.remove()
        self._final_code.clear()

    def _remove(self, kept: int) -> None:
        for placed in reversed(self._placed[kept:]):
            placed.remove()
        del self._placed[kept:]


def _enter(placed: _Placed, parents: list[Any]) -> None:
    if isinstance(placed.item, Open):
        parents.append(placed.inner)
    elif isinstance(placed.item, Close):
        parents.pop()
