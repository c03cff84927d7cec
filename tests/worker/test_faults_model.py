"""The model server fails in all ways it can: what the user is told, and what is stored."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from scripted_ai import ScriptedAI
from worker.failing import FailingPop
from worker.guests import (
    Guest,
    error_told,
    going_on,
    is_stored,
    is_well,
    message_of,
    question,
    script_of,
    until,
)

GARBAGE = "\x00\xff<html>502 Bad Gateway</html>\n\n"


@pytest.fixture
def guest(failing_pop: FailingPop) -> Iterator[Guest]:
    guest = Guest(failing_pop.url)
    yield guest
    guest.http.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """For what goes on at the same time."""
    with ThreadPoolExecutor() as pool:
        yield pool


def test_a_model_server_that_fails_at_first_is_asked_again(failing_pop: FailingPop, guest: Guest) -> None:
    for step in (["status", 500], ["status", 429], ["drop"]):
        with failing_pop.failing():
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
    failing_pop: FailingPop, guest: Guest, script: list[list[Any]], told: str
) -> None:
    body = question(*script)
    began = time.monotonic()
    with failing_pop.failing():
        response = guest.post(body)
    assert time.monotonic() - began < 5
    message = message_of(response)
    assert (message.text, message.metadata) == ("", {"outcome": "failed"})
    assert told in error_told(response)
    assert is_stored(guest, (body, message))
    assert is_well(guest, body, message)


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
    failing_pop: FailingPop, guest: Guest, steps: list[list[Any]], told: str
) -> None:
    body = question(["say", "Hel"], *[["once", step] for step in steps], ["say", "lo"])
    with failing_pop.failing():
        response = guest.post(body)
    message = message_of(response)
    assert (message.text, message.metadata) == ("Hel", {"outcome": "interrupted"})
    assert told in error_told(response)
    assert "secret" not in response.text
    assert is_stored(guest, (body, message))
    again = message_of(guest.post(body))
    assert (again.id, again.text, again.metadata) == (message.id, "Hello", None)
    assert guest.saved(body["id"])[1] == again, "asked again, it takes the place of what broke off"


def test_what_goes_on_and_fails_keeps_what_there_was(failing_pop: FailingPop, guest: Guest) -> None:
    body = question(["say", "Hel"], ["break"], ["status", 400])
    first = message_of(guest.post(body))
    response = guest.post(going_on(body["id"], first.id))
    assert "cut off" in error_told(response)
    message = guest.saved(body["id"])[1]
    assert (message.id, message.text, message.metadata) == (first.id, "Hel", {"outcome": "interrupted"})
    assert len(guest.all_saved()[body["id"]]) == 2


def test_garbage_between_good_events_is_skipped(failing_pop: FailingPop, guest: Guest) -> None:
    body = question(["say", "Hel"], ["raw", GARBAGE], ["raw", "data: {garbage\n\n"], ["say", "lo"])
    message = message_of(guest.post(body))
    assert (message.text, message.metadata) == ("Hello", None)
    assert is_stored(guest, (body, message))


def test_a_slow_model_is_waited_for(failing_pop: FailingPop, guest: Guest) -> None:
    body = question(["wait", 1], ["say", "Hel"], ["wait", 1], ["say", "l"], ["wait", 1], ["say", "o"])
    with failing_pop.failing():
        message = message_of(guest.post(body))
    assert (message.text, message.metadata) == ("Hello", None)
    assert is_stored(guest, (body, message))


def test_a_model_server_that_is_killed_loses_nothing_and_comes_back(
    failing_pop: FailingPop, guest: Guest, scripted_ai: ScriptedAI, pool: ThreadPoolExecutor
) -> None:
    body = question(["think", "of death"], ["say", "Hel"], ["once", ["hang"]], ["say", "lo"])
    with failing_pop.failing():
        asking = pool.submit(guest.post, body)
        until(lambda: scripted_ai.calls_of(script_of(body)))
        time.sleep(0.3)
        scripted_ai.kill()
        try:
            message = message_of(asking.result())
            other = question(["say", "x"])
            down = message_of(guest.post(other))
        finally:
            scripted_ai.revive()
    assert (message.text, message.metadata) == ("Hel", {"outcome": "interrupted"})
    assert (down.text, down.metadata) == ("", {"outcome": "failed"})
    assert guest.saved(body["id"])[1] == message
    assert guest.saved(other["id"])[1] == down
    again = message_of(guest.post(body))
    assert (again.id, again.text) == (message.id, "Hello")
    assert len(guest.all_saved()[body["id"]]) == 2
