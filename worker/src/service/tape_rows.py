"""What a tape has stored: generations, and their chunks as they were streamed. Needs only SQLite and a clock.

Generations and chunks are numbered together: a generation gets the milliseconds since 1970, or the number after the
last one that was given, and its chunks those that follow. So a number is given once in a conversation, and that of a
chunk tells its generation.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import msgspec

from service.outcome import Outcome

SILENCE = 30_000
"""Milliseconds without a sign of life after which the Worker of a generation counts as dead."""
OBEDIENCE = 5_000
"""The same for one that was told to stop."""
RETENTION = 10 * 60_000
"""Milliseconds that a generation can be replayed after its end."""

_SCHEMA = """
CREATE TABLE generations (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL, -- of its question
  announcement TEXT NOT NULL, -- JSON: what must be known to save it
  touched_at INTEGER NOT NULL, -- the last sign of life that brought no chunks
  stop_at INTEGER, -- when somebody wanted it stopped
  outcome TEXT, -- null while it runs
  is_saved INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER -- after its end: when to save it, or else to forget it
) STRICT;
CREATE TABLE chunks (
  seq INTEGER PRIMARY KEY, -- of the first one in `data`
  generation_id INTEGER NOT NULL,
  data BLOB NOT NULL, -- server-sent events, each with its id
  at INTEGER NOT NULL
) STRICT;
"""


class Storage(Protocol):
    """SQLite as a Durable Object has it. Times are milliseconds since 1970."""

    def exec(self, query: str, *values: str | bytes | int) -> Sequence[Sequence[Any]]:
        """Runs statements; answers the rows of the last one."""
        ...

    def set_alarm(self, at: int) -> None: ...

    def delete_all(self) -> None:
        """Tables and alarm: what is empty costs nothing."""
        ...


class Generation(msgspec.Struct):
    """A row of `generations`."""

    id: int
    key: str
    announcement: str
    touched_at: int
    stop_at: int | None = None
    outcome: Outcome | None = None
    is_saved: int = 0
    due_at: int | None = None

    @property
    def dead_at(self) -> int:
        """While it runs: when its Worker is dead, if nothing happens before."""
        return self.touched_at + SILENCE if self.stop_at is None else self.stop_at + OBEDIENCE


def count_events(data: bytes) -> int:
    return data.count(b"\n\n")


def skip_events(data: bytes, count: int) -> bytes:
    return data.split(b"\n\n", count)[-1] if count > 0 else data


class TapeRows:
    """Nothing is stored before the first generation: who asks for a tape that does not exist leaves no trace."""

    def __init__(self, storage: Storage, now: Callable[[], int]) -> None:
        self.now = now
        self.running: Generation | None = None
        self.next_seq = 0
        """The number of the next chunk, or generation."""
        self._storage = storage
        self._exists = bool(storage.exec("SELECT 1 FROM sqlite_master WHERE name = 'generations'"))
        if self._exists:
            self._restore()

    def _restore(self) -> None:
        """The object was restarted. The Worker of the running generation may not even have noticed."""
        self.running = self._find("WHERE outcome IS NULL")
        self.next_seq = self._storage.exec("SELECT coalesce(max(id), 0) + 1 FROM generations")[0][0]
        for seq, data, at in self._storage.exec("SELECT seq, data, at FROM chunks ORDER BY seq DESC LIMIT 1"):
            self.next_seq = max(self.next_seq, seq + count_events(data))
            if self.running and seq > self.running.id:
                self.running.touched_at = max(self.running.touched_at, at)

    def begin(self, key: str, announcement: str) -> Generation:
        if not self._exists:
            self._storage.exec(_SCHEMA)
            self._exists = True
        now = self.now()
        self.running = begun = Generation(max(now, self.next_seq), key, announcement, now)
        self.next_seq = begun.id + 1
        insert = "INSERT INTO generations (id, key, announcement, touched_at) VALUES (?, ?, ?, ?)"
        self._storage.exec(insert, begun.id, key, announcement, now)
        self.schedule()
        return begun

    def append(self, running: Generation, first_seq: int, data: bytes) -> bytes:
        """Stores the chunks that are new, and answers them: a Worker that got no answer sends them again.

        Raises `ValueError` if some are missing in between.
        """
        if first_seq > self.next_seq:
            raise ValueError(f"The tape misses the chunks {self.next_seq} to {first_seq - 1}.")
        if new := skip_events(data, self.next_seq - first_seq):
            running.touched_at = now = self.now()
            insert = "INSERT INTO chunks (seq, generation_id, data, at) VALUES (?, ?, ?, ?)"
            self._storage.exec(insert, self.next_seq, running.id, new, now)
            self.next_seq += count_events(new)
        return new

    def skip_numbers(self) -> None:
        """Those of chunks that were streamed, perhaps, but never came here."""
        self.next_seq = max(self.next_seq, self.now())

    def touch(self, running: Generation) -> None:
        running.touched_at = self.now()
        self._storage.exec("UPDATE generations SET touched_at = ? WHERE id = ?", running.touched_at, running.id)

    def stop(self, running: Generation) -> None:
        if running.stop_at is None:
            running.stop_at = self.now()
            self._storage.exec("UPDATE generations SET stop_at = ? WHERE id = ?", running.stop_at, running.id)
            self.schedule()

    def end(self, running: Generation, outcome: Outcome, *, is_saved: bool) -> None:
        self.running = None
        due_at = self.now() + (RETENTION if is_saved else 0)
        update = "UPDATE generations SET outcome = ?, is_saved = ?, due_at = ? WHERE id = ?"
        self._storage.exec(update, outcome, int(is_saved), due_at, running.id)
        self.schedule()

    def saved(self, ended: Generation) -> None:
        self._storage.exec("UPDATE generations SET is_saved = 1 WHERE id = ?", ended.id)
        self.put_off(ended, RETENTION)

    def put_off(self, ended: Generation, milliseconds: int) -> None:
        self._storage.exec("UPDATE generations SET due_at = ? WHERE id = ?", self.now() + milliseconds, ended.id)
        self.schedule()

    def forget(self, generation: Generation) -> None:
        for table, column in (("chunks", "generation_id"), ("generations", "id")):
            self._storage.exec(f"DELETE FROM {table} WHERE {column} = ?", generation.id)
        if self.running is generation:
            self.running = None
        self.schedule()

    def forget_all(self) -> None:
        if self._exists:
            self._storage.delete_all()
            self._exists = False

    def schedule(self) -> None:
        """Sets the alarm for what is to be done next. When there is nothing left, all is deleted."""
        if not self._exists:
            return
        (due_at,) = self._storage.exec("SELECT min(due_at) FROM generations")[0]
        looks = [due_at] if due_at is not None else []
        if self.running:
            looks.append(self.running.dead_at)
        if looks:
            self._storage.set_alarm(min(looks))
        else:
            self.forget_all()

    def ended_and_due(self) -> list[Generation]:
        return list(self._select("WHERE due_at <= ? ORDER BY id", self.now()))

    def find(self, id: int) -> Generation | None:
        return self._find("WHERE id = ?", id)

    def last_of(self, key: str) -> Generation | None:
        """The last generation for a question."""
        return self._find("WHERE key = ? ORDER BY id DESC", key)

    def of_chunk(self, seq: int) -> Generation | None:
        return self._find("WHERE id <= ? ORDER BY id DESC", seq)

    def chunks(self, generation: Generation, first_seq: int) -> bytes:
        """Those that are numbered `first_seq` or higher."""
        query = "SELECT seq, data FROM chunks WHERE generation_id = ? ORDER BY seq"
        return b"".join([skip_events(data, first_seq - seq) for seq, data in self._storage.exec(query, generation.id)])

    def _find(self, condition: str, *values: str | int) -> Generation | None:
        return next(self._select(f"{condition} LIMIT 1", *values), None)

    def _select(self, condition: str, *values: str | int) -> Iterator[Generation]:
        if self._exists:
            rows = self._storage.exec(f"SELECT * FROM generations {condition}", *values)
            yield from (Generation(*row) for row in rows)
