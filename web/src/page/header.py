"""Above the conversation: its title, and what can be done with it as a whole."""

from collections.abc import Callable

import js

from page.browser import download
from page.conversation import Conversation
from page.dom import by_id
from page.export import file_name, to_json, to_markdown
from page.library import Library
from page.menus import Item, Menu
from page.strings import t

NAME = "edgechat"


class Header:
    def __init__(self, current: Callable[[], Conversation], library: Library, on_rename: Callable[[], object]) -> None:
        self._current = current
        self._library = library
        self._on_rename = on_rename
        self._title, self._button = by_id("title"), by_id("chat-actions")
        Menu(by_id("chat-menu"), self._items)

    def show(self) -> None:
        title = self._current().title
        js.document.title = f"{title} · {NAME}" if title else NAME
        self._title.firstElementChild.textContent = title or NAME
        self._title.toggleAttribute("data-unnamed", not title)
        self._button.hidden = not self._current().chat.messages

    def _items(self) -> list[Item]:
        chat_id = self._current().id
        return [
            Item("rename", t("rename"), self._on_rename),
            Item("download", t("export_markdown"), self._save_markdown),
            Item("download", t("export_json"), self._save_json),
            Item("delete", t("delete"), lambda: self._library.delete(chat_id), is_dangerous=True),
        ]

    def _save_markdown(self) -> None:
        current = self._current()
        text = to_markdown(current.title, current.chat.messages)
        download(file_name(current.title, "md"), text, "text/markdown;charset=utf-8")

    def _save_json(self) -> None:
        current = self._current()
        text = to_json(current.id, current.title, current.chat.messages)
        download(file_name(current.title, "json"), text, "application/json")
