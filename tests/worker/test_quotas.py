"""Quotas, bursts, and files in messages: real D1, R2 and rate limiter, and a model whose calls are seen."""

import base64
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from live import ROOT, Pop, session_secret
from scripted_ai import ScriptedAI

from edgechat.ids import generate_id
from service.auth import User, new_session, sign

PNG = b"\x89PNG\r\n\x1a\n"
MODEL = "@cf/meta/llama-3.1-8b-instruct-fp8-fast"
# An answer of the scripted model has 7 tokens in and 11 out: with these prices 0.0117 dollars.
PRICE = {"input": 100, "output": 1_000}
FILES = {"files": 5, "file_bytes": 5_000_000}
LIMITS = {
    "dollars": 0.6,
    "message_characters": 500,
    "history_tokens": 1_000,
    "guest": {"models": ["small"], "messages": 4, "tokens": 10_000, "messages_per_address": 6} | FILES,
    "user": {"models": ["small", "large", "vision"], "messages": 1_000, "tokens": 300} | FILES,
    "files": {"image_bytes": 3_000_000, "text_bytes": 1_000, "per_message": 2},
    "models": {
        "small": {"id": MODEL, "context": 8_000, "max_output": 64, "price": PRICE},
        "large": {"id": "@cf/a/large", "context": 8_000, "max_output": 64},
        "vision": {"id": "@cf/a/vision", "context": 8_000, "max_output": 64, "takes_images": True},
    },
}
ROUTING = {"edge": "small", "central": "large", "spared": 0.2}
TOKENS = 18


@pytest.fixture(scope="module")
def scripted_ai() -> Iterator[ScriptedAI]:
    ai = ScriptedAI()
    yield ai
    ai.close()


@pytest.fixture(scope="module")
def service(scripted_ai: ScriptedAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pop]:
    options = (
        f"--upstream={scripted_ai.url}",
        f"--var=POP_AI_URL:{scripted_ai.url}",
        f"--var=LIMITS:{json.dumps(LIMITS)}",
        f"--var=ROUTING:{json.dumps(ROUTING)}",
    )
    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("state"), *options)
    pop.wait_for("Ready on")
    yield pop
    pop.stop()


@pytest.fixture(scope="module")
def server(service: Pop) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=30) as server:
        yield server


