"""What may fail, fails: real workerd, D1, KV, R2 and Durable Objects, and a model server that can be killed.

After each fault it is asked what is stored: what the user was told, once. Isolates that die and connections that are
cut are in `test_resume.py`.
"""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from scripted_ai import ScriptedAI
from worker.failing import FailingPop, fault
from worker.guests import Guest, client_of, message_of, question, until

from edgechat.ids import generate_id
from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage, decode_message

SAVE = "INSERT INTO messages"
GARBAGE = "\x00\xff<html>502 Bad Gateway</html>\n\n"


@pytest.fixture(scope="module")
def ai() -> Iterator[ScriptedAI]:
    ai = ScriptedAI()
    yield ai
    ai.close()


@pytest.fixture(scope="module")
def service(ai: ScriptedAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingPop]:
    pop = FailingPop.start(tmp_path_factory.mktemp("failing"), f"--upstream={ai.url}", f"--var=POP_AI_URL:{ai.url}")
    yield pop
    pop.stop()


@pytest.fixture
def guest(service: FailingPop) -> Iterator[Guest]:
    guest = Guest(service.url)
    yield guest
    guest.http.close()


@pytest.fixture
def user(service: FailingPop) -> Iterator[Guest]:
    """Who has signed in."""
    user = Guest(service.url, f"user_{generate_id(32)}")
    yield user
    user.http.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """For what goes on at the same time."""
    with ThreadPoolExecutor() as pool:
        yield pool


def script_of(body: dict[str, Any]) -> str:
    return str(body["message"]["parts"][0]["text"])


def error_told(response: httpx.Response) -> str:
    """The text of the error in a stream."""
    (error,) = [chunk for chunk in ui.ChunkDecoder().feed(response.content) if isinstance(chunk, ui.Error)]
    return error.error_text


def is_stored(guest: Guest, *turns: tuple[dict[str, Any], UIMessage]) -> bool:
    """Whether the conversation is these questions and answers, in this order, each counted once, and nothing else."""
    chat = turns[0][0]["id"]
    wanted = [each for body, answer in turns for each in (decode_message(json.dumps(body["message"])), answer)]
    return guest.saved(chat) == wanted == guest.all_saved()[chat] and guest.turns() == len(turns)


def is_well(guest: Guest, body: dict[str, Any], answer: UIMessage) -> None:
    """The conversation goes on after this turn."""
    again = question(["say", "and more"], chat=body["id"], parent=answer.id)
    assert is_stored(guest, (body, answer), (again, message_of(guest.post(again))))


# The model server.


def test_a_model_server_that_fails_at_first_is_asked_again(service: FailingPop, guest: Guest) -> None:
    for step in (["status", 500], ["status", 429], ["drop"]):
        with service.failing():
            message = message_of(guest.post(question(["once", step], ["say", "Hello"])))
        assert (message.text, message.metadata) == ("Hello", None), step


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ([["status", 500]], "gave no answer"),
        ([["status", 400]], "gave no answer"),
        ([["drop"]], "gave no answer"),
        ([["end"]], "gave no answer"),
        ([["raw", GARBAGE]], "gave no answer"),
        ([["raw", "data: {garbage\n\n"], ["end"]], "gave no answer"),
        ([["raw", 'data: {"error": {"message": "secret"}}\n\n'], ["end"]], "gave no answer"),
        ([["hang"]], "took too long"),
    ],
    ids=["500", "400", "cut", "empty", "garbage", "garbage events", "error", "hang"],
)
def test_an_answer_that_never_begins_fails_and_says_so(
    service: FailingPop, guest: Guest, script: list[list[Any]], told: str
) -> None:
    body = question(*script)
    began = time.monotonic()
    with service.failing():
        response = guest.post(body)
    assert time.monotonic() - began < 5
    message = message_of(response)
    assert (message.text, message.metadata) == ("", {"outcome": "failed"})
    assert told in error_told(response)
    assert is_stored(guest, (body, message))
    is_well(guest, body, message)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([["drop"]], "cut off"),
        ([["end"]], "cut off"),
        ([["raw", 'data: {"error": {"message": "secret"}}\n\n'], ["end"]], "cut off"),
        ([["hang"]], "took too long"),
    ],
    ids=["cut", "truncated", "error", "hang"],
)
def test_an_answer_that_breaks_off_is_kept_and_can_go_on(
    service: FailingPop, guest: Guest, steps: list[list[Any]], told: str
) -> None:
    body = question(["say", "Hel"], *[["once", step] for step in steps], ["say", "lo"])
    with service.failing():
        response = guest.post(body)
    message = message_of(response)
    assert (message.text, message.metadata) == ("Hel", {"outcome": "interrupted"})
    assert told in error_told(response)
    assert "secret" not in response.text
    assert is_stored(guest, (body, message))
    again = message_of(guest.post(body))
    assert (again.id, again.text, again.metadata) == (message.id, "Hello", None)
    assert guest.saved(body["id"])[1] == again, "asked again, it takes the place of what broke off"


