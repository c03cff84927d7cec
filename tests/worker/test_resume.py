"""Resume, stop, double sends and death: real workerd, Durable Objects and D1, and a model that plays scripts.

Before the tests the Worker is killed in the midst of some answers. What becomes of one of them takes half a minute: the
last test waits for what is left of it.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from live import ROOT, Pop, descendants
from scripted_ai import ScriptedAI
from worker.cutting import Client, ask
from worker.guests import Guest, client_of, error_of, going_on, message_of, question, until

from edgechat.ids import generate_id
from edgechat.ui.messages import DataPart, UIMessage, decode_message

CUTS = 10
"""Clients that are cut off while they read one answer."""
ANSWERS = 6
"""At the same time."""
ANSWERS_PER_GUEST = 50
"""Below what one may ask in a minute."""


@pytest.fixture(scope="module")
def ai() -> Iterator[ScriptedAI]:
    ai = ScriptedAI()
    yield ai
    ai.close()


@pytest.fixture(scope="module")
def service(ai: ScriptedAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pop]:
    options = (f"--upstream={ai.url}", f"--var=POP_AI_URL:{ai.url}")
    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("state"), *options)
    pop.wait_for("Ready on")
    yield pop
    pop.stop()


@pytest.fixture
def guest(service: Pop) -> Iterator[Guest]:
    guest = Guest(service.url)
    yield guest
    guest.http.close()


@pytest.fixture
def other(service: Pop) -> Iterator[Guest]:
    other = Guest(service.url)
    yield other
    other.http.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """For what goes on at the same time."""
    with ThreadPoolExecutor() as pool:
        yield pool


def following(guest: Guest, chat: str) -> httpx.Response:
    """The stream of an answer, to be read and closed."""

    def follow() -> httpx.Response | None:
        request = guest.http.build_request("GET", f"/api/chat/{chat}/stream")
        response = guest.http.send(request, stream=True)
        if response.status_code == 200:
            return response
        response.close()
        return None

    found = until(follow)
    assert found
    return found


def without_figures(message: UIMessage) -> list[Any]:
    """What two answers to the same question have in common."""
    return [None if isinstance(part, DataPart) else part for part in message.parts]


# Death.


@dataclass
class Cut:
    """An answer whose Worker was killed, and what a client had seen of it."""

    guest: Guest
    body: dict[str, Any]
    seen: bytes
    at: float

    @property
    def chat(self) -> str:
        return str(self.body["id"])


@pytest.fixture(scope="module")
def killed(service: Pop) -> Iterator[list[Cut]]:
    guest = Guest(service.url)
    scripts: list[list[list[Any]]] = [
        [["think", name], ["say", "Héllo "], ["once", ["hang"]], ["say", "there"]] for name in "ab"
    ]
    cuts = [Cut(guest, question(*script), b"", 0) for script in scripts]
    requests = [guest.http.build_request("POST", "/api/chat", json=cut.body) for cut in cuts]
    responses = [guest.http.send(request, stream=True) for request in requests]
    time.sleep(0.5)  # until all is on the tape
    kill_worker(service)
    for cut, response in zip(cuts, responses, strict=True):
        cut.at = time.monotonic()
        with closing(response), pytest.raises(httpx.RemoteProtocolError):
            for data in response.iter_raw():
                cut.seen += data
    yield cuts
    guest.http.close()


def kill_worker(service: Pop) -> None:
    """At once, as a machine that goes down. wrangler starts another one; it has one more workerd, which is small."""
    pages = {
        pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        for pid, command in descendants(service.process.pid).items()
        if command == "workerd"
    }
    os.kill(max(pages, key=pages.__getitem__), signal.SIGKILL)
    service.wait_for("crashed unexpectedly")
    until(lambda: is_up(service), 60)


def is_up(service: Pop) -> bool:
    try:
        return httpx.get(f"{service.url}/api/health", timeout=30).status_code == 200
    except httpx.TransportError:
        return False


def test_an_answer_whose_worker_died_is_still_there(killed: list[Cut]) -> None:
    dead, _ = killed
    guest = dead.guest
    with guest.http.stream("GET", f"/api/chat/{dead.chat}/stream") as response:
        again = next(response.iter_raw())
    assert again == dead.seen
    assert error_of(guest.post(question(["say", "x"], chat=dead.chat))) == (409, "busy"), "it may be alive"


def test_an_answer_whose_worker_died_can_be_stopped(killed: list[Cut]) -> None:
    _, dead = killed
    guest = dead.guest
    assert guest.stop(dead.chat) is False, "nobody obeys"
    asked, answered = until(lambda: guest.saved(dead.chat), 8)
    assert asked == decode_message(json.dumps(dead.body["message"]))
    assert (answered.text, answered.metadata) == ("Héllo ", {"outcome": "stopped"})
    client = client_of(dead.seen)
    client.read(guest.http.get(f"/api/chat/{dead.chat}/stream", headers=client.come_back()).content)
    assert client.is_done
    assert client.message == answered
    assert message_of(guest.post(question(["say", "x"], chat=dead.chat))).text == "x", "the conversation goes on"


# Cut everywhere.


def test_wherever_a_client_is_cut_off_it_gets_the_rest_and_all_is_saved_once(service: Pop) -> None:
    """Of each answer several clients are cut off, each after another byte: the one that has asked, and other tabs."""
    script: list[list[Any]] = [["think", "hm é"], ["wait", 0.05], ["say", "Héllo 🎉"]]
    seen: dict[str, list[tuple[int, UIMessage]]] = {}
    """By chat: after how many bytes a client was cut off, and what it has in the end."""

    async def come_back(guest: Guest, chat: str, after: int, client: Client) -> None:
        answer = await ask(f"{guest.url}/api/chat/{chat}/stream", guest.headers | client.come_back())
        client.read(answer.body)
        assert (answer.status, client.is_done) == (200, True), f"cut after {after} bytes"
        seen[chat].append((after, client.message))

    async def other_tab(guest: Guest, chat: str, generation: int, after: int) -> None:
        headers = guest.headers | {"last-event-id": str(generation)}
        answer = await ask(f"{guest.url}/api/chat/{chat}/stream", headers, cut_after=after)
        client = Client(generation)
        client.read(answer.body)
        await come_back(guest, chat, after, client)

    async def be_cut(guest: Guest, after: int, others: list[int], limit: asyncio.Semaphore) -> None:
        body, client = question(*script), Client()
        chat = body["id"]
        seen[chat] = []
        async with limit:
            answer = await ask(f"{guest.url}/api/chat", guest.headers, body, cut_after=after)
            client.read(answer.body)
            generation = int(answer.body.split(b"\n")[0].removeprefix(b"id: ")) - 1
            tabs = [other_tab(guest, chat, generation, each) for each in others]
            await asyncio.gather(come_back(guest, chat, after, client), *tabs)

    async def be_cut_everywhere() -> tuple[bytes, list[Guest]]:
        stream = (await ask(f"{service.url}/api/chat", Guest(service.url).headers, question(*script))).body
        count = len(stream) // CUTS
        guests = [Guest(service.url) for _ in range(count // ANSWERS_PER_GUEST + 1)]
        limit = asyncio.Semaphore(ANSWERS)
        work = []
        for number in range(count):
            cuts = list(range(number, len(stream), count))
            late = [after for after in cuts if after > stream.index(b"\n\n")]  # it knows what it comes back to
            cuts.remove(first := late[number % len(late)])
            work.append(be_cut(guests[number // ANSWERS_PER_GUEST], first, cuts, limit))
        await asyncio.gather(*work)
        return stream, guests

    stream, guests = asyncio.run(be_cut_everywhere())
    whole = client_of(stream).message
    assert whole.text == "Héllo 🎉"
    assert sorted(after for cuts in seen.values() for after, _ in cuts) == list(range(len(stream)))
    for guest in guests:
        with guest.http:
            for chat, (_asked, answered) in guest.all_saved().items():
                assert without_figures(answered) == without_figures(whole)
                for after, message in seen.pop(chat):
                    assert message == answered, f"cut after {after} bytes"
    assert not seen


# Coming back.


def test_each_chunk_has_a_number(guest: Guest) -> None:
    events = guest.post(question(["say", "Hello"])).text.split("\n\n")[:-2]
    numbers = [int(event.split("\n")[0].removeprefix("id: ")) for event in events]
    assert numbers == list(range(numbers[0], numbers[0] + len(events)))


def test_a_second_tab_gets_all_of_it_as_it_comes(guest: Guest, pool: ThreadPoolExecutor) -> None:
    body = question(["say", "one "], ["wait", 0.4], ["say", "two "], ["wait", 0.4], ["say", "three"])
    asking = pool.submit(guest.post, body)
    began = time.monotonic()
    tab, texts = Client(), []
    with closing(following(guest, body["id"])) as response:
        for data in response.iter_raw():
            tab.read(data)
            texts.append((time.monotonic() - began, data))
    assert tab.is_done
    assert b"three" not in b"".join(data for at, data in texts if at < 0.7), "it does not come at the end only"
    assert asking.result().content == b"".join(data for _, data in texts), "to the byte"
    assert guest.saved(body["id"])[1] == tab.message


def test_where_nothing_runs_there_is_nothing_to_come_back_to(guest: Guest, other: Guest) -> None:
    assert guest.resume(generate_id()).status_code == 204
    body = question(["say", "Hello"])
    stream = guest.post(body).content
    response = guest.resume(body["id"])
    assert (response.status_code, response.content) == (204, b"")
    last = client_of(stream).cursor
    assert guest.resume(body["id"], last).content == b"data: [DONE]\n\n", "it had missed only that"
    assert other.resume(body["id"], last).status_code == 204, "it is the chat of another"


def test_an_answer_goes_on_without_its_client(guest: Guest) -> None:
    body = question(["say", "Hel"], ["wait", 0.3], ["say", "lo"])
    with guest.http.stream("POST", "/api/chat", json=body) as response:
        next(response.iter_raw())
    assert message_of(guest.resume(body["id"])).text == "Hello"
    assert guest.saved(body["id"])[1].text == "Hello"


# Stopping.


def test_any_tab_stops_a_model_that_hangs_at_once_and_what_came_is_kept(
    guest: Guest, other: Guest, ai: ScriptedAI, pool: ThreadPoolExecutor
) -> None:
    body = question(["think", "hm"], ["say", "Hello"], ["hang"])
    asking = pool.submit(guest.post, body)
    tab = following(guest, body["id"])
    time.sleep(0.6)
    assert not other.stop(body["id"]), "it is the chat of another"
    began = time.monotonic()
    assert guest.stop(body["id"])
    assert time.monotonic() - began < 0.3
    (call,) = [call for call in ai.calls if call.script == body["message"]["parts"][0]["text"]]
    assert call.left
    assert call.left - began < 0.3, "the model stops too"
    _asked, answered = guest.saved(body["id"])
    assert (answered.text, answered.metadata) == ("Hello", {"outcome": "stopped"})
    (figures,) = [part.data for part in answered.parts if isinstance(part, DataPart) and part.type == "data-figures"]
    assert figures["outputTokens"] > 0
    with closing(tab):
        tab.read()
    for response in (asking.result(), tab):
        assert message_of(response) == answered
    assert not guest.stop(body["id"])


def test_a_conversation_that_was_stopped_goes_on(guest: Guest, pool: ThreadPoolExecutor) -> None:
    body = question(["say", "Hello"], ["hang"])
    asking = pool.submit(guest.post, body)
    until(lambda: guest.stop(body["id"]))
    parent = message_of(asking.result()).id
    again = question(["say", "again"], chat=body["id"]) | {"parentId": parent}
    assert message_of(guest.post(again)).text == "again"
    assert len(guest.saved(body["id"])) == 4


def test_an_answer_that_was_stopped_goes_on_where_it_ended(
    guest: Guest, pool: ThreadPoolExecutor, ai: ScriptedAI
) -> None:
    body = question(["say", "Hel"], ["hang"], ["break"], ["wait", 0.4], ["say", "lo"])
    asking = pool.submit(guest.post, body)
    with closing(following(guest, body["id"])) as tab:
        pieces = tab.iter_raw()
        until(lambda: b"Hel" in next(pieces), 30)
    guest.stop(body["id"])
    stopped = message_of(asking.result())
    assert (stopped.text, stopped.metadata) == ("Hel", {"outcome": "stopped"})
    twice = [pool.submit(guest.post, going_on(body["id"], stopped.id)) for _ in range(2)]
    one, two = [asking.result().content for asking in twice]
    assert one == two
    client = Client(message=stopped)
    client.read(one)
    assert guest.saved(body["id"])[1] == client.message
    assert (client.message.text, client.message.metadata) == ("Hello", {"outcome": "done"})
    assert len(guest.all_saved()[body["id"]]) == 2
    response = guest.post(going_on(body["id"], stopped.id))
    assert (response.content == one) or error_of(response) == (409, "answer_is_whole")
    told = [message["content"] for message in ai.calls_of(body["message"]["parts"][0]["text"])[-1].messages]
    assert told[-2] == "Hel", "the model knows what it had said"


def test_a_conversation_that_is_deleted_takes_its_answer_along(guest: Guest, pool: ThreadPoolExecutor) -> None:
    chat = generate_id()
    stream = guest.post(question(["say", "Hello"], chat=chat)).content
    asking = pool.submit(guest.post, question(["say", "more"], ["hang"], chat=chat))
    time.sleep(0.4)
    assert guest.http.delete(f"/api/chats/{chat}").status_code == 204
    asking.result()
    assert guest.saved(chat) == []
    assert guest.resume(chat, client_of(stream).cursor).status_code == 204


# Sending twice.


def test_the_same_request_sent_twice_gets_one_answer(guest: Guest, pool: ThreadPoolExecutor) -> None:
    body = question(["say", "Hel"], ["wait", 0.4], ["say", "lo"])
    first, second = [pool.submit(guest.post, body) for _ in range(2)]
    messages = [message_of(asking.result()) for asking in (first, second)]
    messages += [message_of(guest.post(body))]
    assert messages[0].text == "Hello"
    assert messages[1:] == [messages[0]] * 2
    assert [message.id for message in guest.saved(body["id"])] == [body["message"]["id"], messages[0].id]
    assert len(guest.all_saved()[body["id"]]) == 2


def test_of_two_tabs_that_send_at_once_one_is_answered(guest: Guest, pool: ThreadPoolExecutor) -> None:
    chat = generate_id()
    sending = [pool.submit(guest.post, question(["wait", 0.3], ["say", text], chat=chat)) for text in "ab"]
    answers = [each.result() for each in sending]
    refused = next(answer for answer in answers if answer.status_code != 200)
    assert error_of(refused) == (409, "busy")
    answered = next(answer for answer in answers if answer.status_code == 200)
    assert [message.text for message in guest.all_saved()[chat]][1:] == [message_of(answered).text]


def test_an_answer_that_breaks_off_is_told_and_the_question_can_be_sent_again(guest: Guest) -> None:
    body = question(["say", "Hel"], ["once", ["drop"]], ["say", "lo"])
    client = client_of(guest.post(body).content)
    assert client.is_done
    assert guest.saved(body["id"])[1] == client.message
    assert client.message.metadata == {"outcome": "interrupted"}
    again = message_of(guest.post(body))
    assert (again.id, again.text, again.metadata) == (client.message.id, "Hello", None)
    assert guest.saved(body["id"])[1] == again
    assert len(guest.all_saved()[body["id"]]) == 2


# Death, half a minute later.


def test_an_answer_whose_worker_died_is_closed_and_saved_as_far_as_it_came(killed: list[Cut]) -> None:
    dead, _ = killed
    guest = dead.guest
    client = client_of(dead.seen)
    with guest.http.stream("GET", f"/api/chat/{dead.chat}/stream", headers=client.come_back()) as response:
        client.read(response.read())
    assert time.monotonic() - dead.at < 60
    assert client.is_done
    asked, answered = until(lambda: guest.saved(dead.chat))
    assert asked == decode_message(json.dumps(dead.body["message"]))
    assert answered == client.message
    assert (answered.text, answered.metadata) == ("Héllo ", {"outcome": "interrupted"})
    again = message_of(guest.post(dead.body))
    assert (again.id, again.text, again.metadata) == (answered.id, "Héllo there", None)
    assert guest.saved(dead.chat)[1] == again
    assert len(guest.all_saved()[dead.chat]) == 2, "asked again, it is answered in the place of what broke off"
