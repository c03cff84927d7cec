"""The list of chats, by day; what can be done with each of them."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

import js
from pyodide.ffi import create_proxy

from page.api import Conversation, Hit
from page.browser import local_now
from page.dom import Scope, by_id, element, icon, on, put_attribute
from page.listing import Group, Listing
from page.menus import Item, Menu
from page.strings import t

HASH = "#chat="
_PAUSE = 200
"""Milliseconds without a key, after which one searches."""


class SidebarActions(Protocol):
    def show_more(self) -> None: ...

    def search(self, words: str) -> None: ...

    def rename(self, chat_id: str, title: str) -> None: ...

    def delete(self, chat_id: str) -> None: ...


class Sidebar:
    def __init__(self, listing: Listing, actions: SidebarActions, label_of: Callable[[str], str]) -> None:
        """`label_of` gives the topic of a chat, or nothing."""
        self._listing = listing
        self._actions = actions
        self._label_of = label_of
        self._root, self._search = by_id("chats"), by_id("search")
        self._menu = Menu(by_id("row-menu"), self._items)
        self._chosen = ""
        self._timer = 0
        # One proxy for the life of the page: a timer that is cleared never calls its own.
        self._ask = create_proxy(lambda: actions.search(self.words))
        self._hits: Sequence[Hit] | None = None
        self._current = ""
        self._busy: Collection[str] = ()
        self.has_more = False
        on(self._root, "click", self._on_click)
        on(self._search, "input", self._on_input)
        on(self._search, "keydown", self._on_search_key)

    @property
    def words(self) -> str:
        return str(self._search.value).strip()

    def show(self) -> None:
        """Draws it anew, but for a title that is being written."""
        if self._root.querySelector("input"):
            return
        if self.words:
            children = self._found()
        else:
            children = [child for group in self._listing.groups(local_now()) for child in self._group(group)]
            if self.has_more:
                children.append(element("button", t("show_more"), type="button"))
        if not children:
            children = [element("p", t("nothing_found") if self.words else t("no_chats"))]
        focused = js.document.activeElement
        held = str(focused.closest("li").dataset.id) if self._root.contains(focused) and focused.closest("li") else ""
        self._root.replaceChildren(*children)
        self._mark_rows()
        if held and (link := self._find(held, "a")):
            link.focus()

    def mark(self, current: str, busy: Collection[str]) -> None:
        """Which one is open, and in which an answer is being written."""
        self._current, self._busy = current, busy
        self._mark_rows()

    def _mark_rows(self) -> None:
        for row in self._root.querySelectorAll("li[data-id]"):
            put_attribute(row.firstElementChild, "aria_current", "page" if row.dataset.id == self._current else None)
            row.toggleAttribute("data-busy", row.dataset.id in self._busy)

    def _find(self, chat_id: str, selector: str = "") -> Any:
        return self._root.querySelector(f'li[data-id="{chat_id}"] {selector}'.strip())

    def show_hits(self, words: str, hits: Sequence[Hit]) -> None:
        if words == self.words:
            self._hits = hits
            self.show()

    def clear_search(self) -> None:
        js.clearTimeout(self._timer)
        self._search.value = ""
        self._hits = None

    def rename(self, chat_id: str) -> None:
        """Lets one write another title in the place of the old one."""
        known = self._listing.find(chat_id)
        row = self._find(chat_id)
        if not known or not row:
            return
        field = element("input", type="text", maxlength=200, aria_label=t("new_title"))
        field.value = known.title
        scope = Scope()

        def end(title: str) -> None:
            scope.close()
            field.remove()
            self.show()
            if title and title != known.title:
                self._actions.rename(chat_id, title)
            if link := self._find(chat_id, "a"):
                link.focus()

        def on_key(event: Any) -> None:
            if event.key in ("Enter", "Escape") and not event.isComposing:
                event.stopPropagation()
                end(" ".join(str(field.value).split()) if event.key == "Enter" else "")

        scope.on(field, "keydown", on_key)
        scope.on(field, "blur", lambda _event: end(" ".join(str(field.value).split())))
        row.replaceChildren(field)
        field.focus()
        field.select()

    def _items(self) -> list[Item]:
        chat_id = self._chosen
        return [
            Item("rename", t("rename"), lambda: self.rename(chat_id)),
            Item("delete", t("delete"), lambda: self._actions.delete(chat_id), is_dangerous=True),
        ]

    def _group(self, group: Group) -> list[Any]:
        rows = map(self._row, group.conversations)
        return [element("h2", _heading(group)), element("ul", *rows)]

    def _row(self, one: Conversation) -> Any:
        title = one.title or t("untitled")
        link = element(
            "a",
            element("span", title, dir="auto"),
            class_name="row",
            href=HASH + one.id,
        )
        if label := self._label_of(one.id):
            link.append(element("small", label))
        more = element(
            "button",
            icon("more"),
            class_name="icon",
            type="button",
            aria_haspopup="menu",
            aria_expanded="false",
            aria_label=t("actions_for", title=title),
        )
        row = element("li", link, more)
        row.dataset.id = one.id
        return row

    def _found(self) -> list[Any]:
        titled = self._listing.matching(self.words)
        children = [element("ul", *map(self._row, titled))] if titled else []
        if hits := self._hits:
            children.append(element("ul", *map(_hit, hits)))
        return children

    def _on_click(self, event: Any) -> None:
        button = event.target.closest("button")
        row = event.target.closest("li")
        if button and not row:
            self._actions.show_more()
        elif button:
            self._chosen = str(row.dataset.id)
            self._menu.open(button)

    def _on_input(self, _event: Any) -> None:
        js.clearTimeout(self._timer)
        self._hits = None
        self.show()
        if self.words:
            self._timer = js.setTimeout(self._ask, _PAUSE)

    def _on_search_key(self, event: Any) -> None:
        if event.key == "Escape" and self.words:
            event.stopPropagation()
            self.clear_search()
            self.show()


def _heading(group: Group) -> str:
    match group.period:
        case "today":
            return t("today")
        case "yesterday":
            return t("yesterday")
        case "last_7_days":
            return t("last_7_days")
        case "last_30_days":
            return t("last_30_days")
        case year, month:
            return month_name(year, month)


def month_name(year: int, month: int) -> str:
    options = js.Object.fromEntries(js.Object.entries(js.JSON.parse('{"year":"numeric","month":"long"}')))
    return str(js.Date.new(year, month - 1, 1).toLocaleDateString(js.document.documentElement.lang, options))


def _hit(hit: Hit) -> Any:
    pieces = [element("mark", piece.text) if piece.mark else piece.text for piece in hit.snippet]
    title = element("span", hit.title or t("untitled"), dir="auto")
    snippet = element("span", *pieces, class_name="snippet", dir="auto")
    return element("li", element("a", title, snippet, class_name="row hit", href=HASH + hit.chat_id))
