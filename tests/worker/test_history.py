"""Conversations as their owner sees them: real workerd, real D1, KV and R2."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from live import Pop

from edgechat.ids import generate_id
from edgechat.sse import SSEDecoder

QUESTION = "What is the capital of France?"
DAY = 24 * 3600


@pytest.fixture
def guest(chat_service: Pop) -> Iterator[Callable[[], httpx.Client]]:
    """Makes guests, each with a session of their own."""
    clients: list[httpx.Client] = []

    def make() -> httpx.Client:
        client = httpx.Client(base_url=chat_service.url, timeout=60)
        clients.append(client)
        token = client.post("/api/session").raise_for_status().json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(guest: Callable[[], httpx.Client]) -> httpx.Client:
    return guest()


def ask(client: httpx.Client, chat: str, text: str = QUESTION, parent: str | None = None) -> tuple[str, str]:
    """The ids of the question and of its answer."""
    message = generate_id()
    asked = {"id": message, "role": "user", "parts": [{"type": "text", "text": text}]}
    response = client.post("/api/chat", json={"id": chat, "message": asked, "parentId": parent})
    assert response.status_code == 200, response.text
    start, *_, done = [event.data for event in SSEDecoder().feed(response.read())]
    assert done == "[DONE]"
    return message, json.loads(start)["messageId"]


def opened(client: httpx.Client, chat: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/chats/{chat}").raise_for_status().json()
    return found


def ids(client: httpx.Client, chat: str) -> list[str]:
    return [message["id"] for message in opened(client, chat)["messages"]]


def listed(client: httpx.Client) -> list[dict[str, Any]]:
    chats: list[dict[str, Any]] = client.get("/api/chats").raise_for_status().json()["chats"]
    return chats


def found(client: httpx.Client, text: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = client.get("/api/search", params={"q": text}).raise_for_status().json()["results"]
    return results


def archive(client: httpx.Client) -> None:
    """As the cron trigger does it 91 days from now."""
    when = int((time.time() + 91 * DAY) * 1000)
    for _ in range(20):  # some conversations at a time
        client.get("/cdn-cgi/handler/scheduled", params={"time": when}).raise_for_status()
        if all(chat["isArchived"] for chat in listed(client)):
            return
    raise AssertionError("not all was archived")


def test_conversations_are_listed_opened_renamed_and_deleted(client: httpx.Client) -> None:
    first, second = generate_id(), generate_id()
    ask(client, first)
    asked, answered = ask(client, second, "And of Italy?")
    assert [chat["id"] for chat in listed(client)] == [second, first]
    found = opened(client, second)
    assert (found["title"], found["headId"], found["versions"]) == ("And of Italy?", answered, [])
    assert [message["id"] for message in found["messages"]] == [asked, answered]
    assert client.patch(f"/api/chats/{first}", json={"title": "Capitals"}).json()["title"] == "Capitals"
    assert client.delete(f"/api/chats/{second}").status_code == 204
    assert [(chat["id"], chat["title"]) for chat in listed(client)] == [(first, "Capitals")]
    assert client.get(f"/api/chats/{second}").status_code == 404


def test_an_edited_question_is_a_version_and_the_other_one_can_be_shown_again(client: httpx.Client) -> None:
    chat = generate_id()
    one, answer = ask(client, chat)
    old, old_answer = ask(client, chat, "And of Italy?", answer)
    new, new_answer = ask(client, chat, "And of Spain?", answer)
    assert ids(client, chat) == [one, answer, new, new_answer]
    assert opened(client, chat)["versions"] == [[old, new]]
    shown = client.patch(f"/api/chats/{chat}", json={"headId": old}).raise_for_status().json()
    assert shown["headId"] == old_answer
    assert ids(client, chat) == [one, answer, old, old_answer]


def test_words_are_found_and_only_ones_own(client: httpx.Client, guest: Callable[[], httpx.Client]) -> None:
    chat, other = generate_id(), guest()
    asked, _ = ask(client, chat, f"{QUESTION} Übermut zebrafish")
    hit = found(client, "zebra")[-1]
    assert (hit["chatId"], hit["messageId"], hit["role"]) == (chat, asked, "user")
    assert {"text": "zebrafish", "mark": True} in hit["snippet"]
    assert found(client, "ubermut zebra")[-1]["messageId"] == asked
    assert found(other, "zebrafish") == []
    assert found(client, '" OR * NEAR(') == []
    client.delete(f"/api/chats/{chat}")
    assert found(client, "zebrafish") == []


def test_an_idle_conversation_goes_to_the_archive_and_comes_back_whole(client: httpx.Client) -> None:
    chat = generate_id()
    _, answer = ask(client, chat, f"{QUESTION} quokkas")
    _, second = ask(client, chat, "And of Italy? 日本", answer)
    ask(client, chat, "And of Spain?", answer)
    before = opened(client, chat)
    archive(client)
    assert [entry["isArchived"] for entry in listed(client)] == [True]
    assert found(client, "quokkas") == []
    assert opened(client, chat) == before
    assert found(client, "quokkas")
    archive(client)
    _, third = ask(client, chat, "Thanks!", second)  # a conversation that goes on needs not be opened first
    assert ids(client, chat)[-1] == third
    assert len(ids(client, chat)) == 6


def test_the_export_has_everything_archived_or_not(client: httpx.Client) -> None:
    old, new = generate_id(), generate_id()
    ask(client, old, f"{QUESTION} okapis \U0001f992")
    archive(client)
    ask(client, new)
    response = client.get("/api/export")
    assert response.headers["content-disposition"] == 'attachment; filename="edgechat.json"'
    whole = response.json()
    texts = {entry["conversation"]["id"]: entry["messages"][0]["parts"][0]["text"] for entry in whole["conversations"]}
    assert texts == {old: f"{QUESTION} okapis \U0001f992", new: QUESTION}


def test_all_that_one_has_can_be_deleted(client: httpx.Client, guest: Callable[[], httpx.Client]) -> None:
    other, theirs = guest(), generate_id()
    ask(other, theirs)
    for _ in range(2):
        ask(client, generate_id(), f"{QUESTION} okapis")
    archive(client)
    ask(client, generate_id(), f"{QUESTION} okapis")
    assert client.delete("/api/me").status_code == 204
    assert listed(client) == []
    assert client.get("/api/export").json()["conversations"] == []
    assert found(client, "okapis") == []
    assert len(ids(other, theirs)) == 2


def test_a_bookmark_leads_to_what_was_written(client: httpx.Client) -> None:
    chat = generate_id()
    ask(client, chat)
    bookmark = client.get("/api/chats").headers["x-d1-bookmark"]
    response = client.patch(f"/api/chats/{chat}", json={"title": "New"}, headers={"x-d1-bookmark": bookmark})
    assert response.headers["x-d1-bookmark"] > bookmark
    later = {"x-d1-bookmark": response.headers["x-d1-bookmark"]}
    assert client.get(f"/api/chats/{chat}", headers=later).json()["title"] == "New"
    assert client.get("/api/chats", headers={"x-d1-bookmark": "' OR 1=1"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_the_conversation_of_another_does_not_exist(
    client: httpx.Client, guest: Callable[[], httpx.Client], method: str
) -> None:
    chat, other = generate_id(), guest()
    ask(client, chat)
    answers = []
    for chat_id in (chat, generate_id()):
        response = other.request(method, f"/api/chats/{chat_id}", json={"title": "Mine", "headId": "x"})
        answers.append((response.status_code, response.text))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert opened(client, chat)["title"] == QUESTION
