"""Reads answers aloud, a few sentences at a time: the next ones are fetched while the first are heard."""

import asyncio
from collections.abc import Callable

import js
from pyodide.ffi import JsException, to_js

from edgechat.errors import EdgeChatError
from edgechat.ui.messages import UIMessage
from page.api import API, Sound
from page.browser import spawn
from page.dom import Scope
from page.pace import Pace
from page.sentences import pieces


class Speaker:
    def __init__(
        self, api: API, on_change: Callable[[str, bool], object], tell_error: Callable[[EdgeChatError], object]
    ) -> None:
        """`on_change` is told of a message, by its id, that it begins or ceases to be read."""
        self._api = api
        self._on_change = on_change
        self._tell_error = tell_error
        self._message_id = ""
        self._task: asyncio.Task[None] | None = None

    def is_reading(self, message_id: str) -> bool:
        return self._message_id == message_id

    def toggle(self, message: UIMessage) -> None:
        if self.is_reading(message.id):
            self.stop()
        else:
            self.read(message)

    def read(self, message: UIMessage) -> None:
        self.stop()
        self._message_id = message.id
        self._on_change(message.id, True)

        async def read() -> None:
            self._task = task = asyncio.current_task()
            try:
                await self._read(pieces(message.text))
            except EdgeChatError as error:
                self._tell_error(error)
            finally:
                if self._task is task:
                    self._end()

        spawn(read())

    def stop(self) -> bool:
        """Whether something was being read."""
        if not self._task:
            return False
        self._task.cancel()
        self._end()
        return True

    def _end(self) -> None:
        message_id, self._message_id, self._task = self._message_id, "", None
        self._on_change(message_id, False)

    async def _read(self, texts: list[str]) -> None:
        pace = Pace("spoken")
        coming = self._fetch(texts[0]) if texts else None
        try:
            for following in [*texts[1:], ""]:
                if coming is None:
                    return
                sound = await coming
                coming = self._fetch(following) if following else None
                await _play(sound, pace.end)
        finally:
            if coming:
                coming.cancel()

    def _fetch(self, text: str) -> "asyncio.Future[Sound]":
        return asyncio.ensure_future(self._api.speech(text, str(js.document.documentElement.lang)))


async def _play(sound: Sound, on_begin: Callable[[], object]) -> None:
    """To its end. A sound that the browser cannot play is over at once."""
    options = to_js({"type": sound.media_type}, dict_converter=js.Object.fromEntries)
    url = js.URL.createObjectURL(js.Blob.new(to_js([to_js(sound.data)]), options))
    audio = js.Audio.new(url)
    scope = Scope()
    ended = asyncio.Event()
    for event in ("ended", "error"):
        scope.on(audio, event, lambda _event: ended.set())
    try:
        await audio.play()
        on_begin()
        await ended.wait()
    except JsException:
        return
    finally:
        scope.close()
        audio.pause()
        js.URL.revokeObjectURL(url)
