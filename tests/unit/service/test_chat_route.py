import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from chatting import (
    PLAN,
    USER,
    Service,
    body,
    chunks_of,
    error_of,
    hurry,
    message_of,
    outlet_of,
)
from fakes import bearer, production_limits, request

from edgechat.model.prompt import text_of
from edgechat.testing import JsException, hang, reasoning
from edgechat.ui import chunks as ui
from service import chat
from service.chat import Exchange
from service.turn import read_turn
from service.web import HTTPError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


async def test_an_answer_is_streamed_with_numbers_recorded_and_saved() -> None:
    service = Service([reasoning("hm"), "Hello there"])
    response = await service.post()
    message = await message_of(response)
    assert message.text == "Hello there"
    numbers = [int(line[4:]) for line in outlet_of(response).data.decode().split("\n") if line.startswith("id: ")]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    again = await service.resume({"last-event-id": str(numbers[0] - 1)})
    assert outlet_of(again).data == outlet_of(response).data
    asked, answered = await service.saved()
    assert (asked["id"], asked["text"], asked["parent"]) == ("u1", "Hi", None)
    assert (answered["id"], answered["parent"], answered["outcome"]) == (message.id, "u1", None)
    assert await service.head() == message.id


async def test_the_response_begins_before_the_first_token_and_the_model_is_called_before_the_tape() -> None:
    service = Service(["Hel", hang()])
    asked: list[int] = []
    tape = service.tape(USER.id, "c1")
    assert tape
    begin = tape.begin

    async def counting(announcement: str, waits: bool) -> Mapping[str, Any]:
        asked.append(len(service.fake_model.calls))
        return await begin(announcement, waits)

    tape.begin = counting  # type: ignore[method-assign]
    response = await service.post()
    assert asked == [1]
    await outlet_of(response).read_until("Hel")
    await service.stop()


async def test_the_same_request_twice_gets_one_answer() -> None:
    service = Service(["Hel", hang()], hang(), hang())
    first = await service.post()
    second = await service.post()
    for outlet in (outlet_of(first), outlet_of(second)):
        await outlet.read_until("Hel")
    assert service.fake_model.aborted == [False, True], "the second call was cancelled"
    await service.stop()
    assert await message_of(first) == await message_of(second)
    third = await service.post()
    assert await message_of(third) == await message_of(first)
    assert [message["text"] for message in await service.saved()] == ["Hi", "Hel"]


async def test_the_same_request_gets_its_answer_from_the_history_when_the_tape_is_gone() -> None:
    service = Service([reasoning("hm"), "Hello"], "never")
    first = await message_of(await service.post())
    service.tapes.clear()
    again = await service.post()
    assert isinstance(again.body, bytes)
    assert await message_of(again) == first
    assert len(await service.saved()) == 2
    assert not service.tapes["guest_1/c1"].storage.alarm, "what had begun was taken back"


async def test_another_message_under_the_same_id_gets_no_answer_of_the_first() -> None:
    service = Service("one", hang())
    await message_of(await service.post("Hi"))
    assert error_of(await service.post("Hello")) == (409, "message_conflict")
    assert [message["text"] for message in await service.saved()] == ["Hi", "one"]


async def test_a_question_can_be_answered_again() -> None:
    service = Service("one", "two")
    first = await message_of(await service.post())
    second = await message_of(await service.post(trigger="regenerate-message"))
    assert (first.text, second.text) == ("one", "two")
    assert [message["text"] for message in await service.saved()] == ["Hi", "one", "two"]
    assert await service.head() == second.id


async def test_of_two_tabs_one_is_answered_and_the_other_refused() -> None:
    service = Service(["Hel", hang()], hang())
    first = await service.post(id="u1")
    assert error_of(await service.post("Other", id="u2")) == (409, "busy")
    assert service.fake_model.aborted == [False, True]
    await service.stop()
    await chunks_of(first)
    assert [message["id"] for message in await service.saved()][:1] == ["u1"]
    assert len(await service.saved()) == 2


async def test_messages_that_may_wait_follow_each_other() -> None:
    service = Service(["one ", hang()], hang(), "two")
    service.vars["WHEN_BUSY"] = "queue"
    first = await service.post(id="u1")
    second = asyncio.create_task(service.post("And?", id="u2"))
    await outlet_of(first).read_until("one")
    await asyncio.sleep(0.02)
    assert not second.done()
    await service.stop()
    answer = await message_of(await second)
    assert answer.text == "two"
    saved = await service.saved()
    assert [message["text"] for message in saved] == ["Hi", "one ", "And?", "two"]
    assert [message["parent"] for message in saved] == [None, *(message["id"] for message in saved[:-1])]
    told = [text_of(message) for message in service.fake_model.calls[-1].messages]
    assert told[1:] == ["Hi", "one ", "And?"], "the model knows what was said meanwhile"


async def test_a_stop_cancels_the_model_and_keeps_text_and_usage() -> None:
    service = Service([reasoning("hm"), "Hel", hang()])
    response = await service.post()
    await outlet_of(response).read_until("Hel")
    stopped = await service.stop()
    assert stopped.body == b'{"stopped":true}'
    assert service.fake_model.aborted == [True]
    _asked, answered = await service.saved()
    assert (answered["text"], answered["outcome"]) == ("hmHel", "stopped")
    message = await message_of(response)
    assert message.metadata == {"outcome": "stopped"}
    assert '"outputTokens":' in outlet_of(response).data.decode()
    assert (await service.stop()).body == b'{"stopped":false}'


