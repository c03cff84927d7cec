"""The Durable Object of a conversation: `service/tape.py` on the platform."""

import logging
import time
from collections.abc import Sequence
from typing import Any

import js
from pyodide.ffi import jsnull, to_js
from workers import DurableObject, Response, python_to_rpc

import stubs
from edgechat.platform.cloudflare import Writer, headers_of, js_object
from edgechat.ui import chunks as ui
from service import tape
from service.auth import User
from service.history import Memory, Turn
from service.history.errors import TurnRefused
from service.outcome import Outcome
from service.salvage import Unsaved
from service.tape_rows import TapeRows

log = logging.getLogger("edgechat")


class _Storage:
    """Nothing is awaited: the platform holds back what the object answers until what it has written is safe."""

    def __init__(self, storage: Any) -> None:
        # As it is in JavaScript: through the SDK, each call would cost three times as much.
        self._storage = python_to_rpc(storage)
        self._sql = self._storage.sql

    def exec(self, query: str, *values: str | bytes | int) -> Sequence[Sequence[Any]]:
        bound = [to_js(value) if isinstance(value, bytes) else value for value in values]
        return [[_value(value) for value in row] for row in self._sql.exec(query, *bound).raw().toArray().to_py()]

    def set_alarm(self, at: int) -> None:
        self._storage.setAlarm(at)

    def delete_all(self) -> None:
        self._storage.deleteAll()


def _value(value: Any) -> Any:
    if value is jsnull:
        return None
    return value.tobytes() if isinstance(value, memoryview) else value


class Tape(DurableObject):  # type: ignore[misc]
    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        rows = TapeRows(_Storage(self.ctx.storage), lambda: int(time.time() * 1000))
        self._tape = tape.Tape(rows, self._save)

    async def begin(self, announcement: str, waits: bool) -> dict[str, Any]:
        return await self._tape.begin(announcement, waits)

    def append(self, id: int, first_seq: int, data: Any) -> tape.Order:
        return self._tape.append(id, first_seq, bytes(data))

    async def watch(self, id: int) -> tape.Order:
        return await self._tape.watch(id)

    def finish(self, id: int, outcome: Outcome, first_seq: int, data: Any, is_saved: bool) -> bool:
        return self._tape.finish(id, outcome, first_seq, bytes(data), is_saved)

    def discard(self, id: int) -> None:
        self._tape.discard(id)

    def running(self) -> str | None:
        return self._tape.running()

    async def stop(self) -> bool:
        return await self._tape.stop()

    async def forget(self) -> None:
        await self._tape.forget()

    async def fetch(self, request: Any) -> Response:
        """Streams a generation: header `last-event-id`, and `id` as the path, where they are known."""
        js_request = request.js_object
        cursor = headers_of(js_request).get("last-event-id")
        path = js.URL.new(js_request.url).pathname.strip("/")
        writer = Writer(js_request.signal)
        if self._tape.follow(int(cursor) if cursor else None, int(path) if path else None, writer):
            return Response(js.Response.new(writer.stream, js_object({"headers": ui.HEADERS})))
        writer.close()
        return Response(status=204)

    async def alarm(self, _info: Any = None) -> None:
        await self._tape.alarm()

    async def _save(self, unsaved: Unsaved) -> None:
        memory = Memory(stubs.Database(self.env.DB), stubs.KV(self.env.KV), self.env.R2, User(unsaved.user_id))
        turn = Turn(
            unsaved.chat_id,
            unsaved.parent_id,
            unsaved.messages,
            unsaved.outcome,
            at=unsaved.at,
            continues=unsaved.continues,
        )
        try:
            await memory.save(turn)
        except TurnRefused as refusal:
            log.warning("A turn of chat %s was not saved: %s", unsaved.chat_id, refusal.code)
