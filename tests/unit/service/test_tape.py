import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from taping import LocalTape, Outlet

from edgechat.sse import DONE
from edgechat.testing import FakeClock
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import TextPart, UIMessage
from service import tape
from service.salvage import Announcement, Unsaved
from service.tape_rows import OBEDIENCE, RETENTION, SILENCE

HELLO: list[ui.UIChunk] = [
    ui.Start(message_id="a1"),
    ui.StartStep(),
    ui.ReasoningStart(id="r"),
    ui.ReasoningDelta(id="r", delta="hm"),
    ui.ReasoningEnd(id="r"),
    ui.TextStart(id="t"),
    ui.TextDelta(id="t", delta="Héllo "),
    ui.TextDelta(id="t", delta="🎉"),
    ui.TextEnd(id="t"),
    ui.FinishStep(),
    ui.Finish(finish_reason="stop"),
]


@dataclass
class Saver:
    """Where turns are saved to, unless it is broken."""

    turns: list[Unsaved] = field(default_factory=list)
    is_broken: bool = False

    async def __call__(self, turn: Unsaved) -> None:
        if self.is_broken:
            raise RuntimeError("the database is down")
        self.turns.append(turn)


@dataclass
class Recording:
    """A generation whose Worker is the test."""

    tape: LocalTape
    id: int
    next_seq: int

    async def say(self, *chunks: ui.UIChunk) -> None:
        data = ui.encode(chunks, first_id=self.next_seq)
        assert await self.tape.append(self.id, self.next_seq, data) == "go on"
        self.next_seq += len(chunks)

    async def finish(self, *, is_saved: bool = True) -> bool:
        return await self.tape.finish(self.id, "done", self.next_seq, b"", is_saved)


def announcement(key: str = "q1", answer_id: str = "a1", *, is_again: bool = False) -> str:
    question = UIMessage(id=key, role="user", parts=[TextPart(text="Hi")])
    answer = UIMessage(id=answer_id, role="assistant")
    raw = [msgspec.Raw(msgspec.json.encode(value)) for value in ([question], answer)]
    announced = Announcement("user", "chat", None, raw[0], raw[1], key, is_again)
    return msgspec.json.encode(announced).decode()


async def begun(tape: LocalTape, key: str = "q1", answer_id: str = "a1", *, is_again: bool = False) -> Recording:
    answer = await tape.begin(announcement(key, answer_id, is_again=is_again), False)
    assert answer["status"] == "started"
    return Recording(tape, answer["id"], answer["id"] + 1)


async def status(tape: LocalTape, key: str, **options: Any) -> str:
    return str((await tape.begin(announcement(key, **options), False))["status"])


def folded(chunks: list[ui.UIChunk]) -> UIMessage:
    fold = MessageFold(UIMessage(id="", role="assistant"))
    for chunk in chunks:
        fold.apply(chunk)
    fold.close()
    return fold.message


@pytest.fixture
def saver() -> Saver:
    return Saver()


@pytest.fixture
def local(saver: Saver) -> LocalTape:
    return LocalTape(saver, FakeClock())


async def test_at_most_one_answer_is_generated_at_a_time(local: LocalTape) -> None:
    first = await begun(local)
    assert await status(local, "q2") == "busy"
    await first.finish()
    assert await status(local, "q2") == "started"


async def test_the_same_question_leads_to_the_same_generation(local: LocalTape) -> None:
    first = await begun(local)
    assert await local.begin(announcement(), False) == {"status": "duplicate", "id": first.id}
    await first.finish()
    assert await local.begin(announcement(), False) == {"status": "duplicate", "id": first.id}


async def test_a_question_can_be_answered_again_but_not_at_the_same_time(local: LocalTape) -> None:
    first = await begun(local)
    assert await status(local, "q1", is_again=True) == "duplicate"
    await first.finish()
    assert await status(local, "q1", is_again=True) == "started"


@pytest.mark.parametrize("outcome", ["failed", "interrupted"])
async def test_a_question_without_a_whole_answer_can_be_asked_again(local: LocalTape, outcome: Any) -> None:
    first = await begun(local)
    await local.finish(first.id, outcome, first.next_seq, b"", True)
    assert await status(local, "q1") == "started"


async def test_who_comes_back_gets_the_rest_from_any_chunk_on(local: LocalTape) -> None:
    first = await begun(local)
    whole = ui.encode(HELLO, first_id=first.id + 1)
    await first.say(*HELLO[:4])
    outlets = []
    for count in range(len(HELLO) + 1):  # some have chunks that are not on the tape yet
        outlet = await local.follow(first.id + count if count else None)
        assert outlet
        outlets.append(outlet)
    await first.say(*HELLO[4:])
    assert not outlets[0].is_closed
    await first.finish()
    for count, outlet in enumerate(outlets):
        assert outlet.is_closed
        assert outlet.data == whole.split(b"\n\n", count)[-1] + DONE
        again = await local.follow(first.id + count) if count else await local.follow(id=first.id)
        assert again
        assert again.data == outlet.data


