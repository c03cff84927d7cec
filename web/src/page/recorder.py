"""A recording by the microphone, as the browser makes it: WebM or Ogg with Opus, or MP4."""

import asyncio
from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import JsException, create_proxy, to_js

from page.dom import Scope

BITS = 32_000
"""A second: enough for speech."""
_LEVEL_MS = 80


class Recorder:
    """One recording: `await Recorder.open(...)`, then `await finish()` or `close()`."""

    def __init__(self, stream: Any, on_level: Callable[[float], object]) -> None:
        self._stream = stream
        self._scope = Scope()
        self._pieces: list[Any] = []
        self._has_ended = asyncio.Event()
        """By `finish`, or because the microphone has gone."""
        try:
            self._recorder = js.MediaRecorder.new(stream, _object({"audioBitsPerSecond": BITS}))
            self._scope.on(self._recorder, "dataavailable", lambda event: self._pieces.append(event.data))
            self._scope.on(self._recorder, "stop", lambda _event: self._has_ended.set())
            self._listen(on_level)
            self._recorder.start()
        except JsException:
            self.close()
            raise

    @classmethod
    async def open(cls, on_level: Callable[[float], object]) -> "Recorder":
        """Asks for the microphone. Raises `JsException`: "NotAllowedError", "NotFoundError" and so on."""
        return cls(await js.navigator.mediaDevices.getUserMedia(_object({"audio": True})), on_level)

    def _listen(self, on_level: Callable[[float], object]) -> None:
        """Tells how loud it is, from 0 to 1."""
        context = js.AudioContext.new()
        analyser = context.createAnalyser()
        analyser.fftSize = 256
        context.createMediaStreamSource(self._stream).connect(analyser)
        samples = js.Uint8Array.new(analyser.fftSize)

        def measure() -> None:
            analyser.getByteTimeDomainData(samples)
            on_level(max(abs(sample - 128) for sample in samples.to_bytes()) / 128)

        proxy = create_proxy(measure)
        timer = js.setInterval(proxy, _LEVEL_MS)

        def end() -> None:
            js.clearInterval(timer)
            proxy.destroy()
            context.close()

        self._scope.add(end)

    async def finish(self) -> bytes:
        """All of it."""
        if self._recorder.state != "inactive":
            self._recorder.stop()
        await self._has_ended.wait()
        self.close()
        data: bytes = (await js.Blob.new(to_js(self._pieces)).arrayBuffer()).to_bytes()
        return data

    def close(self) -> None:
        """Lets go of the microphone."""
        self._scope.close()
        for track in self._stream.getTracks():
            track.stop()


def _object(value: dict[str, Any]) -> Any:
    return to_js(value, dict_converter=js.Object.fromEntries)
