"""The chat service as a client sees it: real workerd, real D1, a real model."""

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from live import Pop

from edgechat.ids import generate_id
from edgechat.sse import SSEDecoder

QUESTION = "What is the capital of France?"


@pytest.fixture
def client(chat_service: Pop) -> Iterator[httpx.Client]:
    """A guest with a session of their own."""
    with httpx.Client(base_url=chat_service.url, timeout=60) as client:
        token = client.post("/api/session").json()["token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def user_message(text: str = QUESTION, id: str | None = None) -> dict[str, Any]:
    return {"id": id or generate_id(), "role": "user", "parts": [{"type": "text", "text": text}]}


def events_of(response: httpx.Response) -> list[str]:
    return [event.data for event in SSEDecoder().feed(response.read())]


def chunks_of(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    *chunks, done = events_of(response)
    assert done == "[DONE]"
    return [json.loads(chunk) for chunk in chunks]


def text_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(chunk["delta"] for chunk in chunks if chunk["type"] == "text-delta")


def saved(client: httpx.Client, chat: str) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = client.get(f"/api/chats/{chat}").raise_for_status().json()["messages"]
    return messages


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return ["".join(part.get("text", "") for part in message["parts"]) for message in messages]


def test_the_service_is_well(chat_service: Pop) -> None:
    assert httpx.get(f"{chat_service.url}/api/health").json()["status"] == "ok"


def test_an_answer_streams_and_both_messages_are_saved(client: httpx.Client) -> None:
    chat, question = generate_id(), user_message()
    response = client.post("/api/chat", json={"id": chat, "message": question, "parentId": None})
    chunks = chunks_of(response)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
    kinds = [chunk["type"] for chunk in chunks if chunk["type"] != "text-delta"]
    ends = ["text-start", "text-end", "finish-step", "data-figures", "finish"]
    assert kinds == ["start", "data-route", "start-step", *ends]
    assert "Paris" in text_of(chunks)

    asked, answered = saved(client, chat)
    assert asked == question
    assert answered["id"] == chunks[0]["messageId"]
    assert texts([answered]) == [text_of(chunks)]


def test_the_answer_tells_its_figures_and_who_really_gave_it(client: httpx.Client) -> None:
    chunks = chunks_of(client.post("/api/chat", json={"id": generate_id(), "message": user_message()}))
    (figures,) = [chunk["data"] for chunk in chunks if chunk["type"] == "data-figures"]
    assert figures["model"].startswith("@cf/")
    assert figures["answeredBy"].startswith("SmolLM2")
    assert 0 < figures["ttftMs"] < figures["totalMs"]
    assert figures["tokensPerSecond"] > 0
    assert figures["inputTokens"] > 0
    assert figures["outputTokens"] > 0


def test_a_conversation_goes_on(client: httpx.Client) -> None:
    chat, first, second = generate_id(), user_message(), user_message("And of Italy?")
    answer = chunks_of(client.post("/api/chat", json={"id": chat, "message": first}))[0]["messageId"]
    chunks_of(client.post("/api/chat", json={"id": chat, "message": second, "parentId": answer}))
    messages = saved(client, chat)
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant"]
    assert texts(messages)[0] == QUESTION
    assert texts(messages)[2] == "And of Italy?"


def test_the_body_of_the_ai_sdk_is_taken(client: httpx.Client) -> None:
    chat, first, second = generate_id(), user_message(), user_message("And of Italy?")
    body: dict[str, Any] = {"id": chat, "messages": [first], "trigger": "submit-message"}
    answer = {"id": chunks_of(client.post("/api/chat", json=body))[0]["messageId"], "role": "assistant", "parts": []}
    # what the client claims of earlier messages does not count: the server has them
    chunks_of(client.post("/api/chat", json=body | {"messages": [first, answer, second]}))
    assert texts(saved(client, chat))[::2] == [QUESTION, "And of Italy?"]
    assert texts(saved(client, chat))[1]


def test_an_answer_that_is_generated_again_takes_the_place_of_the_old_one(client: httpx.Client) -> None:
    chat, question = generate_id(), user_message()
    old = chunks_of(client.post("/api/chat", json={"id": chat, "message": question}))[0]["messageId"]
    body = {"id": chat, "messages": [question], "trigger": "regenerate-message", "messageId": old}
    new = chunks_of(client.post("/api/chat", json=body))[0]["messageId"]
    assert [message["id"] for message in saved(client, chat)] == [question["id"], new]


def test_an_answer_is_finished_and_saved_when_its_client_goes_away(client: httpx.Client) -> None:
    chat = generate_id()
    message = user_message("Write a long story about the sea.")
    with client.stream("POST", "/api/chat", json={"id": chat, "message": message}) as response:
        decoder = SSEDecoder()
        for data in response.iter_raw():
            if any('"text-delta"' in event.data for event in decoder.feed(data)):
                break
    opened = client.get(f"/api/chats/{chat}").json()
    assert opened["messages"] == [message]
    answer_id = opened["running"]
    for _ in range(300):
        if client.get(f"/api/chats/{chat}").json()["running"] is None:
            break
        time.sleep(0.1)
    asked, answered = saved(client, chat)
    assert (asked, answered["id"]) == (message, answer_id)
    assert [part["state"] for part in answered["parts"] if part["type"] == "text"] == ["done"]
    assert len(texts([answered])[0]) > 50


def test_an_answer_that_is_stopped_is_saved_as_far_as_it_came(client: httpx.Client) -> None:
    chat, question = generate_id(), user_message("Write a long story about the sea.")
    decoder, chunks = SSEDecoder(), []
    with client.stream("POST", "/api/chat", json={"id": chat, "message": question}) as response:
        for data in response.iter_raw():
            chunks += [event.data for event in decoder.feed(data)]
            if len(chunks) == 10:
                started = time.monotonic()
                assert client.post(f"/api/chat/{chat}/stop").json() == {"stopped": True}
                assert time.monotonic() - started < 0.5
                stopped = client.get(f"/api/chats/{chat}").json()
                assert (len(stopped["messages"]), stopped["running"]) == (2, None), "it is saved when this is answered"
    kinds = [json.loads(chunk)["type"] for chunk in chunks[-6:-1]]
    assert kinds == ["text-end", "finish-step", "message-metadata", "data-figures", "abort"]
    assert chunks[-1] == "[DONE]"
    asked, answered = saved(client, chat)
    assert asked == question
    assert texts([answered]) == [text_of([json.loads(chunk) for chunk in chunks[:-1]])]
    assert client.post(f"/api/chat/{chat}/stop").json() == {"stopped": False}


def test_only_its_owner_can_stop_an_answer(client: httpx.Client, chat_service: Pop) -> None:
    chat = generate_id()
    token = httpx.post(f"{chat_service.url}/api/session").json()["token"]
    with client.stream("POST", "/api/chat", json={"id": chat, "message": user_message()}) as response:
        next(response.iter_raw())
        theirs = httpx.post(f"{chat_service.url}/api/chat/{chat}/stop", headers={"authorization": f"Bearer {token}"})
        assert theirs.json() == {"stopped": False}


def test_the_cookie_is_a_session_too(chat_service: Pop) -> None:
    response = httpx.post(f"{chat_service.url}/api/session")
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    headers = {"cookie": cookie.partition(";")[0], "sec-fetch-site": "same-origin"}
    again = httpx.post(f"{chat_service.url}/api/session", headers=headers)
    assert again.json()["user"] == response.json()["user"]


def test_the_chat_of_another_does_not_exist(client: httpx.Client, chat_service: Pop) -> None:
    chat = generate_id()
    answer = chunks_of(client.post("/api/chat", json={"id": chat, "message": user_message()}))[0]["messageId"]
    token = httpx.post(f"{chat_service.url}/api/session").json()["token"]
    with httpx.Client(base_url=chat_service.url, headers={"authorization": f"Bearer {token}"}, timeout=60) as other:
        for chat_id in (chat, generate_id()):  # nothing tells one that exists from one that does not
            response = other.get(f"/api/chats/{chat_id}")
            assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_chat")
            response = other.post("/api/chat", json={"id": chat_id, "message": user_message(), "parentId": answer})
            assert (response.status_code, response.json()["error"]["code"]) == (404, "unknown_chat")
        theirs = user_message("What is the capital of Italy?")
        chunks_of(other.post("/api/chat", json={"id": chat, "message": theirs}))
        assert texts(saved(other, chat))[0] == "What is the capital of Italy?"
    assert texts(saved(client, chat))[0] == QUESTION
    assert len(saved(client, chat)) == 2


def test_a_place_that_does_not_exist_is_refused(client: httpx.Client) -> None:
    chat = generate_id()
    body = {"id": chat, "message": user_message(), "parentId": "nowhere"}
    assert client.post("/api/chat", json=body).json()["error"]["code"] == "unknown_chat"
    chunks_of(client.post("/api/chat", json=body | {"parentId": None}))
    response = client.post("/api/chat", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (409, "unknown_parent")


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/api/nothing", {}, 404, "not_found"),
        ("GET", "/api/chats/none", {}, 404, "unknown_chat"),
        ("GET", "/api/chat", {}, 405, "method_not_allowed"),
        ("PROPFIND", "/api/chat", {}, 405, "method_not_allowed"),
        ("POST", "/api/chat", {}, 415, "unsupported_media_type"),
        ("POST", "/api/chat", {"json": 5}, 400, "invalid_request"),
        ("POST", "/api/chat", {"json": {"id": "c", "message": user_message(" ")}}, 400, "empty_message"),
        ("POST", "/api/chat", {"json": {"id": "c", "message": user_message("x" * 8001)}}, 413, "message_too_long"),
        ("POST", "/api/chat", {"json": {"id": "c", "message": user_message("x" * 2_000_000)}}, 413, "body_too_large"),
        ("POST", "/api/chat", {"content": b"{"}, 400, "invalid_json"),
        ("POST", "/api/chat", {"content": b'{"id":"c","message":' + b"[" * 200_000}, 400, "invalid_json"),
        ("POST", "/api/chat", {"content": b'{"id":"c","x":' + b'{"a":' * 150_000}, 400, "invalid_json"),
        ("POST", "/api/chat", {"headers": {"authorization": "Bearer forged.token.x"}}, 401, "unauthorized"),
    ],
)
def test_bad_input_gets_a_json_error(
    client: httpx.Client, method: str, path: str, options: dict[str, Any], status: int, code: str
) -> None:
    headers = options.pop("headers", {})
    if "content" in options:
        headers["content-type"] = "application/json"
    response = client.request(method, path, headers=headers, **options)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (status, code)
    assert error["message"]
    assert "Traceback" not in response.text


def test_after_all_that_the_service_is_still_well(client: httpx.Client) -> None:
    assert client.get("/api/health").json()["status"] == "ok"
