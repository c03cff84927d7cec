import asyncio
from typing import Any

import pytest
from remembering import ANN, BOB, CHAT, LOST, Applied, Stores, said, turn

from edgechat.testing import FakeKV
from service.clock import now
from service.history import Past
from service.history.errors import MessageConflict, UnknownParent
from service.history.memory import LATE, deliver_waiting
from service.web import HTTPError, Unavailable

OVERLOADED = Exception("D1_ERROR: D1 DB is overloaded.")


@pytest.fixture(autouse=True)
def no_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.history.memory.SAVE_DELAYS", (0, 0, 0))
    monkeypatch.setattr("service.history.memory.READ_DELAYS", (0,))


def ids(past: Past) -> list[str]:
    return [message.id for message in past.messages]


async def test_a_first_message_asks_nothing() -> None:
    stores = Stores()
    assert await stores.memory().recall(CHAT, None) == Past()
    assert stores.db.log == stores.kv.log == stores.r2.log == []


async def test_what_kv_knows_is_not_asked_of_the_database() -> None:
    stores = Stores()
    past = await stores.talk(2)
    stores.db.log.clear()
    assert await stores.memory().recall(CHAT, "a2") == past
    assert stores.db.log == []
    assert stores.kv.log[-1] == f"get tail:{ANN.id}/{CHAT}"


async def test_kv_that_is_behind_costs_a_look_at_the_database() -> None:
    stores = Stores()
    stores.kv = FakeKV(is_eventual=True, limits_writes=False)
    await stores.talk(1)
    stores.kv.settle()
    memory = stores.memory()
    await memory.keep(turn(2, "a1"), await memory.recall(CHAT, "a1"))
    assert ids(await memory.recall(CHAT, "a2")) == ["u1", "a1", "u2", "a2"]
    assert "RECURSIVE" in stores.db.log[-1]


async def test_another_place_in_the_conversation_is_asked_of_the_database() -> None:
    stores = Stores()
    await stores.talk(2)
    assert ids(await stores.memory().recall(CHAT, "a1")) == ["u1", "a1"]


@pytest.mark.parametrize(
    "value", ["", "{", "[]", '{"messages":[]}', '{"messages":[{"id":1}],"summary":null}', "\ud83d"]
)
async def test_nonsense_in_kv_costs_a_look_at_the_database(value: str) -> None:
    stores = Stores()
    await stores.talk(1)
    await stores.kv.put(f"tail:{ANN.id}/{CHAT}", value.encode(errors="replace"))
    assert ids(await stores.memory().recall(CHAT, "a1")) == ["u1", "a1"]


async def test_kv_that_fails_costs_a_look_at_the_database_and_no_message() -> None:
    stores = Stores()
    stores.kv.fail_on("", Exception("KV GET failed: 500 Internal Server Error"))
    await stores.talk(3)
    assert ids(await stores.memory().recall(CHAT, "a3")) == ["u1", "a1", "u2", "a2", "u3", "a3"]


async def test_kv_that_takes_one_write_a_second_costs_a_look_at_the_database_and_no_message() -> None:
    stores = Stores()
    stores.kv = FakeKV()  # its clock stands still: error 429 from the second write on
    await stores.talk(3)
    assert ids(await stores.memory().recall(CHAT, "a3"))[-1] == "a3"
    assert ids(await stores.memory().recall(CHAT, "a1")) == ["u1", "a1"]


async def test_kv_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = Stores()
    await stores.talk(1)
    monkeypatch.setattr("service.history.tail.PATIENCE", 0.01)

    async def hang(*_: Any) -> Any:
        await asyncio.Event().wait()

    monkeypatch.setattr(stores.kv, "get", hang)
    assert ids(await stores.memory().recall(CHAT, "a1")) == ["u1", "a1"]


async def test_the_tail_in_kv_is_no_longer_than_what_is_told() -> None:
    stores = Stores()
    memory, past = stores.memory(), Past()
    for number in range(1, 11):
        each = turn(number, past.messages[-1].id if past.messages else None, answer=said(f"a{number}", "x" * 4000))
        await memory.keep(each, past)
        past = await memory.recall(CHAT, each.leaf_id)
    assert ids(past)[0] == "u8"
    assert len(await stores.kv.get(f"tail:{ANN.id}/{CHAT}")) < 16_000


async def test_a_tail_that_would_be_huge_is_left_to_the_database() -> None:
    stores = Stores()
    answer = said("a1")
    answer.metadata = "x" * 300_000
    await stores.memory().keep(turn(1, answer=answer), Past())
    assert await stores.kv.get(f"tail:{ANN.id}/{CHAT}") is None
    assert ids(await stores.memory().recall(CHAT, "a1")) == ["u1", "a1"]