@pytest.mark.parametrize(
    "broken", [["begin"], ["append"], ["watch"], ["finish"], ["append", "finish"], ["begin", "watch"]]
)
async def test_an_answer_does_not_fail_with_its_tape(broken: list[str]) -> None:
    service = Service("Hello there")
    tape = service.tape(USER.id, "c1")
    assert tape
    tape.broken = broken
    message = await message_of(await service.post())
    assert message.text == "Hello there"
    assert [saved["text"] for saved in await service.saved()] == ["Hi", "Hello there"]


async def test_an_answer_does_not_wait_for_a_tape_that_hangs() -> None:
    service = Service("Hello there")
    tape = service.tape(USER.id, "c1")
    assert tape

    async def never(*_: Any) -> Any:
        await asyncio.Event().wait()

    for name in ("begin", "append", "watch", "finish"):
        setattr(tape, name, never)
    assert (await message_of(await service.post())).text == "Hello there"


async def test_without_a_tape_there_are_no_numbers_and_one_answer_is_saved() -> None:
    service = Service("one", "two")
    service.has_tape = False
    first, second = await asyncio.gather(service.post(), service.post())
    texts = {(await message_of(response)).text for response in (first, second)}
    assert texts == {"one", "two"}, "nobody could tell them apart"
    assert b"id: " not in outlet_of(first).data
    assert len(await service.saved()) == 2, "but one is saved"
    assert (await service.resume()).status == 204
    assert (await service.stop()).body == b'{"stopped":false}'


async def test_what_no_store_takes_is_saved_later_from_the_tape() -> None:
    service = Service("Hello")
    service.d1.fail_on("INSERT INTO conversations", JsException("D1_ERROR: down"))
    service.fake_r2.fail_on("put", JsException("down"))
    message = await message_of(await service.post())
    assert message.text == "Hello"
    assert await service.saved() == []
    tape = service.tape(USER.id, "c1")
    assert tape
    await tape.ring()
    assert await service.saved() == []
    service.d1._on.clear()
    await tape.ring()
    assert [saved["text"] for saved in await service.saved()] == ["Hi", "Hello"]


async def test_a_save_that_fails_once_is_tried_again() -> None:
    service = Service("Hello")
    response = await service.post()
    service.d1.fail_next(JsException("D1_ERROR: Network connection lost"))
    assert (await message_of(response)).text == "Hello"
    assert len(await service.saved()) == 2


async def test_what_is_lost_is_told() -> None:
    service = Service("Hello")
    service.has_tape = False
    service.d1.fail_on("INSERT INTO conversations", JsException("D1_ERROR: down"))
    service.fake_r2.fail_on("put", JsException("down"))
    chunks = await chunks_of(await service.post())
    assert chunks[-1] == ui.Error(error_text=chat.NOT_SAVED)


async def test_while_d1_cannot_be_read_a_first_message_is_answered() -> None:
    service = Service("Hello")
    service.d1.fail_on("isArchived", JsException("D1_ERROR: down"))
    assert (await message_of(await service.post())).text == "Hello"


async def refuse() -> None:
    await asyncio.sleep(0)
    raise HTTPError(429, "too_many", "Enough for today.")  # type: ignore[arg-type]


async def test_who_is_not_admitted_gets_nothing_and_leaves_nothing() -> None:
    service = Service(["Hel", hang()])
    turn = await read_turn(request("POST", "/", body()), production_limits())
    with pytest.raises(HTTPError, match="Enough"):
        await Exchange(service, USER, turn, PLAN, [refuse]).respond()
    await asyncio.gather(*service.work)
    assert service.fake_model.aborted == [True]
    assert await service.saved() == []
    assert service.tapes["guest_1/c1"].storage.is_empty


async def test_a_failure_while_admitting_is_a_500(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "Feed", None)
    service = Service(["Hel", hang()])
    assert error_of(await service.post()) == (500, "internal_error")


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1e3", "9" * 400, "5\n"])
async def test_a_cursor_that_is_none_is_ignored(cursor: str) -> None:
    service = Service(["Hel", hang()])
    first = await service.post()
    await outlet_of(first).read_until("Hel")
    response = await service.resume({"last-event-id": cursor})
    await outlet_of(response).read_until("Hel")
    await service.stop()
    assert await outlet_of(response).read_until() == await outlet_of(first).read_until()


async def test_nobody_comes_back_to_or_stops_the_answer_of_another() -> None:
    service = Service(["Hel", hang()])
    first = await service.post()
    await outlet_of(first).read_until("Hel")
    other = bearer("guest_2")
    stream = await service.ask(request("GET", "/api/chat/c1/stream", headers=other))
    assert stream.status == 204
    stop = await service.ask(request("POST", "/api/chat/c1/stop", headers=other))
    assert stop.body == b'{"stopped":false}'
    assert not outlet_of(first).is_closed
    await service.stop()