class Person:
    def __init__(self, server: httpx.Client, user_id: str, address: str | None = None) -> None:
        token = sign(new_session(User(user_id)), session_secret())
        self._headers = {"authorization": f"Bearer {token}"} | ({"cf-connecting-ip": address} if address else {})
        self._server = server

    def ask(
        self, *script: list[str], files: Sequence[Mapping[str, str]] = (), message_id: str | None = None, **more: str
    ) -> httpx.Response:
        text = {"type": "text", "text": json.dumps(script or [["say", "Hi"]])}
        message = {"id": message_id or generate_id(), "role": "user", "parts": [*files, text]}
        body = {"id": generate_id(), "message": message, "model": "small"} | more
        return self._server.post("/api/chat", json=body, headers=self._headers)

    def upload(self, data: bytes, type: str) -> dict[str, str]:
        """The part that names the file."""
        announced = {"name": "file", "type": type, "size": len(data)}
        file = self._server.post("/api/attachments", json=announced, headers=self._headers).json()
        self._server.put(file["upload"]["url"], content=data, headers=self._headers).raise_for_status()
        return {"type": "file", "mediaType": type, "url": file["url"]}

    def get(self, path: str) -> httpx.Response:
        return self._server.get(path, headers=self._headers)

    def delete(self, path: str) -> httpx.Response:
        return self._server.delete(path, headers=self._headers)

    def usage(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/api/usage").raise_for_status().json()
        return found


def guest(server: httpx.Client, address: str | None = None) -> Person:
    return Person(server, f"guest_{generate_id()}", address)


def user(server: httpx.Client) -> Person:
    return Person(server, f"user_{generate_id()}")


def refusal(response: httpx.Response) -> str:
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 24 * 3600
    error = response.json()["error"]
    assert "You can go on in " in error["message"]
    return str(error["code"])


def eventually(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def test_a_guest_has_so_many_messages_a_day_and_then_no_call_of_a_model(
    server: httpx.Client, scripted_ai: ScriptedAI
) -> None:
    somebody = guest(server)
    for _ in range(4):
        response = somebody.ask()
        assert response.status_code == 200
        assert "Hi" in response.text
    assert refusal(somebody.ask(["hang"])) == "daily_messages"
    called = len(scripted_ai.calls)
    eventually(lambda: all(call.is_over or call.left for call in scripted_ai.calls), "the call is cancelled")
    for _ in range(5):
        assert refusal(somebody.ask()) == "daily_messages"
    assert len(scripted_ai.calls) == called
    assert guest(server).ask().status_code == 200


def test_of_messages_sent_at_once_as_many_are_answered_as_there_may_be(server: httpx.Client) -> None:
    somebody = guest(server)
    with ThreadPoolExecutor(12) as pool:
        statuses = [response.status_code for response in pool.map(lambda _: somebody.ask(), range(12))]
    assert sorted(statuses) == [200] * 4 + [429] * 8
    assert somebody.usage()["today"]["messages"] == {"used": 4, "limit": 4}


def test_a_message_sent_twice_counts_once(server: httpx.Client) -> None:
    somebody = guest(server)
    message, chat = generate_id(), generate_id()
    for _ in range(3):
        assert somebody.ask(message_id=message, id=chat).status_code == 200
    assert somebody.usage()["today"]["messages"]["used"] == 1


def test_guests_of_one_address_share_what_it_has(server: httpx.Client) -> None:
    for _ in range(6):
        assert guest(server, "203.0.113.7").ask().status_code == 200
    assert refusal(guest(server, "203.0.113.7").ask()) == "daily_messages_of_address"
    assert guest(server, "203.0.113.8").ask().status_code == 200


def test_usage_is_what_was_answered(server: httpx.Client) -> None:
    somebody = guest(server)
    for _ in range(2):
        assert somebody.ask().status_code == 200
    used = somebody.usage()
    assert used["tier"] == "guest"
    assert used["today"]["tokens"] == {"used": 2 * TOKENS, "limit": 10_000}
    (row,) = used["usage"]
    assert (row["id"], row["model"], row["turns"], row["inputTokens"], row["outputTokens"]) == (
        "small",
        MODEL,
        2,
        14,
        22,
    )
    assert row["cost"] == pytest.approx(2 * 0.0117)
    assert guest(server).usage()["usage"] == []


def test_sessions_cannot_be_had_one_after_the_other(server: httpx.Client) -> None:
    def start(address: str) -> httpx.Response:
        return server.post("/api/session", headers={"cf-connecting-ip": address})

    responses = [start("198.51.100.7") for _ in range(125)]  # also if a minute ends in between
    assert [response.status_code for response in responses[:60]] == [200] * 60
    refused = next(response for response in responses if response.status_code == 429)
    assert refused.json()["error"]["code"] == "too_fast"
    assert refused.headers["retry-after"] == "60"
    assert start("198.51.100.8").status_code == 200


def test_a_model_is_told_what_was_attached(server: httpx.Client, scripted_ai: ScriptedAI) -> None:
    somebody, chat = user(server), generate_id()
    image = PNG + os.urandom(2_000_000)
    files = [somebody.upload(image, "image/png"), somebody.upload(b"The sky is blue.", "text/plain")]
    assert somebody.ask(files=files, model="vision", id=chat).status_code == 200
    text, picture = scripted_ai.calls[-1].messages[-1]["content"]
    assert "The sky is blue." in text["text"]
    assert picture["image_url"]["url"] == f"data:image/png;base64,{base64.b64encode(image).decode()}"
    assert somebody.get(f"/api/chats/{chat}").json()["messages"][0]["parts"][:2] == files
    assert somebody.delete(f"/api/chats/{chat}").status_code == 204
    assert [somebody.get(file["url"]).status_code for file in files] == [404, 404], "with a chat go its files"


def test_the_last_part_of_a_day_is_for_the_edge(server: httpx.Client) -> None:
    somebody = user(server)
    central = 0
    while '"side":"central"' in (response := somebody.ask(model="best")).text:
        central += 1
    assert central == -(-240 // TOKENS) + 1, "the message that is told of it is on its way already"
    assert '"side":"edge","stage":"policy","reason":"your quota"' in response.text


def test_tokens_of_a_day_and_then_the_budget_of_all_come_to_an_end(
    server: httpx.Client, scripted_ai: ScriptedAI
) -> None:
    first, second = user(server), user(server)
    answers = 0
    while (response := first.ask()).status_code == 200:
        answers += 1
    assert refusal(response) == "daily_tokens"
    assert answers == -(-300 // TOKENS)
    while (response := second.ask()).status_code == 200:
        answers += 1
    assert refusal(response) == "daily_budget"
    called = len(scripted_ai.calls)
    assert refusal(guest(server).ask()) == "daily_budget"
    assert refusal(user(server).ask()) == "daily_budget"
    assert len(scripted_ai.calls) == called