def test_what_goes_on_is_added_to_what_there_was(service: FailingPop, guest: Guest, ai: ScriptedAI) -> None:
    body = question(["say", "Hel"], ["drop"])
    first = message_of(guest.post(body))
    go_on = {"id": body["id"], "message": {"id": first.id, "role": "assistant", "parts": []}}
    # The model is told to go on in words that are no script: it has nothing to say.
    response = guest.post(go_on)
    assert error_told(response)
    message = guest.saved(body["id"])[1]
    assert (message.id, message.text, message.metadata) == (first.id, "Hel", {"outcome": "interrupted"})
    assert len(guest.all_saved()[body["id"]]) == 2


def test_garbage_between_good_events_is_skipped(service: FailingPop, guest: Guest) -> None:
    body = question(["say", "Hel"], ["raw", GARBAGE], ["raw", "data: {garbage\n\n"], ["say", "lo"])
    message = message_of(guest.post(body))
    assert (message.text, message.metadata) == ("Hello", None)
    assert is_stored(guest, (body, message))


def test_a_slow_model_is_waited_for(service: FailingPop, guest: Guest) -> None:
    body = question(["wait", 1], ["say", "Hel"], ["wait", 1], ["say", "l"], ["wait", 1], ["say", "o"])
    with service.failing():
        message = message_of(guest.post(body))
    assert (message.text, message.metadata) == ("Hello", None)
    assert is_stored(guest, (body, message))


def test_a_model_server_that_is_killed_loses_nothing_and_comes_back(
    service: FailingPop, guest: Guest, ai: ScriptedAI, pool: ThreadPoolExecutor
) -> None:
    body = question(["think", "of death"], ["say", "Hel"], ["once", ["hang"]], ["say", "lo"])
    with service.failing():
        asking = pool.submit(guest.post, body)
        until(lambda: ai.calls_of(script_of(body)))
        time.sleep(0.3)
        ai.kill()
        try:
            message = message_of(asking.result())
            other = question(["say", "x"])
            down = message_of(guest.post(other))
        finally:
            ai.revive()
    assert (message.text, message.metadata) == ("Hel", {"outcome": "interrupted"})
    assert (down.text, down.metadata) == ("", {"outcome": "failed"})
    assert guest.saved(body["id"])[1] == message
    assert guest.saved(other["id"])[1] == down
    again = message_of(guest.post(body))
    assert (again.id, again.text) == (message.id, "Hello")
    assert len(guest.all_saved()[body["id"]]) == 2


# D1.


def test_while_d1_cannot_be_read_the_user_hears_so_and_no_model_is_called(
    service: FailingPop, guest: Guest, ai: ScriptedAI
) -> None:
    first = question(["say", "one"])
    with service.failing(fault("kv.put", how="ignore")):
        answer = message_of(guest.post(first))
    second = question(["say", "two"], chat=first["id"], parent=answer.id)
    for how in ("fail", "hang"):
        with service.failing(fault("d1.first", text="'isKnown'", how=how)):
            response = guest.post(second)
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) > 0
        assert "Nothing is lost" in response.json()["error"]["message"]
    assert not ai.calls_of(script_of(second))
    assert is_stored(guest, (first, answer))
    assert is_stored(guest, (first, answer), (second, message_of(guest.post(second))))


def test_while_d1_cannot_be_read_nobody_is_let_in_whose_session_may_have_ended(
    service: FailingPop, guest: Guest
) -> None:
    body = question(["say", "x"])
    with service.failing(fault("d1.first", text="revoked_sessions")):
        assert guest.post(body).status_code == 503
        assert guest.http.get("/api/chats").status_code == 503
    assert guest.saved(body["id"]) == []
    message = message_of(guest.post(body))
    assert is_stored(guest, (body, message))


