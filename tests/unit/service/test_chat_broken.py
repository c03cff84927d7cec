"""Answers that break off, are stopped, or go on."""

from typing import Any

import pytest
from chatting import USER, Service, chunks_of, error_of, first_number, hurry, message_of, outlet_of
from fakes import bearer, request

from edgechat.errors import APICallError, ModelTimeoutError
from edgechat.model.parts import Error, Finish, Usage
from edgechat.model.prompt import text_of
from edgechat.testing import JsException, drop, hang
from edgechat.ui import chunks as ui
from service import answer
from service.auth import User
from service.auth.accounts import sign_in
from service.history import History


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.mark.parametrize(
    ("answers", "text", "outcome", "told"),
    [
        ([APICallError("no", status=500, is_retryable=False)], "", "failed", "gave no answer"),
        ([["Hel", drop()]], "Hel", "interrupted", "cut off"),
        ([["Hel", ValueError("a bug")]], "Hel", "interrupted", "cut off"),
        ([["Hel", Error(APICallError("no", status=500))]], "Hel", "interrupted", "cut off"),
        ([[]], "", "failed", "gave no answer"),
        ([["Hel", Finish("error", Usage(output_tokens=1), "stream-truncated")]], "Hel", "interrupted", "cut off"),
        ([["Hel", Finish("interrupted", Usage(output_tokens=1))]], "Hel", "interrupted", "cut off"),
    ],
)
async def test_an_answer_that_breaks_off_says_so_and_the_question_can_be_sent_again(
    answers: list[Any], text: str, outcome: str, told: str
) -> None:
    service = Service(*answers, "Hello")
    response = await service.post()
    *_, mark, figures, error, finish = await chunks_of(response)
    assert mark == ui.MessageMetadata(message_metadata={"outcome": outcome})
    assert isinstance(figures, ui.Data)
    assert isinstance(error, ui.Error)
    assert told in error.error_text
    assert finish == ui.Finish(finish_reason="error" if outcome == "failed" else "interrupted")
    _asked, answered = await service.saved()
    assert (answered["text"], answered["outcome"]) == (text, outcome)
    again = await message_of(await service.post())
    assert again.text == "Hello"
    assert [(m["id"], m["text"], m["outcome"]) for m in await service.saved()] == [
        ("u1", "Hi", None),
        (again.id, "Hello", None),
    ], "the better answer has taken its place"


@pytest.mark.parametrize(("said", "outcome"), [([], "failed"), (["Hel"], "interrupted")])
async def test_a_model_that_falls_silent_is_not_waited_for_for_ever(
    said: list[str], outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "FIRST_TOKEN", 0.05)
    monkeypatch.setattr(answer, "SILENCE", 0.05)
    service = Service([*said, hang()])
    chunks = await chunks_of(await service.post())
    assert ui.Error(error_text=ModelTimeoutError.public_message) in chunks
    assert [saved["outcome"] for saved in await service.saved()] == [None, outcome]
    assert service.fake_model.aborted == [True]


async def test_an_answer_that_was_stopped_can_go_on() -> None:
    service = Service(["Hel", hang()], ["lo", hang()], " there", "never")
    parent: str | None = None
    for new, text, outcome in (("Hel", "Hel", "stopped"), ("lo", "Hello", "stopped"), ("", "Hello there", "done")):
        response = await (service.go_on(parent) if parent else service.post())
        await outlet_of(response).read_until(new)
        await service.stop()
        parent = (await message_of(response)).id
        asked, answered = await service.saved()
        assert (asked["text"], answered["id"], answered["text"]) == ("Hi", parent, text)
        assert (answered["outcome"] or "done") == outcome
    told = [text_of(message) for message in service.fake_model.calls[-1].messages]
    assert told[1:] == ["Hi", "Hello", answer.GO_ON]
    assert error_of(await service.go_on(str(parent))) == (409, "answer_is_whole")
    assert await service.counted() == 3, "each call of the model"
    opening = (await chunks_of(await service.resume({"last-event-id": first_number(response)})))[0]
    assert isinstance(opening, ui.TextStart), "who was cut off gets the rest of what is added"


async def test_an_answer_that_failed_is_tried_again_when_it_is_to_go_on() -> None:
    service = Service(APICallError("no", status=400), "Hello")
    first = await message_of(await service.post())
    assert (await message_of(await service.go_on(first.id))).text == "Hello"
    assert [text_of(message) for message in service.fake_model.calls[-1].messages][1:] == ["Hi"]
    assert [saved["outcome"] for saved in await service.saved()] == [None, "done"]


async def test_an_answer_that_is_to_go_on_twice_goes_on_once() -> None:
    service = Service(["Hel", hang()], ["lo", hang()], hang())
    first = await service.post()
    await outlet_of(first).read_until("Hel")
    await service.stop()
    answer_id = (await message_of(first)).id
    one, two = await service.go_on(answer_id), await service.go_on(answer_id)
    for response in (one, two):
        await outlet_of(response).read_until("lo")
    await service.stop()
    assert await chunks_of(one) == await chunks_of(two)
    assert [saved["text"] for saved in await service.saved()] == ["Hi", "Hello"]


@pytest.mark.parametrize("id", ["nothing", "u1"])
async def test_only_an_answer_goes_on(id: str) -> None:
    service = Service("Hello")
    await chunks_of(await service.post())
    assert error_of(await service.go_on(id)) == (409, "unknown_parent")


async def test_what_nobody_saved_of_an_answer_that_goes_on_is_saved_from_the_tape() -> None:
    service = Service(["Hel", hang()], "lo")
    first = await service.post()
    await outlet_of(first).read_until("Hel")
    await service.stop()
    service.d1.fail_on("INSERT INTO conversations", JsException("D1_ERROR: down"))
    service.fake_r2.fail_on("put", JsException("down"))
    await chunks_of(await service.go_on((await message_of(first)).id))
    service.d1._on.clear()
    tape = service.tape(USER.id, "c1")
    assert tape
    await tape.ring()
    assert [saved["text"] for saved in await service.saved()] == ["Hi", "Hello"]


async def test_what_a_guest_is_still_being_answered_belongs_to_their_account() -> None:
    service = Service(["Hel", hang()])
    account, header = User("user_1"), bearer("user_1")
    first = await service.post()
    await outlet_of(first).read_until("Hel")
    await sign_in(service.d1, account, USER)
    again = await service.ask(request("GET", "/api/chat/c1/stream", headers=header))
    await outlet_of(again).read_until("Hel")
    stopped = await service.ask(request("POST", "/api/chat/c1/stop", headers=header))
    assert stopped.body == b'{"stopped":true}'
    assert await chunks_of(again) == await chunks_of(first)
    assert [message.text for message in await History(service.d1, account).load("c1") or []] == ["Hi", "Hel"]


async def test_so_does_what_is_saved_from_their_tape() -> None:
    service = Service("Hello")
    service.d1.fail_on("INSERT INTO conversations", JsException("D1_ERROR: down"))
    service.fake_r2.fail_on("put", JsException("down"))
    await chunks_of(await service.post())
    service.d1._on.clear()
    await sign_in(service.d1, User("user_1"), USER)
    tape = service.tape(USER.id, "c1")
    assert tape
    await tape.ring()
    assert [message.text for message in await History(service.d1, User("user_1")).load("c1") or []] == ["Hi", "Hello"]
