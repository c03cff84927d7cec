"""The microphone button: hold it and speak, or press it, speak, and press again. What was heard is sent."""

import asyncio
from typing import Any, Literal, Protocol

import js
from pyodide.ffi import JsException, create_proxy

from edgechat.errors import APICallError, EdgeChatError
from page.api import API
from page.browser import spawn
from page.dom import by_id, on
from page.pace import Pace
from page.recorder import Recorder
from page.strings import t

HOLD_MS = 400
"""Who lets go later has held the button."""
LONGEST_MS = 60_000
"""Then what was said so far is sent."""

type State = Literal["idle", "asking", "recording", "transcribing"]


class VoiceEvents(Protocol):
    def listening(self) -> None:
        """A recording begins: nobody else is to speak."""
        ...

    def heard(self, text: str) -> None: ...

    def tell(self, text: str) -> None: ...

    def tell_error(self, error: EdgeChatError) -> None: ...


class Voice:
    def __init__(self, api: API, events: VoiceEvents) -> None:
        self._api = api
        self._events = events
        self._button, self._status, self._level = map(by_id, ("microphone", "voice", "level"))
        self._state: State = "idle"
        self._recorder: Recorder | None = None
        self._task: asyncio.Task[None] | None = None
        self._attempt = 0
        """Counts the recordings that were begun, and those that were cancelled."""
        self._pressed_at = 0.0
        self._began_by_press = False
        self._timer = 0
        # One proxy for the life of the page: a timer that is cleared never calls its own.
        self._finish_late = create_proxy(self._finish)
        self._button.hidden = not (js.window.isSecureContext and hasattr(js, "MediaRecorder"))
        on(self._button, "pointerdown", self._on_press)
        on(self._button, "click", self._on_click)
        on(js.document, "keydown", self._on_key)

    def _on_press(self, event: Any) -> None:
        if event.button == 0:
            self._pressed_at = event.timeStamp
            self._began_by_press = self._state == "idle"
            if self._began_by_press:
                self._button.setPointerCapture(event.pointerId)
                self._start()

    def _on_click(self, event: Any) -> None:
        """After a press, or by the keyboard, whose clicks have no number."""
        if event.detail and self._began_by_press:
            if event.timeStamp - self._pressed_at >= HOLD_MS:
                self._finish()
        elif self._state == "idle":
            self._start()
        else:
            self._finish()

    def _on_key(self, event: Any) -> None:
        if event.key == "Escape" and self._state != "idle" and not event.defaultPrevented:
            event.preventDefault()
            self.cancel()

    def cancel(self) -> None:
        """Nothing is sent."""
        self._attempt += 1
        if self._task:
            self._task.cancel()
        self._end()

    def _start(self) -> None:
        self._events.listening()
        self._attempt += 1
        self._show("asking")
        spawn(self._record(self._attempt))

    async def _record(self, attempt: int) -> None:
        """It is not cancelled: nobody would let go of the microphone that the browser gives in the end."""
        try:
            recorder = await Recorder.open(self._show_level)
        except JsException as error:
            if attempt == self._attempt:
                self._end()
                self._events.tell(t("mic_refused") if error.name == "NotAllowedError" else t("mic_missing"))
            return
        if attempt != self._attempt:
            recorder.close()
            return
        self._recorder = recorder
        self._show("recording")
        self._timer = js.setTimeout(self._finish_late, LONGEST_MS)

    def _finish(self) -> None:
        if self._state == "recording":
            self._show("transcribing")
            spawn(self._transcribe())

    async def _transcribe(self) -> None:
        assert self._recorder
        self._task = asyncio.current_task()
        pace = Pace("heard")
        try:
            text = await self._api.transcribe(await self._recorder.finish())
        except EdgeChatError as error:
            self._end()
            if isinstance(error, APICallError) and error.code == "nothing_heard":
                self._events.tell(t("nothing_heard"))
            else:
                self._events.tell_error(error)
            return
        pace.end()
        self._end()
        self._events.heard(text)

    def _end(self) -> None:
        self._task = None
        js.clearTimeout(self._timer)
        if self._recorder:
            self._recorder.close()
            self._recorder = None
        self._show("idle")

    def _show(self, state: State) -> None:
        self._state = state
        is_on = state in ("asking", "recording")
        self._button.setAttribute("aria-pressed", "true" if is_on else "false")
        self._button.toggleAttribute("data-busy", state == "transcribing")
        self._level.hidden = state != "recording"
        said = {
            "idle": "",
            "asking": t("mic_asking"),
            "recording": t("mic_recording"),
            "transcribing": t("mic_hearing"),
        }
        self._status.textContent = said[state]

    def _show_level(self, level: float) -> None:
        self._level.value = level
