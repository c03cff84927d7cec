"""The tape of a conversation: records the answer that is being generated, for those who come back or stop it.

What the Durable Object does, of which there is one for each conversation (`worker/src/tape.py` is its rim): so it is
also what knows whether an answer is being generated at all. A Worker announces its generation, appends what it streams,
and ends it. All the while it has a `watch` pending, by which it hears of a stop, and the tape that the Worker is alive.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Literal, Protocol

import msgspec

from edgechat.sse import DONE
from edgechat.ui import chunks as ui
from service.outcome import SETTLED, Outcome
from service.salvage import Announcement, Unsaved, end_of, missing_end, salvage
from service.tape_rows import Generation, TapeRows, skip_events

log = logging.getLogger("edgechat")

WATCH = 10
"""Seconds after which a `watch` is answered in any case: well below `tape_rows.SILENCE`."""
STOP_PATIENCE = 1.5
"""Seconds that a stop waits for the answer to end."""
QUEUE_PATIENCE = 60
"""Seconds that a message waits for the answers before it."""
MAX_QUEUE = 5
SAVE_PATIENCE = 10
"""Seconds that an attempt to save may take."""
RETRY = 30_000
"""Milliseconds between the first attempts to save; after hours it is hours."""

type Order = Literal["go on", "stop", "gone"]
"""What a Worker hears of its generation. Gone: somebody has ended it."""

type Save = Callable[[Unsaved], Awaitable[None]]


class Outlet(Protocol):
    """Bytes on their way to a client."""

    @property
    def is_left(self) -> bool:
        """The client has gone."""
        ...

    def send(self, data: bytes) -> None:
        """Does not wait for the client."""
        ...

    def close(self) -> None: ...


class _Live:
    """The running generation in memory: who waits for something, and who listens."""

    def __init__(self, row: Generation) -> None:
        self.row = row
        self.stopped = asyncio.Event()
        self.ended = asyncio.Event()
        self.was_discarded = False
        self.listeners: list[tuple[Outlet, int]] = []
        """Each with the number of the first chunk that it wants."""


_announcement = msgspec.json.Decoder(Announcement)


class Tape:
    def __init__(self, rows: TapeRows, save: Save) -> None:
        self._rows = rows
        self._save = save
        self._live = _Live(rows.running) if rows.running else None
        self._queued = 0

    # For the Worker that generates.

    async def begin(self, announcement: str, waits: bool) -> dict[str, Any]:
        """Announces a generation. `status` of the answer says what has become of it:

        - `started`: it has the `id`. If it had to wait, the question now follows `parentId`, the answer it waited for.
        - `duplicate`: generation `id` answers this question.
        - `busy`: another answer is being generated.
        """
        announced = _announcement.decode(announcement)
        try:
            async with asyncio.timeout(QUEUE_PATIENCE):
                while (found := self._duplicate(announced)) is None and (live := self._live):
                    if not waits or self._queued >= MAX_QUEUE:
                        return {"status": "busy"}
                    await self._wait_for_end(live)
                    if not live.was_discarded:
                        announced.parent_id = _announced(live.row).new_answer().id
        except TimeoutError:
            return {"status": "busy"}
        if found:
            return {"status": "duplicate", "id": found.id}
        row = self._rows.begin(announced.key, msgspec.json.encode(announced).decode())
        self._live = _Live(row)
        return {"status": "started", "id": row.id, "parentId": announced.parent_id}

    def _duplicate(self, announced: Announcement) -> Generation | None:
        if self._live and self._live.row.key == announced.key:
            return self._live.row
        if announced.is_again:
            return None
        last = self._rows.last_of(announced.key)
        return last if last and last.outcome in SETTLED else None

    async def _wait_for_end(self, live: _Live) -> None:
        self._queued += 1
        try:
            await live.ended.wait()
        finally:
            self._queued -= 1

    def append(self, id: int, first_seq: int, data: bytes) -> Order:
        """Records chunks, as server-sent events with ids from `first_seq` on. To send some again does no harm.

        Raises `ValueError` if some before them are missing.
        """
        if live := self._running(id):
            self._record(live, first_seq, data)
        return self._order(live)

    async def watch(self, id: int) -> Order:
        """Answers when somebody stops the generation, when it has ended, or after a while."""
        live = self._running(id)
        if live and not live.stopped.is_set():
            self._rows.touch(live.row)
            try:
                async with asyncio.timeout(WATCH):
                    await live.stopped.wait()
            except TimeoutError:
                pass
        return self._order(live)

    def finish(self, id: int, outcome: Outcome, first_seq: int, data: bytes, is_saved: bool) -> bool:
        """Appends the last chunks and ends the generation. What is not saved will be saved from here.

        False if chunks are missing, so that it cannot be replayed, or somebody else has ended the generation.
        """
        live = self._running(id)
        if live is None:
            ended = self._rows.find(id)
            return ended is not None and ended.outcome == outcome
        try:
            self._record(live, first_seq, data)
            is_whole = True
        except Exception:
            log.exception("The tape of an answer has a hole")
            is_whole = False
        if is_saved and not is_whole:
            self._rows.forget(live.row)
        else:
            self._rows.end(live.row, outcome, is_saved=is_saved)
        self._let_go(live, DONE if is_whole else b"")
        return is_whole

    def discard(self, id: int) -> None:
        """The generation was refused: there is none."""
        if live := self._running(id):
            live.was_discarded = True
            self._rows.forget(live.row)
            self._let_go(live, b"")

    # For readers.

    def follow(self, cursor: int | None, id: int | None, outlet: Outlet) -> bool:
        """Sends a generation: all chunks after the one numbered `cursor`, then those to come.

        Without an `id` it is the generation that `cursor` belongs to, or else the running one. False if there is none.
        """
        generation = self._rows.running
        if id is not None:
            generation = self._rows.find(id)
        elif cursor is not None:
            generation = self._rows.of_chunk(cursor) or generation
        if generation is None:
            return False
        wanted = 0 if cursor is None else cursor + 1
        if data := self._rows.chunks(generation, wanted):
            outlet.send(data)
        if live := self._running(generation.id):
            live.listeners.append((outlet, wanted))
        else:
            outlet.send(DONE)
            outlet.close()
        return True

    def running(self) -> str | None:
        """The announcement of what runs."""
        return self._live.row.announcement if self._live else None

    async def stop(self) -> bool:
        """Stops what runs. True once it has ended; false if nothing runs, or it does not end in time."""
        if not (live := self._live):
            return False
        self._rows.stop(live.row)
        live.stopped.set()
        try:
            async with asyncio.timeout(STOP_PATIENCE):
                await live.ended.wait()
        except TimeoutError:
            return False
        return True

    async def forget(self) -> None:
        """Stops what runs, and leaves nothing: the conversation is being deleted."""
        await self.stop()
        if self._live:
            self.discard(self._live.row.id)
        self._rows.forget_all()

    # For the alarm.

    async def alarm(self) -> None:
        """Ends what has fallen silent, saves what is not saved, forgets what nobody will ask for any more."""
        if self._live and self._live.row.dead_at <= self._rows.now():
            self._interrupt(self._live)
        for ended in self._rows.ended_and_due():
            if ended.is_saved:
                self._rows.forget(ended)
            else:
                await self._try_to_save(ended)
        self._rows.schedule()

    def _interrupt(self, live: _Live) -> None:
        """Ends a generation whose Worker has died."""
        announced, chunks = _announced(live.row), self._chunks(live.row)
        log.warning("The Worker of an answer in chat %s has died", announced.chat_id)
        outcome = end_of(chunks)
        if outcome is None:
            outcome = "interrupted" if live.row.stop_at is None else "stopped"
            self._rows.skip_numbers()
            end = ui.encode(missing_end(announced, chunks, outcome), first_id=self._rows.next_seq)
            self._record(live, self._rows.next_seq, end)
        self._rows.end(live.row, outcome, is_saved=False)
        self._let_go(live, DONE)

    async def _try_to_save(self, ended: Generation) -> None:
        announced = _announced(ended)
        try:
            unsaved = salvage(announced, self._chunks(ended), ended.id)
            async with asyncio.timeout(SAVE_PATIENCE):
                await self._save(unsaved)
        except Exception:
            log.exception("An answer of chat %s could not be saved yet", announced.chat_id)
            self._rows.put_off(ended, max(RETRY, (self._rows.now() - ended.id) // 2))
        else:
            self._rows.saved(ended)

    # For all of them.

    def _running(self, id: int) -> _Live | None:
        return self._live if self._live and self._live.row.id == id else None

    def _order(self, live: _Live | None) -> Order:
        if live is None or live is not self._live:
            return "gone"
        return "go on" if live.row.stop_at is None else "stop"

    def _record(self, live: _Live, first_seq: int, data: bytes) -> None:
        start = self._rows.next_seq
        new = self._rows.append(live.row, first_seq, data)
        live.listeners = [listener for listener in live.listeners if not listener[0].is_left]
        for outlet, wanted in live.listeners:
            if wanted_data := skip_events(new, wanted - start):
                outlet.send(wanted_data)

    def _let_go(self, live: _Live, last: bytes) -> None:
        self._live = None
        live.stopped.set()
        live.ended.set()
        for outlet, _ in live.listeners:
            if last:
                outlet.send(last)
            outlet.close()

    def _chunks(self, row: Generation) -> list[ui.UIChunk]:
        return ui.ChunkDecoder().feed(self._rows.chunks(row, 0))


def _announced(row: Generation) -> Announcement:
    return _announcement.decode(row.announcement)
