"""What the page offers besides chat: voice, reading aloud, suggestions, labels. One module for each; here they meet."""

from typing import Any, Protocol

import js

from edgechat.errors import EdgeChatError
from edgechat.http import Fetch
from edgechat.ui.messages import UIMessage
from page.api import API
from page.autocomplete import Autocomplete
from page.browser import LocalStorage, spawn
from page.conversation import Conversation
from page.dom import by_id, on
from page.labels import Labels
from page.speaker import Speaker
from page.voice import Voice


class Hosting(Protocol):
    """The page around them."""

    def say(self, text: str) -> str:
        """Sends a message. Gives the id of its conversation."""
        ...

    def show_reading(self, message_id: str, is_reading: bool) -> None: ...

    def show_labels(self) -> None: ...

    def tell(self, text: str) -> None: ...

    def tell_error(self, error: EdgeChatError) -> None: ...


class Workloads:
    def __init__(self, api: API, fetch: Fetch, store: LocalStorage, host: Hosting) -> None:
        self._host = host
        self._spoken_in = ""
        """The conversation that waits for an answer to what was spoken."""
        self.speaker = Speaker(api, host.show_reading, host.tell_error)
        self.labels = Labels(api, store, host.show_labels)
        self.autocomplete = Autocomplete(fetch)
        self._voice = Voice(api, self)
        on(by_id("labels"), "change", lambda _event: host.show_labels())
        on(js.document, "keydown", self._on_key)

    def answered(self, conversation: Conversation, answer: UIMessage | None) -> None:
        """What was asked for here has its answer, or none."""
        is_awaited = self._spoken_in == conversation.id
        if is_awaited:
            self._spoken_in = ""
        if answer is None:
            return
        spawn(self.labels.ask(conversation))
        if is_awaited:
            self.speaker.read(answer)

    def leave(self) -> None:
        """Another conversation is on the screen: what was said belongs to this one."""
        self._spoken_in = ""
        self._voice.cancel()
        self.hush()

    def hush(self) -> None:
        """Nothing is suggested, and nothing read aloud."""
        self.autocomplete.clear()
        self.speaker.stop()

    def listening(self) -> None:
        self.hush()

    def heard(self, text: str) -> None:
        self._spoken_in = self._host.say(text)

    def tell(self, text: str) -> None:
        self._host.tell(text)

    def tell_error(self, error: EdgeChatError) -> None:
        self._host.tell_error(error)

    def _on_key(self, event: Any) -> None:
        if event.key == "Escape" and not event.defaultPrevented and self.speaker.stop():
            event.preventDefault()
