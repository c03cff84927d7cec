from taping import SQLiteStorage

from edgechat.testing import FakeClock
from service.tape_rows import RETENTION, SILENCE, TapeRows, count_events, skip_events


def rows_on(storage: SQLiteStorage, clock: FakeClock) -> TapeRows:
    return TapeRows(storage, lambda: int(clock() * 1000))


def events(*numbers: int) -> bytes:
    return b"".join(b"id: %d\ndata: {}\n\n" % number for number in numbers)


def test_events_are_counted_and_skipped() -> None:
    data = events(1, 2, 3)
    assert count_events(data) == 3
    assert [skip_events(data, count) for count in (-1, 0, 1, 3)] == [data, data, events(2, 3), b""]


def test_who_only_asks_leaves_no_trace() -> None:
    storage = SQLiteStorage()
    rows = rows_on(storage, FakeClock())
    assert rows.find(1) is None
    assert rows.of_chunk(1) is None
    assert rows.last_of("q") is None
    assert storage.is_empty


def test_numbers_begin_with_the_time_and_are_never_given_twice() -> None:
    clock = FakeClock()
    rows = rows_on(SQLiteStorage(), clock)
    first = rows.begin("q1", "{}")
    assert first.id == int(clock.now * 1000)
    rows.append(first, first.id + 1, events(*range(first.id + 1, first.id + 5)))
    rows.end(first, "done", is_saved=True)
    clock.advance(-60)  # a clock may be set back
    second = rows.begin("q2", "{}")
    assert second.id == first.id + 5
    assert (rows.of_chunk(first.id + 4), rows.of_chunk(second.id)) == (rows.find(first.id), rows.find(second.id))


def test_chunks_that_come_again_are_stored_once() -> None:
    rows = rows_on(SQLiteStorage(), FakeClock())
    running = rows.begin("q", "{}")
    a, b, c, d = range(running.id + 1, running.id + 5)
    assert rows.append(running, a, events(a, b)) == events(a, b)
    assert rows.append(running, a, events(a, b)) == b""
    assert rows.append(running, b, events(b, c, d)) == events(c, d)
    assert rows.chunks(running, 0) == events(a, b, c, d)
    assert [rows.chunks(running, wanted) for wanted in (a, b, c, d, d + 1)] == [
        events(*range(wanted, d + 1)) for wanted in (a, b, c, d, d + 1)
    ]


def test_after_a_restart_all_is_as_before() -> None:
    storage, clock = SQLiteStorage(), FakeClock()
    rows = rows_on(storage, clock)
    running = rows.begin("q", "{}")
    rows.append(running, running.id + 1, events(running.id + 1, running.id + 2))
    clock.advance(5)
    rows.append(running, running.id + 3, events(running.id + 3))
    again = rows_on(storage, clock)
    assert again.running == running
    assert again.next_seq == running.id + 4
    assert again.running
    assert again.running.dead_at == int(clock.now * 1000) + SILENCE


def test_the_alarm_is_set_for_what_comes_first() -> None:
    storage, clock = SQLiteStorage(), FakeClock()
    rows = rows_on(storage, clock)
    first = rows.begin("q1", "{}")
    assert storage.alarm == first.id + SILENCE
    rows.end(first, "done", is_saved=True)
    assert storage.alarm == first.id + RETENTION
    second = rows.begin("q2", "{}")
    assert storage.alarm == int(clock.now * 1000) + SILENCE
    rows.end(second, "done", is_saved=False)
    assert storage.alarm == int(clock.now * 1000), "at once"


def test_when_the_last_generation_is_forgotten_nothing_is_left() -> None:
    storage = SQLiteStorage()
    rows = rows_on(storage, FakeClock())
    for _ in range(2):
        running = rows.begin("q", "{}")
        rows.append(running, running.id + 1, events(running.id + 1))
        rows.forget(running)
        assert rows.running is None
        assert storage.is_empty
