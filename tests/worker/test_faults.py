"""Stores and clocks fail: real workerd, D1, KV, R2 and Durable Objects, and a rim that lets their calls fail.

After each fault it is asked what is stored: what the user was told, once. Isolates that die and connections that are
cut are in `test_resume.py`, a model server that fails is in `test_faults_model.py`.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from scripted_ai import ScriptedAI
from worker.failing import FailingPop, fault
from worker.guests import (
    Guest,
    client_of,
    error_told,
    is_stored,
    is_well,
    message_of,
    question,
    script_of,
    until,
)

from edgechat.ids import generate_id

SAVE = "INSERT INTO messages"


@pytest.fixture
def guest(failing_pop: FailingPop) -> Iterator[Guest]:
    guest = Guest(failing_pop.url)
    yield guest
    guest.http.close()


@pytest.fixture
def user(failing_pop: FailingPop) -> Iterator[Guest]:
    """Who has signed in."""
    user = Guest(failing_pop.url, f"user_{generate_id(32)}")
    yield user
    user.http.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """For what goes on at the same time."""
    with ThreadPoolExecutor() as pool:
        yield pool


# D1.


def test_while_d1_cannot_be_read_the_user_hears_so_and_no_model_is_called(
    failing_pop: FailingPop, guest: Guest, scripted_ai: ScriptedAI
) -> None:
    first = question(["say", "one"])
    with failing_pop.failing(fault("kv.put", how="ignore")):
        answer = message_of(guest.post(first))
    second = question(["say", "two"], chat=first["id"], parent=answer.id)
    for how in ("fail", "hang"):
        with failing_pop.failing(fault("d1.first", text="'isKnown'", how=how)):
            response = guest.post(second)
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) > 0
        assert "Nothing is lost" in response.json()["error"]["message"]
    assert not scripted_ai.calls_of(script_of(second))
    assert is_stored(guest, (first, answer))
    assert is_stored(guest, (first, answer), (second, message_of(guest.post(second))))


def test_while_d1_cannot_be_read_nobody_is_let_in_whose_session_may_have_ended(
    failing_pop: FailingPop, guest: Guest
) -> None:
    body = question(["say", "x"])
    with failing_pop.failing(fault("d1.first", text="revoked_sessions")):
        assert guest.post(body).status_code == 503
        assert guest.http.get("/api/chats").status_code == 503
    assert guest.saved(body["id"]) == []
    message = message_of(guest.post(body))
    assert is_stored(guest, (body, message))


def test_while_d1_cannot_count_users_go_on_and_guests_wait(failing_pop: FailingPop, guest: Guest, user: Guest) -> None:
    bodies = [question(["say", "x"]) for _ in range(2)]
    with failing_pop.failing(fault("d1.first", text="INSERT INTO admissions")):
        refused, answered = guest.post(bodies[0]), user.post(bodies[1])
    assert refused.status_code == 503
    assert guest.saved(bodies[0]["id"]) == []
    assert is_stored(user, (bodies[1], message_of(answered)))


@pytest.mark.parametrize("how", ["fail", "fail late", "hang"])
def test_a_turn_that_d1_does_not_take_or_confirm_at_first_is_saved_once(
    failing_pop: FailingPop, guest: Guest, how: str
) -> None:
    body = question(["say", "Hello"])
    with failing_pop.failing(fault("d1.batch", text=SAVE, how=how, times=2)):
        message = message_of(guest.post(body))
    assert (message.text, message.metadata) == ("Hello", None)
    assert is_stored(guest, (body, message))
    assert is_well(guest, body, message)


def test_while_d1_takes_nothing_the_conversation_goes_on_and_all_of_it_is_saved_later(
    failing_pop: FailingPop, guest: Guest
) -> None:
    first = question(["say", "one"])
    with failing_pop.failing(fault("d1.batch", text=SAVE)):
        one = message_of(guest.post(first))
        second = question(["say", "two"], chat=first["id"], parent=one.id)
        two = message_of(guest.post(second))
        assert (one.text, two.text) == ("one", "two")
    assert is_stored(guest, (first, one), (second, two))


def test_what_neither_d1_nor_r2_takes_is_saved_from_the_tape(failing_pop: FailingPop, guest: Guest) -> None:
    body = question(["think", "hm"], ["say", "Hello"])
    with failing_pop.failing(fault("d1.batch", text=SAVE), fault("r2.put")):
        message = message_of(guest.post(body))
        assert (message.text, message.metadata) == ("Hello", None)
        time.sleep(0.8)  # the tape tries, too
    until(lambda: body["id"] in guest.all_saved())
    assert guest.saved(body["id"])[1] == message
    assert len(guest.all_saved()[body["id"]]) == 2


def test_what_nobody_can_save_is_told(failing_pop: FailingPop, guest: Guest) -> None:
    body = question(["say", "Hello"])
    with failing_pop.failing(fault("d1.batch", text=SAVE), fault("r2.put"), fault("tape.begin")):
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
    failing_pop: FailingPop, guest: Guest, scripted_ai: ScriptedAI, broken: dict[str, Any]
) -> None:
    first = question(["say", "one"])
    one = message_of(guest.post(first))
    second = question(["say", "two"], chat=first["id"], parent=one.id)
    with failing_pop.failing(broken):
        two = message_of(guest.post(second))
        third = question(["think", generate_id()], ["say", "three"], chat=first["id"], parent=two.id)
        three = message_of(guest.post(third))
    assert is_stored(guest, (first, one), (second, two), (third, three))
    (call,) = scripted_ai.calls_of(script_of(third))
    told = [message["content"] for message in call.messages if message["role"] == "assistant"]
    assert told == ["one", "two"], "the model knows what was said"


# The tape.


@pytest.mark.parametrize("how", ["fail", "fail late", "hang"])
@pytest.mark.parametrize("call", ["begin", "append", "watch", "finish"])
def test_no_answer_fails_with_its_tape(failing_pop: FailingPop, guest: Guest, call: str, how: str) -> None:
    body = question(["say", "Hel"], ["wait", 1], ["say", "lo"])
    with failing_pop.failing(fault(f"tape.{call}", how=how), **{"service.generations.PATIENCE": 0.3}):
        message = message_of(guest.post(body))
        assert (message.text, message.metadata) == ("Hello", None)
        assert is_stored(guest, (body, message))


def test_a_tape_that_hangs_for_a_moment_records_all_of_it(failing_pop: FailingPop, guest: Guest) -> None:
    body = question(*[step for word in "abcdef" for step in (["say", word], ["wait", 0.15])])
    with failing_pop.failing(
        fault("tape.append", how="hang", times=1),
        fault("tape.append", how="fail late", times=1),
        **{"service.generations.PATIENCE": 0.2},
    ):
        stream = guest.post(body).content
    first = int(stream.split(b"\n")[0].removeprefix(b"id: "))
    assert guest.resume(body["id"], str(first - 1)).content == stream, "to the byte"
    assert is_stored(guest, (body, client_of(stream).message))


def test_while_the_tape_is_out_of_reach_one_hears_so_and_the_answer_goes_on(
    failing_pop: FailingPop, guest: Guest, pool: ThreadPoolExecutor
) -> None:
    body = question(["say", "Hel"], ["wait", 1.5], ["say", "lo"])
    asking = pool.submit(guest.post, body)
    time.sleep(0.5)
    with failing_pop.failing(fault("tape.follow"), fault("tape.stop")):
        for response in (guest.resume(body["id"]), guest.http.post(f"/api/chat/{body['id']}/stop")):
            assert response.status_code == 503
            assert int(response.headers["retry-after"]) > 0
    assert message_of(guest.resume(body["id"])).text == "Hello"
    assert is_stored(guest, (body, message_of(asking.result())))


def test_without_a_tape_the_same_request_sent_twice_is_stored_once(
    failing_pop: FailingPop, guest: Guest, pool: ThreadPoolExecutor
) -> None:
    body = question(["wait", 0.3], ["say", "Hello"])
    with failing_pop.failing(fault("tape.begin")):
        answers = [message_of(asked.result()) for asked in [pool.submit(guest.post, body) for _ in range(2)]]
        again = message_of(guest.post(body))
    assert {answer.id for answer in answers} == {again.id}
    assert is_stored(guest, (body, again))


def test_without_a_tape_two_tabs_that_send_at_once_are_both_answered(
    failing_pop: FailingPop, guest: Guest, pool: ThreadPoolExecutor
) -> None:
    first = question(["say", "one"])
    one = message_of(guest.post(first))
    with failing_pop.failing(fault("tape.begin")):
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
    failing_pop: FailingPop, guest: Guest, ahead: float
) -> None:
    first = question(["say", "one"])
    with failing_pop.failing(clock=ahead):
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
    failing_pop: FailingPop, guest: Guest, pool: ThreadPoolExecutor, ahead: float
) -> None:
    body = question(["say", "Hel"], ["wait", 1], ["say", "lo"])
    asking = pool.submit(guest.post, body)
    time.sleep(0.4)
    with failing_pop.failing(clock=ahead):
        stream = asking.result().content
    message = client_of(stream).message
    assert (message.text, message.metadata) == ("Hello", None)
    assert is_stored(guest, (body, message))
    assert is_well(guest, body, message)