async def test_only_what_may_be_told_is_read_of_a_long_conversation() -> None:
    stores = Stores()
    history = stores.memory().history
    parent_id = None
    for number in range(1, 31):
        each = turn(number, parent_id, answer=said(f"a{number}", "x" * 20_000))
        await history.save(each)
        parent_id = each.leaf_id
    recent = await history.recent(CHAT, "a30")
    assert recent
    assert 18 <= len(recent.messages) <= 22
    assert recent.messages[-1].id == "a30"


async def test_unknown_conversations_and_those_of_others_are_the_same() -> None:
    stores = Stores()
    await stores.talk(1)
    for chat_id in (CHAT, "nowhere"):
        with pytest.raises(HTTPError) as caught:
            await stores.memory(BOB).recall(chat_id, "a1")
        assert (caught.value.status, caught.value.code) == (404, "unknown_chat")


async def test_an_unknown_parent_is_a_409() -> None:
    stores = Stores()
    await stores.talk(1)
    await stores.talk(1, chat_id="other")
    await stores.memory().history.save(turn(2, "a1", chat_id="other"))
    for parent_id in ("nowhere", "a2"):
        with pytest.raises(UnknownParent):
            await stores.memory().recall(CHAT, parent_id)


async def test_a_failing_read_is_tried_again_and_then_told() -> None:
    stores = Stores()
    await stores.talk(1)
    await stores.kv.delete(f"tail:{ANN.id}/{CHAT}")
    stores.db.fail_next(OVERLOADED)
    assert ids(await stores.memory().recall(CHAT, "a1")) == ["u1", "a1"]
    stores.db.fail_on("SELECT", OVERLOADED)
    with pytest.raises(Unavailable) as caught:
        await stores.memory().recall(CHAT, "a1")
    assert (caught.value.status, caught.value.headers) == (503, {"retry-after": "5"})


async def test_a_message_is_new_once() -> None:
    stores = Stores()
    memory = stores.memory()
    assert await memory.is_new(CHAT, None, said("u1"))
    await stores.talk(1)
    assert not await memory.is_new(CHAT, None, said("u1"))
    assert await memory.is_new(CHAT, "a1", said("u2"))
    assert await stores.memory(BOB).is_new(CHAT, None, said("u1", "Bob's"))


async def test_a_message_in_a_wrong_place_or_with_a_used_id_is_refused_before_its_answer_is_shown() -> None:
    stores = Stores()
    await stores.talk(2)
    memory = stores.memory()
    for chat_id, parent_id in ((CHAT, "nowhere"), ("nowhere", "a1")):
        with pytest.raises(UnknownParent):
            await memory.is_new(chat_id, parent_id, said("u3"))
    with pytest.raises(MessageConflict):
        await memory.is_new(CHAT, None, said("u1", "changed"))
    for message in (said("u1"), said("a1", role="user")):
        with pytest.raises(MessageConflict):
            await memory.is_new(CHAT, "a2", message)


async def test_while_the_database_fails_the_conversation_goes_on_from_kv() -> None:
    stores = Stores()
    past = await stores.talk(1)
    stores.db.fail_on("", OVERLOADED)
    memory = stores.memory()
    assert await memory.recall(CHAT, "a1") == past
    assert await memory.is_new(CHAT, "a1", said("u2"))


@pytest.mark.parametrize("failures", [1, 2, 3])
async def test_a_turn_that_the_database_does_not_take_at_first_is_saved(failures: int) -> None:
    stores = Stores()
    for _ in range(failures):
        stores.db.fail_next(LOST)
    assert await stores.memory().keep(turn(1), Past()) == "saved"
    assert await stores.ids() == ["u1", "a1"]
    assert await stores.memory().recall(CHAT, "a1") == Past(turn(1).messages)


@pytest.mark.parametrize("times", [1, 3])
async def test_a_turn_whose_commit_was_not_confirmed_is_not_doubled(times: int) -> None:
    stores = Stores()
    memory = stores.memory(db=Applied(stores.db, times))
    assert await memory.keep(turn(1), Past()) == "saved"
    assert await stores.ids() == ["u1", "a1"]
    assert len(await stores.rows()) == 2
    assert stores.r2.log == []


class Outage(Stores):
    """The first turn came while D1 took nothing."""

    async def begin(self) -> None:
        self.db.fail_on("INSERT", OVERLOADED)
        assert await self.memory().keep(turn(1), Past()) == "waiting"

    def end(self) -> None:
        self.db._on.clear()