async def test_where_nothing_runs_there_is_nothing_to_come_back_to(local: LocalTape) -> None:
    assert await local.follow() is None
    assert await local.follow(7) is None
    assert local.storage.is_empty
    await (await begun(local)).finish()
    assert await local.follow() is None
    assert await local.follow(7) is None


async def test_a_cursor_of_an_older_answer_gets_the_rest_of_that_one(local: LocalTape) -> None:
    first = await begun(local)
    await first.say(*HELLO)
    await first.finish()
    second = await begun(local, "q2", "a2")
    await second.say(ui.Start(message_id="a2"))
    old, new = await local.follow(first.next_seq - 1), await local.follow(3)
    assert old
    assert new
    assert old.data == DONE
    assert new.chunks == [ui.Start(message_id="a2")], (
        "of an answer that is forgotten: the one that runs, from its start"
    )


async def test_who_has_left_is_not_sent_anything(local: LocalTape) -> None:
    first = await begun(local)
    outlet = await local.follow()
    assert outlet
    outlet.is_left = True
    await first.say(*HELLO)
    assert outlet.data == b""


async def test_a_stop_reaches_the_worker_and_waits_for_its_end(local: LocalTape) -> None:
    first = await begun(local)
    watching = asyncio.create_task(local.watch(first.id))
    await asyncio.sleep(0.01)
    assert not watching.done()
    stopping = asyncio.create_task(local.stop())
    assert await watching == "stop"
    assert await local.append(first.id, first.next_seq, b"") == "stop"
    assert not stopping.done()
    await local.finish(first.id, "stopped", first.next_seq, b"", True)
    assert await stopping is True
    assert await local.stop() is False, "nothing runs any more"


async def test_a_stop_that_nobody_obeys_says_so(local: LocalTape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape, "STOP_PATIENCE", 0.01)
    await begun(local)
    assert await local.stop() is False


