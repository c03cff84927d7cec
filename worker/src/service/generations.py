"""A generation as its Worker sees it: what it streams is recorded on the tape, off the hot path.

No answer waits for the tape, or fails with it: without one it is streamed and saved all the same, but nobody can come
back to it, or stop it.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import msgspec

from edgechat.ui import chunks as ui
from service.bindings import Tape
from service.clock import now
from service.outcome import Outcome
from service.salvage import Announcement
from service.tape import QUEUE_PATIENCE, Order

log = logging.getLogger("edgechat")

FLUSH = 0.2
"""Seconds from one append to the next."""
FIRST_WATCH = 0.1
"""Seconds until a stop can be heard for the first time."""
PATIENCE = 3.0
"""Seconds that the tape may take to begin, to append or to end."""
ATTEMPTS = 3
"""To end a generation."""


class Busy(Exception):
    """Another answer is being generated in this conversation."""


class Duplicate(Exception):
    """Generation `id` answers the same question."""

    def __init__(self, id: int) -> None:
        super().__init__(id)
        self.id = id


async def begin(tape: Tape | None, announcement: Announcement, *, waits: bool = False) -> "Generation":
    """Raises `Busy` or `Duplicate`. With `waits` it waits for its turn, and may come to follow another message."""
    if tape is None:
        return Generation(None, 0, announcement.parent_id)
    try:
        async with asyncio.timeout(PATIENCE + (QUEUE_PATIENCE if waits else 0)):
            begun = await tape.begin(msgspec.json.encode(announcement).decode(), waits)
    except Exception:
        log.exception("The tape of chat %s has failed: the answer goes on without it", announcement.chat_id)
        return Generation(None, 0, announcement.parent_id)
    if begun["status"] == "busy":
        raise Busy
    if begun["status"] == "duplicate":
        raise Duplicate(begun["id"])
    return Generation(tape, begun["id"], begun["parentId"])


class Generation:
    def __init__(self, tape: Tape | None, id: int, parent_id: str | None) -> None:
        self.began_at = id or now()
        """Milliseconds since 1970, the same here and on the tape: so they know their turn for one."""
        self.parent_id = parent_id
        """What the question follows."""
        self._tape = tape
        self._id = id
        self._next_seq = id + 1
        self._unrecorded: list[bytes] = []
        self._recorded_seq = id + 1
        """The number of the first chunk that is not known to be on the tape."""
        self._has_more = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stop: Callable[[], None] = _ignore

    def start(self, stop: Callable[[], None]) -> None:
        """Begins to record, and to listen for somebody who wants the answer to stop."""
        self._stop = stop
        if self._tape:
            self._tasks = [asyncio.create_task(work) for work in (self._record(self._tape), self._watch(self._tape))]

    def encode(self, chunks: list[ui.UIChunk]) -> bytes:
        """The chunks with their ids, on their way to the tape as well. Without a tape there are no ids."""
        if self._tape is None:
            return ui.encode(chunks)
        data = ui.encode(chunks, first_id=self._next_seq)
        self._next_seq += len(chunks)
        self._unrecorded.append(data)
        self._has_more.set()
        return data

    async def _record(self, tape: Tape) -> None:
        while self._tape:
            await self._has_more.wait()
            await asyncio.sleep(FLUSH)
            self._has_more.clear()
            count, next_seq = len(self._unrecorded), self._next_seq
            try:
                async with asyncio.timeout(PATIENCE):
                    order = await tape.append(self._id, self._recorded_seq, b"".join(self._unrecorded))
            except Exception:
                log.exception("Chunks could not be recorded yet")
                self._has_more.set()
            else:
                del self._unrecorded[:count]
                self._recorded_seq = next_seq
                self._obey(order)

    async def _watch(self, tape: Tape) -> None:
        await asyncio.sleep(FIRST_WATCH)  # the first token goes first
        order: Order = "go on"
        while order == "go on":
            try:
                order = await tape.watch(self._id)
            except Exception:
                log.exception("A stop would not be heard now")
                await asyncio.sleep(1)
        self._obey(order)

    def _obey(self, order: Order) -> None:
        if order == "stop":
            self._stop()
        elif order == "gone":
            self._tape = None

    async def finish(self, outcome: Outcome, *, is_saved: bool) -> bool:
        """Ends the generation. True if all of it is on the tape, which then saves what is not saved."""
        self._cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for _ in range(ATTEMPTS):
                    if self._tape is None:
                        return False
                    rest = b"".join(self._unrecorded)
                    try:
                        return await self._tape.finish(self._id, outcome, self._recorded_seq, rest, is_saved)
                    except Exception:
                        log.exception("The tape does not take the end of an answer")
        return False

    async def discard(self) -> None:
        """It was refused."""
        self._cancel()
        if self._tape:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._tape.discard(self._id)
            except Exception:
                log.exception("The tape keeps an answer that was refused")

    def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel()


def _ignore() -> None:
    pass
