"""All chats of the reader: the list beside the open one."""

from collections.abc import Callable, Collection
from typing import Protocol

import js

from edgechat.errors import EdgeChatError
from page.api import API, Conversation
from page.browser import spawn
from page.listing import Listing
from page.menus import Confirmation
from page.sidebar import Sidebar
from page.strings import t
from page.tabs import Deleted, Renamed, Tabs


class Events(Protocol):
    """What an application is told of the list."""

    def deleted(self, chat_id: str) -> None: ...

    def renamed(self, chat_id: str, title: str) -> None: ...

    def tell_error(self, error: EdgeChatError) -> None: ...


class Library:
    def __init__(
        self, api: API, tabs: Tabs, confirmation: Confirmation, events: Events, label_of: Callable[[str], str]
    ) -> None:
        self._api = api
        self._tabs = tabs
        self._confirmation = confirmation
        self._events = events
        self._listing = Listing()
        self._cursor: str | None = None
        self.sidebar = Sidebar(self._listing, self, label_of)

    async def load(self) -> None:
        """The first page of the list."""
        try:
            page = await self._api.conversations()
        except EdgeChatError:
            return  # the chat that is open tells of it, if it fails as well
        self._add(page.chats, page.cursor)

    def show_more(self) -> None:
        async def load() -> None:
            try:
                page = await self._api.conversations(self._cursor)
            except EdgeChatError as error:
                self._events.tell_error(error)
            else:
                self._add(page.chats, page.cursor)

        spawn(load())

    def mark(self, current: str, busy: Collection[str]) -> None:
        """Which one is open, and in which an answer is being written."""
        self.sidebar.mark(current, busy)

    def touch(self, chat_id: str, title: str) -> None:
        """Something was written in it."""
        self._listing.touch(chat_id, title, int(js.Date.now()))
        self.sidebar.show()

    def search(self, words: str) -> None:
        async def find() -> None:
            try:
                hits = await self._api.search(words)
            except EdgeChatError as error:
                self._events.tell_error(error)
            else:
                self.sidebar.show_hits(words, hits)

        spawn(find())

    def rename(self, chat_id: str, title: str) -> None:
        async def rename() -> None:
            old = self._listing.find(chat_id)
            self.renamed(chat_id, title)
            try:
                await self._api.rename(chat_id, title)
            except EdgeChatError as error:
                if old:
                    self.renamed(chat_id, old.title)
                self._events.tell_error(error)
            else:
                self._tabs.tell(Renamed(chat_id, title))

        spawn(rename())

    def renamed(self, chat_id: str, title: str) -> None:
        """Here, or in another tab."""
        if known := self._listing.find(chat_id):
            self._listing.add([Conversation(chat_id, title, known.updated_at)])
        self._events.renamed(chat_id, title)
        self.sidebar.show()

    def delete(self, chat_id: str) -> None:
        async def delete() -> None:
            known = self._listing.find(chat_id)
            text = t("delete_chat_text", title=known.title if known else t("untitled"))
            if not await self._confirmation.ask(t("delete_chat"), text, t("delete")):
                return
            try:
                await self._api.delete(chat_id)
            except EdgeChatError as error:
                self._events.tell_error(error)
            else:
                self._tabs.tell(Deleted(chat_id))
                self.deleted(chat_id)

        spawn(delete())

    def deleted(self, chat_id: str) -> None:
        """Here, or in another tab."""
        self._listing.remove(chat_id)
        self.sidebar.show()
        self._events.deleted(chat_id)

    def _add(self, conversations: list[Conversation], cursor: str | None) -> None:
        self._listing.add(conversations)
        self._cursor = cursor
        self.sidebar.has_more = cursor is not None
        self.sidebar.show()
