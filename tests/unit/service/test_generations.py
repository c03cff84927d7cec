import asyncio
from typing import Any

import msgspec
import pytest
from taping import LocalTape

from edgechat.ui import chunks as ui
from service import generations
from service.generations import Busy, Duplicate
from service.salvage import Announcement, Unsaved


async def never_save(_unsaved: Unsaved) -> None:
    raise AssertionError("its Worker saves it")


def announcement(key: str = "q1") -> Announcement:
    answer = msgspec.Raw(b'{"id":"a1","role":"assistant","parts":[]}')
    return Announcement("user", "chat", "p1", msgspec.Raw(b"[]"), answer, key, False)


def text(*deltas: str) -> list[ui.UIChunk]:
    return [ui.TextDelta(id="t", delta=delta) for delta in deltas]


@pytest.fixture
def tape() -> LocalTape:
    return LocalTape(never_save)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generations, "FLUSH", 0.02)
    monkeypatch.setattr(generations, "FIRST_WATCH", 0.001)
    monkeypatch.setattr(generations, "PATIENCE", 0.1)


async def recorded(tape: LocalTape) -> list[ui.UIChunk]:
    outlet = await tape.follow()
    assert outlet
    return outlet.chunks


async def test_a_generation_begins_once(tape: LocalTape) -> None:
    generation = await generations.begin(tape, announcement())
    assert generation.parent_id == "p1"
    with pytest.raises(Duplicate):
        await generations.begin(tape, announcement())
    with pytest.raises(Busy):
        await generations.begin(tape, announcement("q2"))
    await generation.discard()
    await generations.begin(tape, announcement("q2"))


async def test_chunks_are_recorded_in_batches_off_the_hot_path(tape: LocalTape) -> None:
    generation = await generations.begin(tape, announcement())
    generation.start(lambda: None)
    for number in range(30):
        generation.encode(text(str(number)))
        await asyncio.sleep(0.002)
    await asyncio.sleep(0.05)
    assert 2 <= tape.log.count("append") <= 5
    assert await recorded(tape) == text(*map(str, range(30)))
    generation.encode(text("last"))
    assert await generation.finish("done", is_saved=True)


async def test_a_generation_without_a_tape_has_no_numbers() -> None:
    generation = await generations.begin(None, announcement())
    generation.start(lambda: None)
    assert generation.encode(text("a")) == ui.encode(text("a"))
    assert not await generation.finish("done", is_saved=False)


async def test_what_the_tape_did_not_take_is_sent_again(tape: LocalTape) -> None:
    generation = await generations.begin(tape, announcement())
    generation.start(lambda: None)
    tape.broken = ["append"]
    generation.encode(text("a"))
    await asyncio.sleep(0.05)
    generation.encode(text("b"))
    tape.broken = []
    await asyncio.sleep(0.05)
    assert await recorded(tape) == text("a", "b")


async def test_an_append_whose_answer_is_lost_is_recorded_once(tape: LocalTape) -> None:
    generation = await generations.begin(tape, announcement())
    append = tape.append

    async def lose_the_first(*arguments: Any) -> Any:
        tape.append = append  # type: ignore[method-assign]
        await append(*arguments)
        raise ConnectionError

    tape.append = lose_the_first  # type: ignore[assignment, method-assign]
    generation.start(lambda: None)
    generation.encode(text("a"))
    await asyncio.sleep(0.03)
    generation.encode(text("b"))
    await asyncio.sleep(0.05)
    assert await recorded(tape) == text("a", "b")
    assert await generation.finish("done", is_saved=True)


async def test_an_end_whose_answer_is_lost_is_told_again(tape: LocalTape) -> None:
    generation = await generations.begin(tape, announcement())
    finish = tape.finish

    async def lose_the_first(*arguments: Any) -> Any:
        tape.finish = finish  # type: ignore[method-assign]
        await finish(*arguments)
        raise ConnectionError

    tape.finish = lose_the_first  # type: ignore[assignment, method-assign]
    assert await generation.finish("done", is_saved=True)


@pytest.mark.parametrize("broken", [[], ["append"], ["watch"]])
async def test_a_stop_is_heard(tape: LocalTape, broken: list[str]) -> None:
    stopped = asyncio.Event()
    generation = await generations.begin(tape, announcement())
    generation.start(stopped.set)
    tape.broken = broken
    stopping = asyncio.create_task(tape.stop())
    await asyncio.sleep(0.01)
    generation.encode(text("a"))
    async with asyncio.timeout(1):
        await stopped.wait()
    await generation.finish("stopped", is_saved=True)
    assert await stopping


async def test_who_is_told_that_somebody_has_ended_it_records_no_more(tape: LocalTape) -> None:
    generation = await generations.begin(tape, announcement())
    tape.storage.delete_all()
    tape.restart()
    generation.start(lambda: None)
    generation.encode(text("a"))
    await asyncio.sleep(0.05)
    assert generation.encode(text("b")) == ui.encode(text("b"))
    assert not await generation.finish("done", is_saved=True)


async def test_a_tape_that_hangs_holds_up_the_end_for_a_moment_only(tape: LocalTape) -> None:
    generation = await generations.begin(tape, announcement())

    async def hang(*_: Any) -> Any:
        await asyncio.Event().wait()

    tape.finish = hang  # type: ignore[assignment, method-assign]
    async with asyncio.timeout(1):
        assert not await generation.finish("done", is_saved=True)