async def test_a_watch_ends_with_its_generation_and_after_a_while(
    local: LocalTape, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await begun(local)
    watching = asyncio.create_task(local.watch(first.id))
    await asyncio.sleep(0.01)
    await first.finish()
    assert await watching == "gone"
    monkeypatch.setattr(tape, "WATCH", 0.01)
    second = await begun(local, "q2")
    assert await local.watch(second.id) == "go on"
    assert await local.watch(first.id) == "gone"
    assert await local.append(first.id, first.next_seq, b"") == "gone"


async def test_messages_wait_for_their_turn_in_order(local: LocalTape) -> None:
    first = await begun(local)
    waiting = []
    for number in (2, 3):
        waiting.append(asyncio.create_task(local.begin(announcement(f"q{number}", f"a{number}"), True)))
        await asyncio.sleep(0.01)
    await first.finish()
    second = await waiting[0]
    assert (second["status"], second["parentId"]) == ("started", "a1"), "it follows the answer that it waited for"
    assert not waiting[1].done()
    await local.finish(second["id"], "done", second["id"] + 1, b"", True)
    assert (await waiting[1])["parentId"] == "a2"


async def test_a_message_that_waits_twice_is_answered_once(local: LocalTape) -> None:
    first = await begun(local)
    twice = [asyncio.create_task(local.begin(announcement("q2"), True)) for _ in range(2)]
    await asyncio.sleep(0.01)
    await first.finish()
    assert [(await task)["status"] for task in twice] == ["started", "duplicate"]


async def test_nobody_waits_for_ever(local: LocalTape, monkeypatch: pytest.MonkeyPatch) -> None:
    await begun(local)
    monkeypatch.setattr(tape, "QUEUE_PATIENCE", 0.01)
    assert await local.begin(announcement("q2"), True) == {"status": "busy"}
    monkeypatch.setattr(tape, "MAX_QUEUE", 0)
    monkeypatch.setattr(tape, "QUEUE_PATIENCE", 60)
    assert await local.begin(announcement("q2"), True) == {"status": "busy"}


async def test_who_waited_for_an_answer_that_was_refused_follows_what_it_followed(local: LocalTape) -> None:
    first = await begun(local)
    waiting = asyncio.create_task(local.begin(announcement("q2", "a2"), True))
    await asyncio.sleep(0.01)
    await local.discard(first.id)
    assert (await waiting)["parentId"] is None


async def test_a_generation_that_was_refused_never_was(local: LocalTape) -> None:
    first = await begun(local)
    outlet = await local.follow()
    assert outlet
    await local.discard(first.id)
    assert outlet.is_closed
    assert local.storage.is_empty


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("count", range(len(HELLO)))
async def test_a_generation_whose_worker_died_is_closed_and_saved_as_it_was(
    local: LocalTape, saver: Saver, count: int, restarts: bool
) -> None:
    first = await begun(local)
    await first.say(*HELLO[:count])
    if restarts:
        local.restart()
    outlet = await local.follow()
    assert outlet
    local.clock.advance(SILENCE / 1000 - 1)
    await local.ring()
    assert outlet.is_closed
    assert outlet.data.endswith(DONE)
    (turn,) = saver.turns
    assert turn.messages[-1] == folded(outlet.chunks), "who follows has what is saved"
    assert turn.messages[-1].id == "a1"
    assert turn.messages[-1].metadata == {"outcome": "interrupted"}
    assert "Héllo 🎉".startswith(turn.messages[-1].text)
    assert (turn.user_id, turn.chat_id) == ("user", "chat")
    assert (turn.outcome, turn.at) == ("interrupted", first.id)
    assert await local.append(first.id, first.next_seq, b"") == "gone", "it may have been alive after all"
    assert await status(local, "q2") == "started"


async def test_what_was_streamed_but_never_recorded_does_not_hide_the_end(local: LocalTape) -> None:
    first = await begun(local)
    await first.say(*HELLO[:6])
    ahead = await local.follow(first.id + 8)
    assert ahead
    await local.ring()
    assert [type(chunk) for chunk in ahead.chunks] == [ui.TextEnd, ui.MessageMetadata, ui.Finish]


async def test_a_worker_that_died_after_its_last_chunk_leaves_a_whole_answer(local: LocalTape, saver: Saver) -> None:
    first = await begun(local)
    await first.say(*HELLO)
    await local.ring()
    (turn,) = saver.turns
    assert turn.messages[-1] == folded(HELLO)
    assert await status(local, "q1") == "duplicate"


async def test_a_slow_model_is_not_taken_for_a_dead_worker(local: LocalTape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape, "WATCH", 0.001)
    first = await begun(local)
    for _ in range(5):
        local.clock.advance(SILENCE / 1000 - 1)
        assert await local.watch(first.id) == "go on"
        await local.tape.alarm()
    assert await status(local, "q2") == "busy"


async def test_a_dead_worker_does_not_hold_up_a_stop_for_long(
    local: LocalTape, saver: Saver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "STOP_PATIENCE", 0.001)
    first = await begun(local)
    await first.say(*HELLO[:7])
    assert await local.stop() is False
    assert local.storage.alarm == int(local.clock() * 1000) + OBEDIENCE
    await local.ring()
    (turn,) = saver.turns
    assert turn.messages[-1].metadata == {"outcome": "stopped"}
    assert turn.messages[-1].text == "Héllo "


async def test_what_its_worker_could_not_save_is_saved_from_the_tape(local: LocalTape, saver: Saver) -> None:
    first = await begun(local)
    await first.say(*HELLO)
    assert await first.finish(is_saved=False)
    saver.is_broken = True
    for _ in range(5):
        await local.ring()
    assert not saver.turns
    second = await begun(local, "q2", "a2")
    await second.finish()
    saver.is_broken = False
    await local.ring()
    (turn,) = saver.turns
    assert turn.messages[-1] == folded(HELLO)
    assert turn.at == first.id


async def test_a_tape_with_a_hole_is_not_replayed(local: LocalTape) -> None:
    first = await begun(local)
    await first.say(*HELLO[:3])
    outlet = await local.follow()
    assert outlet
    with pytest.raises(ValueError, match="misses"):
        await local.append(first.id, first.next_seq + 1, b"id: 1\ndata: {}\n\n")
    assert not await local.finish(first.id, "done", first.next_seq + 5, b"", True)
    assert outlet.is_closed
    assert not outlet.data.endswith(DONE)
    assert await local.follow(first.id) is None


async def test_what_is_left_of_a_tape_with_a_hole_is_better_than_nothing(local: LocalTape, saver: Saver) -> None:
    first = await begun(local)
    await first.say(*HELLO[:7])
    assert not await local.finish(first.id, "done", first.next_seq + 5, b"", False)
    await local.ring()
    (turn,) = saver.turns
    assert (turn.messages[-1].text, turn.messages[-1].metadata) == ("Héllo ", {"outcome": "interrupted"})


async def test_an_answer_is_kept_for_a_while_and_then_forgotten(local: LocalTape) -> None:
    first = await begun(local)
    await first.say(*HELLO)
    await first.finish()
    local.clock.advance(RETENTION / 1000 - 1)
    await local.tape.alarm()
    assert await local.follow(first.id) is not None
    local.clock.advance(1)
    await local.tape.alarm()
    assert local.storage.is_empty
    assert await status(local, "q2") == "started"


async def test_a_conversation_that_is_deleted_leaves_nothing(local: LocalTape, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tape, "STOP_PATIENCE", 0.001)
    await local.forget()
    first = await begun(local)
    await first.say(*HELLO)
    await first.finish()
    second = await begun(local, "q2", "a2")
    outlet = await local.follow()
    assert outlet
    await local.forget()
    assert local.storage.is_empty
    assert outlet.is_closed
    assert await local.watch(second.id) == "gone"


def test_a_follower_is_an_outlet() -> None:
    _: tape.Outlet = Outlet()
