"""The conversation on the screen. Streaming text is appended in place, once for each animation frame."""

from typing import Any

import js
from pyodide.ffi import create_proxy

from edgechat.ui.messages import UIMessage
from page.figures import figures_line
from page.strings import t

_NAMES = {"user": "you", "assistant": "answer"}


class ConversationView:
    def __init__(self) -> None:
        self._log = js.document.getElementById("log")
        self._messages: dict[str, MessageView] = {}
        self._changed: dict[str, MessageView] = {}
        self._frame = 0
        # One proxy for the life of the page: destroying it while a frame is pending would raise.
        self._on_frame = create_proxy(self._paint)

    def show(self, message: UIMessage, *, busy: bool = False, felt_ttft_ms: float | None = None) -> None:
        """Adds the message or brings its view up to date, with the next frame."""
        view = self._messages.get(message.id)
        if view is None:
            view = self._messages[message.id] = MessageView(message)
            self._log.append(view.element)
        view.busy, view.felt_ttft_ms = busy, felt_ttft_ms
        self._changed[message.id] = view
        if not self._frame:
            self._frame = js.requestAnimationFrame(self._on_frame)

    def clear(self) -> None:
        for view in self._messages.values():
            view.element.remove()
        self._messages.clear()
        self._changed.clear()

    def _paint(self, _time: float) -> None:
        self._frame = 0
        follow = self._log.scrollHeight - self._log.scrollTop - self._log.clientHeight < 80
        for view in self._changed.values():
            view.paint()
        self._changed.clear()
        if follow:
            self._log.scrollTop = self._log.scrollHeight


class MessageView:
    def __init__(self, message: UIMessage) -> None:
        self.busy = False
        self.felt_ttft_ms: float | None = None
        self._message = message
        self._shown = 0  # characters
        self._text = js.document.createTextNode("")
        body = _element("p")
        body.append(self._text)
        heading = _element("h2", class_name="hidden")
        heading.textContent = t(_NAMES[message.role])
        self._footer = _element("footer")
        self.element = _element("article")
        self.element.setAttribute("data-role", message.role)
        self.element.append(heading, body, self._footer)

    def paint(self) -> None:
        text = self._message.text
        if len(text) > self._shown:
            self._text.appendData(text[self._shown :])
            self._shown = len(text)
        self.element.toggleAttribute("data-busy", self.busy)
        self._footer.textContent = "" if self.busy else figures_line(self._message, self.felt_ttft_ms)


def _element(name: str, class_name: str = "") -> Any:
    element = js.document.createElement(name)
    if class_name:
        element.className = class_name
    return element
