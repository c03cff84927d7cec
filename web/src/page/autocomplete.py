"""Grey words behind what one types, where one has switched them on: Tab takes them, Escape and any other key do not.

They never come while an input method is composing, and a screen reader is told of them once they are whole.
"""

import asyncio
from typing import Any

import js
from pyodide.ffi import create_proxy

from edgechat.chat import Completion
from edgechat.http import Fetch
from page.browser import spawn
from page.dom import by_id, on
from page.pace import Pace
from page.strings import t

PAUSE_MS = 250
"""Without a key, after which one is asked for."""
LEAST = 3
"""Characters."""
_QUIET = ("Shift", "Control", "Alt", "Meta", "CapsLock", "Process", "Unidentified")


class Autocomplete:
    def __init__(self, fetch: Fetch) -> None:
        self._prompt, self._ghost, self._status, self._switch = map(
            by_id, ("prompt", "ghost", "suggestion", "complete")
        )
        self._completion = Completion(fetch, "/api/complete", on_change=self._show)
        self._asking: asyncio.Task[None] | None = None
        self._typed = ""
        self._pace: Pace | None = None
        self._is_composing = False
        self._timer = 0
        # One proxy for the life of the page: a timer that is cleared never calls its own.
        self._ask = create_proxy(self._begin)
        on(self._prompt, "input", lambda _event: self._wait())
        on(self._prompt, "keydown", self._on_key)
        on(self._prompt, "blur", lambda _event: self.clear())
        on(self._prompt, "pointerdown", lambda _event: self.clear())
        on(self._prompt, "compositionstart", lambda _event: self._compose(True))
        on(self._prompt, "compositionend", lambda _event: self._compose(False))

    @property
    def text(self) -> str:
        """What is shown."""
        return str(self._ghost.lastElementChild.textContent)

    def clear(self) -> None:
        """Nothing is shown, and nothing comes any more: the call is cancelled."""
        js.clearTimeout(self._timer)
        if self._asking:
            self._asking.cancel()
            self._asking = None
        self._put("")

    def _compose(self, is_composing: bool) -> None:
        self._is_composing = is_composing
        self._wait()

    def _wait(self) -> None:
        """For a pause."""
        self.clear()
        if self._switch.checked and not self._is_composing and self._is_at_end():
            self._timer = js.setTimeout(self._ask, PAUSE_MS)

    def _is_at_end(self) -> bool:
        text = str(self._prompt.value)
        is_whole = self._prompt.scrollHeight <= self._prompt.clientHeight + 1
        at_end = self._prompt.selectionStart == self._prompt.textLength
        return len(text.strip()) >= LEAST and not text.endswith("\n") and at_end and is_whole

    def _on_key(self, event: Any) -> None:
        if event.isComposing or event.key in _QUIET:
            return
        is_shown = bool(self.text)
        if is_shown and event.key == "Tab" and not (event.shiftKey or event.ctrlKey or event.altKey or event.metaKey):
            event.preventDefault()
            self._accept()
            return
        if is_shown and event.key == "Escape":
            event.preventDefault()
        self.clear()

    def _accept(self) -> None:
        text = self.text
        self.clear()
        end = self._prompt.textLength
        self._prompt.setRangeText(text, end, end, "end")
        self._prompt.dispatchEvent(js.Event.new("input"))

    def _begin(self) -> None:
        self._typed = str(self._prompt.value)
        self._pace = Pace("suggested")
        spawn(self._complete(self._typed))

    async def _complete(self, typed: str) -> None:
        self._asking = task = asyncio.current_task()
        await self._completion.complete(typed)
        if self._asking is task:
            self._asking = None
            self._status.textContent = t("suggestion", text=self.text.strip()) if self.text else ""

    def _show(self) -> None:
        text = following(self._typed, self._completion.completion)
        if text and self._asking and self._prompt.value == self._typed:
            if self._pace:
                self._pace.end()
            self._put(text)

    def _put(self, text: str) -> None:
        before, after = self._ghost.children
        before.textContent = self._prompt.value if text else ""
        after.textContent = text
        if not text:
            self._status.textContent = ""


def following(typed: str, completion: str) -> str:
    """What of a completion may stand behind what was typed: one line, which does not say it again."""
    text = completion
    if text.lstrip().casefold().startswith(typed.strip().casefold()):
        text = text.lstrip()[len(typed.strip()) :]
    text = text.lstrip("\n").split("\n")[0].rstrip()
    if not text.strip():
        return ""
    if typed[-1:].isspace():
        return text.lstrip()
    return text if text[0].isspace() or not text[0].isalnum() or not typed[-1:].isalnum() else f" {text}"