def test_while_d1_cannot_count_users_go_on_and_guests_wait(service: FailingPop, guest: Guest, user: Guest) -> None:
    bodies = [question(["say", "x"]) for _ in range(2)]
    with service.failing(fault("d1.first", text="INSERT INTO admissions")):
        refused, answered = guest.post(bodies[0]), guest.post(bodies[1]) if user is guest else user.post(bodies[1])
    assert refused.status_code == 503
    assert guest.saved(bodies[0]["id"]) == []
    assert is_stored(user, (bodies[1], message_of(answered)))


@pytest.mark.parametrize("how", ["fail", "fail late", "hang"])
def test_a_turn_that_d1_does_not_take_or_confirm_at_first_is_saved_once(
    service: FailingPop, guest: Guest, how: str
) -> None:
    body = question(["say", "Hello"])
    with service.failing(fault("d1.batch", text=SAVE, how=how, times=2)):
        message = message_of(guest.post(body))
    assert (message.text, message.metadata) == ("Hello", None)
    assert is_stored(guest, (body, message))
    is_well(guest, body, message)


def test_while_d1_takes_nothing_the_conversation_goes_on_and_all_of_it_is_saved_later(
    service: FailingPop, guest: Guest
) -> None:
    first = question(["say", "one"])
    with service.failing(fault("d1.batch", text=SAVE)):
        one = message_of(guest.post(first))
        second = question(["say", "two"], chat=first["id"], parent=one.id)
        two = message_of(guest.post(second))
        assert (one.text, two.text) == ("one", "two")
    assert is_stored(guest, (first, one), (second, two))


def test_what_neither_d1_nor_r2_takes_is_saved_from_the_tape(service: FailingPop, guest: Guest) -> None:
    body = question(["think", "hm"], ["say", "Hello"])
    with service.failing(fault("d1.batch", text=SAVE), fault("r2.put")):
        message = message_of(guest.post(body))
        assert (message.text, message.metadata) == ("Hello", None)
        time.sleep(0.8)  # the tape tries, too
    until(lambda: body["id"] in guest.all_saved())
    assert guest.saved(body["id"])[1] == message
    assert len(guest.all_saved()[body["id"]]) == 2


def test_what_nobody_can_save_is_told(service: FailingPop, guest: Guest) -> None:
    body = question(["say", "Hello"])
    with service.failing(fault("d1.batch", text=SAVE), fault("r2.put"), fault("tape.begin")):
        response = guest.post(body)
        assert message_of(response).text == "Hello"
    assert "could not be saved" in error_told(response)
    assert guest.all_saved() == {}
    assert is_stored(guest, (body, message_of(guest.post(body)))), "it can be asked again"


# KV.


@pytest.mark.parametrize(
    "broken",
    [
        fault("kv.put", how="ignore"),
        fault("kv.put", error="KV PUT failed: 429 Too Many Requests"),
        fault("kv.get"),
        fault("kv.get", how="hang"),
        fault("kv.put", how="hang"),
    ],
    ids=["stale", "429", "fails to read", "hangs", "hangs at a write"],
)
def test_a_kv_that_fails_costs_time_and_no_message(
    service: FailingPop, guest: Guest, ai: ScriptedAI, broken: dict[str, Any]
) -> None:
    first = question(["say", "one"])
    one = message_of(guest.post(first))
    second = question(["say", "two"], chat=first["id"], parent=one.id)
    with service.failing(broken):
        two = message_of(guest.post(second))
        third = question(["think", generate_id()], ["say", "three"], chat=first["id"], parent=two.id)
        three = message_of(guest.post(third))
    assert is_stored(guest, (first, one), (second, two), (third, three))
    (call,) = ai.calls_of(script_of(third))
    told = [message["content"] for message in call.messages if message["role"] == "assistant"]
    assert told == ["one", "two"], "the model knows what was said"


# The tape.


@pytest.mark.parametrize("how", ["fail", "fail late", "hang"])
@pytest.mark.parametrize("call", ["begin", "append", "watch", "finish"])
def test_no_answer_fails_with_its_tape(service: FailingPop, guest: Guest, call: str, how: str) -> None:
    body = question(["say", "Hel"], ["wait", 0.5], ["say", "lo"])
    with service.failing(fault(f"tape.{call}", how=how), **{"service.generations.PATIENCE": 0.3}):
        message = message_of(guest.post(body))
        assert (message.text, message.metadata) == ("Hello", None)
        assert is_stored(guest, (body, message))


