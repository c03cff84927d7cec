"""What happens in other tabs shows here too."""

from collections.abc import Coroutine
from typing import Any, Protocol

import js

from page.conversation import Conversation
from page.dom import on
from page.drafts import Drafts
from page.library import Library
from page.tabs import Deleted, Ended, Renamed, Started, UserChanged, read_news


class Mirrored(Protocol):
    @property
    def current(self) -> Conversation: ...

    def run(self, work: Coroutine[Any, Any, object]) -> None: ...

    def show_queue(self) -> None: ...

    def forget(self) -> None: ...


class Mirror:
    def __init__(self, channel: Any, library: Library, app: Mirrored) -> None:
        self._library = library
        self._app = app
        on(channel, "message", self._on_news)
        on(js.window, "storage", self._on_storage)

    def _on_news(self, event: Any) -> None:
        current = self._app.current
        match read_news(str(event.data)):
            case Started(chat_id, title, question, parent_id):
                self._library.touch(chat_id, title)
                if chat_id == current.id:
                    self._app.run(current.follow(question, parent_id, title))
            case Ended(chat_id) if chat_id == current.id:
                self._app.run(current.load())
            case Renamed(chat_id, title):
                self._library.renamed(chat_id, title)
            case Deleted(chat_id):
                self._library.deleted(chat_id)
            case UserChanged():
                self._app.forget()

    def _on_storage(self, event: Any) -> None:
        """What waits is the same in all tabs."""
        if event.key == Drafts.key(self._app.current.id):
            self._app.show_queue()
