"""A tape in this process, for tests."""

import asyncio
import sqlite3
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

from edgechat.testing import FakeClock
from edgechat.ui import chunks as ui
from service.outcome import Outcome
from service.tape import Order, Save, Tape
from service.tape_rows import TapeRows


class Outlet:
    """A stream whose bytes are kept. `read` is the client."""

    def __init__(self) -> None:
        self.data = b""
        self.is_left = False
        self.is_closed = False
        self._news = asyncio.Event()

    def send(self, data: bytes) -> None:
        assert not self.is_closed
        self.data += data
        self._news.set()

    def close(self) -> None:
        self.is_closed = True
        self._news.set()

    async def read_until(self, text: str = "") -> str:
        """All there is, once it contains the text; by default at the end."""
        while not self.is_closed and (not text or text not in self.data.decode()):
            self._news.clear()
            await self._news.wait()
        return self.data.decode()

    @property
    def chunks(self) -> list[ui.UIChunk]:
        return ui.ChunkDecoder().feed(self.data)


class SQLiteStorage:
    """The storage of a Durable Object. It survives the object."""

    def __init__(self) -> None:
        self._open()

    def _open(self) -> None:
        # Garbage may be collected, and the database closed, in any thread.
        self.db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        weakref.finalize(self, self.db.close)
        self.alarm: int | None = None

    def exec(self, query: str, *values: str | bytes | int) -> Sequence[Sequence[Any]]:
        if values:
            return self.db.execute(query, values).fetchall()
        *first, last = [statement for statement in query.split(";\n") if statement.strip()]
        for statement in first:
            self.db.execute(statement)
        return self.db.execute(last).fetchall()

    def set_alarm(self, at: int) -> None:
        self.alarm = at

    def delete_all(self) -> None:
        self.db.close()
        self._open()

    @property
    def is_empty(self) -> bool:
        return not self.exec("SELECT * FROM sqlite_master") and self.alarm is None


class LocalTape:
    """A tape as its stub shows it. `broken` makes all calls fail, or those of some names."""

    def __init__(self, save: Save, clock: FakeClock | None = None) -> None:
        self.clock = clock or FakeClock()
        self.storage = SQLiteStorage()
        self.broken: Sequence[str] = ()
        self.log: list[str] = []
        self._save = save
        self.restart()

    def restart(self) -> None:
        self.tape = Tape(TapeRows(self.storage, lambda: int(self.clock() * 1000)), self._save)

    async def ring(self) -> None:
        """The alarm, when its time has come."""
        assert self.storage.alarm is not None
        self.clock.now = max(self.clock.now, self.storage.alarm / 1000)
        await self.tape.alarm()

    async def _call(self, name: str) -> None:
        self.log.append(name)
        await asyncio.sleep(0)
        if name in self.broken:
            raise RuntimeError(f"the tape fails to {name}")

    async def begin(self, announcement: str, waits: bool) -> Mapping[str, Any]:
        await self._call("begin")
        return await self.tape.begin(announcement, waits)

    async def append(self, id: int, first_seq: int, data: bytes) -> Order:
        await self._call("append")
        return self.tape.append(id, first_seq, data)

    async def watch(self, id: int) -> Order:
        await self._call("watch")
        return await self.tape.watch(id)

    async def finish(self, id: int, outcome: Outcome, first_seq: int, data: bytes, is_saved: bool) -> bool:
        await self._call("finish")
        return self.tape.finish(id, outcome, first_seq, data, is_saved)

    async def discard(self, id: int) -> None:
        await self._call("discard")
        self.tape.discard(id)

    async def running(self) -> str | None:
        await self._call("running")
        return self.tape.running()

    async def stop(self) -> bool:
        await self._call("stop")
        return await self.tape.stop()

    async def forget(self) -> None:
        await self._call("forget")
        await self.tape.forget()

    async def follow(self, cursor: int | None = None, id: int | None = None) -> Outlet | None:
        await self._call("follow")
        outlet = Outlet()
        return outlet if self.tape.follow(cursor, id, outlet) else None