def test_a_tape_that_hangs_for_a_moment_records_all_of_it(service: FailingPop, guest: Guest) -> None:
    body = question(*[step for word in "abcdef" for step in (["say", word], ["wait", 0.15])])
    with service.failing(
        fault("tape.append", how="hang", times=1),
        fault("tape.append", how="fail late", times=1),
        **{"service.generations.PATIENCE": 0.2},
    ):
        stream = guest.post(body).content
    first = int(stream.split(b"\n")[0].removeprefix(b"id: "))
    assert guest.resume(body["id"], str(first - 1)).content == stream, "to the byte"
    assert is_stored(guest, (body, client_of(stream).message))


def test_while_the_tape_is_out_of_reach_one_hears_so_and_the_answer_goes_on(
    service: FailingPop, guest: Guest, pool: ThreadPoolExecutor
) -> None:
    body = question(["say", "Hel"], ["wait", 1.5], ["say", "lo"])
    asking = pool.submit(guest.post, body)
    time.sleep(0.5)
    with service.failing(fault("tape.follow"), fault("tape.stop")):
        for response in (guest.resume(body["id"]), guest.http.post(f"/api/chat/{body['id']}/stop")):
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) > 0
    assert message_of(guest.resume(body["id"])).text == "Hello"
    assert is_stored(guest, (body, message_of(asking.result())))


def test_without_a_tape_the_same_request_sent_twice_is_stored_once(
    service: FailingPop, guest: Guest, pool: ThreadPoolExecutor
) -> None:
    body = question(["wait", 0.3], ["say", "Hello"])
    with service.failing(fault("tape.begin")):
        answers = [message_of(asked.result()) for asked in [pool.submit(guest.post, body) for _ in range(2)]]
        again = message_of(guest.post(body))
    assert {answer.id for answer in answers} == {again.id}
    assert is_stored(guest, (body, again))


def test_without_a_tape_two_tabs_that_send_at_once_are_both_answered(
    service: FailingPop, guest: Guest, pool: ThreadPoolExecutor
) -> None:
    first = question(["say", "one"])
    one = message_of(guest.post(first))
    with service.failing(fault("tape.begin")):
        bodies = [question(["wait", 0.3], ["say", word], chat=first["id"], parent=one.id) for word in ("a", "b")]
        answers = [message_of(asked.result()) for asked in [pool.submit(guest.post, body) for body in bodies]]
    messages = guest.all_saved()[first["id"]]
    ids = [message.id for message in messages]
    assert sorted(ids) == sorted(
        [
            first["message"]["id"],
            one.id,
            *(body["message"]["id"] for body in bodies),
            *(answer.id for answer in answers),
        ]
    )
    assert guest.turns() == 3


# Clocks.


@pytest.mark.parametrize("ahead", [3600, -3600], ids=["ahead", "behind"])
def test_a_clock_that_is_wrong_for_a_while_changes_no_conversation(
    service: FailingPop, guest: Guest, ahead: float
) -> None:
    first = question(["say", "one"])
    with service.failing(clock=ahead):
        stream = guest.post(first).content
    one = client_of(stream)
    second = question(["say", "two"], chat=first["id"], parent=one.message.id)
    after = guest.post(second).content
    assert is_stored(guest, (first, one.message), (second, client_of(after).message))
    numbers = [int(line.removeprefix(b"id: ")) for line in (stream + after).split(b"\n") if line.startswith(b"id: ")]
    assert numbers == sorted(set(numbers)), "no number is given twice"
    assert guest.resume(first["id"], str(numbers[0] - 1)).content in (stream, b""), "of the answer that was meant"


@pytest.mark.parametrize("ahead", [3600, -3600], ids=["forward", "back"])
def test_a_clock_that_jumps_in_the_midst_of_an_answer_changes_nothing(
    service: FailingPop, guest: Guest, pool: ThreadPoolExecutor, ahead: float
) -> None:
    body = question(["say", "Hel"], ["wait", 1], ["say", "lo"])
    asking = pool.submit(guest.post, body)
    time.sleep(0.4)
    with service.failing(clock=ahead):
        stream = asking.result().content
    message = client_of(stream).message
    assert (message.text, message.metadata) == ("Hello", None)
    assert is_stored(guest, (body, message))
    is_well(guest, body, message)