async def test_a_turn_that_the_database_never_takes_waits_and_is_there_when_the_conversation_goes_on() -> None:
    stores = Outage()
    await stores.begin()
    past = await stores.memory().recall(CHAT, "a1")  # KV has it
    assert ids(past) == ["u1", "a1"]
    stores.end()
    assert await stores.memory().keep(turn(2, "a1"), past) == "saved"
    assert await stores.ids() == ["u1", "a1", "u2", "a2"]
    assert await stores.memory().outbox.keys() == []


async def test_a_turn_that_waits_is_found_by_who_asks_for_the_next_answer() -> None:
    stores = Outage()
    await stores.begin()
    stores.end()
    assert await stores.memory().is_new(CHAT, "a1", said("u2"))
    assert await stores.ids() == ["u1", "a1"]


async def test_a_turn_that_waits_is_found_where_kv_does_not_know_it() -> None:
    stores = Outage()
    await stores.begin()
    stores.end()
    await stores.kv.delete(f"tail:{ANN.id}/{CHAT}")
    assert ids(await stores.memory().recall(CHAT, "a1")) == ["u1", "a1"]


async def test_several_turns_wait_in_their_order() -> None:
    stores = Outage()
    await stores.begin()
    past = Past(turn(1).messages)
    assert await stores.memory().keep(turn(2, "a1"), past) == "waiting"
    assert await stores.memory().keep(turn(10, "a2"), past.then(turn(2, "a1").messages)) == "waiting"
    stores.end()
    env: Any = stores
    await deliver_waiting(env)
    assert await stores.ids() == ["u1", "a1", "u2", "a2", "u10", "a10"]
    assert await stores.memory().outbox.keys() == []


async def test_the_cron_trigger_tries_until_the_database_is_well() -> None:
    stores = Outage()
    await stores.begin()
    env: Any = stores
    await deliver_waiting(env)
    assert len(await stores.memory().outbox.keys()) == 1
    stores.end()
    await deliver_waiting(env)
    await deliver_waiting(env)
    assert await stores.ids() == ["u1", "a1"]
    assert len(await stores.rows()) == 2


async def test_a_turn_is_delivered_once_also_when_it_could_not_be_taken_off_the_list() -> None:
    stores = Outage()
    await stores.begin()
    stores.end()
    stores.r2.fail_on("delete", Exception("R2 failed"))
    env: Any = stores
    await deliver_waiting(env)
    await deliver_waiting(env)
    assert await stores.ids() == ["u1", "a1"]
    assert len(await stores.rows()) == 2


async def test_when_all_stores_fail_it_is_said_and_logged_without_the_text(caplog: pytest.LogCaptureFixture) -> None:
    stores = Stores()
    for store in (stores.db, stores.kv, stores.r2):
        store.fail_on("", Exception("down"))
    assert await stores.memory().keep(turn(1), Past()) == "lost"
    assert "it is lost" in caplog.text
    assert CHAT in caplog.text
    assert "text of" not in caplog.text


async def test_a_turn_that_waits_is_not_dropped_while_what_it_follows_may_still_come() -> None:
    stores = Stores()
    memory = stores.memory()
    env: Any = stores
    for number, at in ((2, now()), (4, now() - LATE)):
        await memory.outbox.add(ANN, turn(number, f"a{number - 1}", at=at))
    await deliver_waiting(env)
    assert len((await stores.r2.list())["objects"]) == 1
    await memory.history.save(turn(1, at=now()))
    await deliver_waiting(env)
    assert await stores.ids() == ["u1", "a1", "u2", "a2"]
    assert (await stores.r2.list())["objects"] == []


async def test_a_turn_of_a_deleted_conversation_is_dropped_at_once_and_nowhere_kept() -> None:
    stores = Stores()
    past = await stores.talk(1)
    await stores.memory().forget(CHAT)
    await stores.catalogue().delete(CHAT)
    stores.db.log.clear()
    assert await stores.memory().keep(turn(2, "a1"), past) == "refused"
    assert len([line for line in stores.db.log if "INSERT INTO conversations" in line]) == 1, "it was not tried again"
    assert await stores.kv.get(f"tail:{ANN.id}/{CHAT}") is None
    assert await stores.memory().outbox.keys() == []


async def test_what_kv_still_knows_of_a_deleted_conversation_is_not_gone_on_with() -> None:
    stores = Stores()
    await stores.talk(1)
    await stores.catalogue().delete(CHAT)  # elsewhere, where KV is older
    assert await stores.memory().recall(CHAT, "a1")
    with pytest.raises(UnknownParent):
        await stores.memory().is_new(CHAT, "a1", said("u2"))
