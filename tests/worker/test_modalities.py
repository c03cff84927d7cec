"""Texts that go on, labels and voice on the real Worker: limits, hostile input, and calls that end in time."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest
from live import ROOT, Pop, descendants, listening, session_secret
from scripted_ai import ScriptedAI
from worker.guests import error_of, until

from edgechat.ids import generate_id
from edgechat.ui import chunks as ui
from service.auth import User, new_session, sign

WORKLOADS = ["complete", "classify", "transcribe", "speech"]


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


class Guest:
    """Somebody new, whose words are scripts."""

    def __init__(self, url: str) -> None:
        token = sign(new_session(User(f"guest_{generate_id(24)}")), session_secret())
        self.http = httpx.Client(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=30)

    def ask(self, name: str, *script: list[Any], **more: Any) -> httpx.Response:
        return self.http.post(f"/api/{name}", **request(name, *script), **more)


def request(name: str, *script: list[Any]) -> dict[str, Any]:
    text = json.dumps(script)
    match name:
        case "complete":
            return {"json": {"prompt": text}}
        case "transcribe":
            return {"content": b"OggS\n" + text.encode(), "headers": {"content-type": "audio/ogg"}}
    return {"json": {"text": text}}


@pytest.fixture
def guest(service: Pop) -> Iterator[Guest]:
    guest = Guest(service.url)
    yield guest
    guest.http.close()


def test_a_text_goes_on_in_a_stream_with_its_timing(guest: Guest) -> None:
    response = guest.ask("complete", ["say", " in"], ["say", " May?"])
    chunks = ui.ChunkDecoder().feed(response.raise_for_status().content)
    assert "".join(chunk.delta for chunk in chunks if isinstance(chunk, ui.TextDelta)) == " in May?"
    assert response.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert "admission;dur=" in response.headers["server-timing"]


def test_a_text_gets_one_of_the_labels(guest: Guest) -> None:
    response = guest.ask("classify", ["say", '{"result": "travel"}'])
    assert response.raise_for_status().json() == {"label": "travel"}
    assert error_of(guest.ask("classify", ["say", '{"result": "<b>evil</b>"}'])) == (502, "model_failed")


def test_a_recording_is_heard(guest: Guest) -> None:
    response = guest.ask("transcribe", ["say", "Where to go?"])
    assert response.raise_for_status().json() == {"text": "Where to go?", "language": "en", "seconds": 1.5}
    assert "transcribe;dur=" in response.headers["server-timing"]


def test_a_text_is_spoken(guest: Guest) -> None:
    response = guest.ask("speech", ["say", "Italy."])
    assert response.raise_for_status().headers["content-type"] == "audio/wav"
    assert response.content.startswith(b"RIFF")
    assert "speech;dur=" in response.headers["server-timing"]


def test_what_they_take_is_in_the_usage(guest: Guest) -> None:
    for name in ("complete", "transcribe", "speech"):
        guest.ask(name, ["say", "Hi"]).raise_for_status()
    until(lambda: len(rows(guest)) == 3)
    assert {row["model"].rpartition("/")[2]: row["inputTokens"] for row in rows(guest)} == {
        "llama-3.1-8b-instruct-fp8-fast": 7,
        "whisper-large-v3-turbo": 15,
        "melotts": len('[["say", "Hi"]]'),
    }


def rows(guest: Guest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = guest.http.get("/api/usage").raise_for_status().json()["usage"]
    return found


@pytest.mark.parametrize("name", WORKLOADS)
def test_who_leaves_ends_the_call_of_the_model(name: str, service: Pop, guest: Guest, ai: ScriptedAI) -> None:
    asked = len(ai.calls)
    sent = guest.http.build_request("POST", f"/api/{name}", **request(name, ["hang"]))
    with socket.create_connection(("127.0.0.1", inner_port(service))) as connection:
        lines = [f"POST /api/{name} HTTP/1.1", *(f"{key}: {value}" for key, value in sent.headers.items()), "", ""]
        connection.sendall("\r\n".join(lines).encode() + sent.read())
        until(lambda: len(ai.calls) > asked)
        # Closed like this it is reset, by which workerd knows at once that nobody waits.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    until(lambda: ai.calls[-1].left)
    assert not ai.calls[-1].is_over


@pytest.mark.parametrize("script", [[["hang"]], [["say", " in"], ["hang"]]], ids=["before", "after"])
def test_who_leaves_a_text_ends_the_call_behind_a_proxy_too(script: Any, guest: Guest, ai: ScriptedAI) -> None:
    asked = len(ai.calls)
    with guest.http.stream("POST", "/api/complete", **request("complete", *script)):
        until(lambda: len(ai.calls) > asked)
    until(lambda: ai.calls[-1].left)


def inner_port(service: Pop) -> int:
    """That of workerd: wrangler stands before it, and does not tell it who has left before an answer began."""
    ports = listening(pid for pid, command in descendants(service.process.pid).items() if command == "workerd")
    for port in ports - {httpx.URL(service.url).port}:
        with suppress(httpx.HTTPError, ValueError):
            if httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=2).json().get("status") == "ok":
                return port
    raise AssertionError("workerd is not to be found")


@pytest.mark.parametrize("name", WORKLOADS)
def test_without_a_session_no_model_is_called(name: str, service: Pop, ai: ScriptedAI) -> None:
    asked = len(ai.calls)
    response = httpx.post(f"{service.url}/api/{name}", **request(name, ["say", "Hi"]))
    assert error_of(response) == (401, "unauthorized")
    assert len(ai.calls) == asked


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("transcribe", b"", (415, "not_audio")),
        ("transcribe", b"\x89PNG\r\n\x1a\n", (415, "not_audio")),
        ("transcribe", b"<svg onload=alert(1)>", (415, "not_audio")),
        ("transcribe", b"RIFF\0\0\0\0WEBPVP8 ", (415, "not_audio")),
        ("transcribe", b"OggS" + bytes(2_000_000), (413, "audio_too_large")),
        ("complete", b'{"prompt": "' + b"x" * 3_000 + b'"}', (413, "text_too_long")),
        ("complete", b'{"prompt": "' + b"x" * 2_000_000 + b'"}', (413, "body_too_large")),
        ("complete", b'{"prompt": ["x"]}', (400, "invalid_request")),
        ("complete", b"\xff", (400, "invalid_json")),
        ("complete", b"[" * 100_000, (400, "invalid_json")),
        ("classify", b'{"text": "x", "labels": "travel"}', (400, "invalid_request")),
        ("classify", b'{"text": "x", "labels": ["a", "\\u0000"]}', (400, "invalid_request")),
        ("speech", b'{"text": "' + b"x" * 1_001 + b'"}', (413, "text_too_long")),
        ("speech", b'{"text": ""}', (400, "empty_text")),
        ("speech", b'{"text": "Hi", "language": "english; rm"}', (400, "invalid_request")),
    ],
)
def test_hostile_input_calls_no_model(
    name: str, content: bytes, error: tuple[int, str], guest: Guest, ai: ScriptedAI
) -> None:
    asked = len(ai.calls)
    response = guest.http.post(f"/api/{name}", content=content, headers={"content-type": "application/json"})
    assert error_of(response) == error
    assert len(ai.calls) == asked


def test_what_the_request_claims_to_be_does_not_matter(guest: Guest) -> None:
    body = b'OggS\n[["say", "Hi"]]'
    for claimed in ("text/html", "image/png", "audio/ogg; codecs=<script>"):
        response = guest.http.post("/api/transcribe", content=body, headers={"content-type": claimed})
        assert response.raise_for_status().json()["text"] == "Hi"


@pytest.mark.parametrize("name", ["classify", "transcribe", "speech"])
def test_a_model_that_fails_is_told_without_its_words(name: str, guest: Guest) -> None:
    response = guest.ask(name, ["status", 500])
    assert error_of(response) == (502, "model_failed")
    assert "no idea" not in response.text


def test_many_at_once_are_too_fast(guest: Guest) -> None:
    """60 a minute, about: each location counts for itself."""
    statuses: list[int] = []

    def ask() -> None:
        statuses.extend(guest.ask("speech", ["say", "Hi"]).status_code for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 429 in statuses, f"{len(statuses)} calls in {time.monotonic() - started:.1f} s"
    assert set(statuses) == {200, 429}
