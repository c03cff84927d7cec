"""Central models on real workerd: chat through each API, against a server that is strict about it."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from central import CentralServer
from live import ROOT, Pop
from worker.guests import Guest, client_of, error_told, message_of, until

from edgechat.ids import generate_id
from edgechat.ui.messages import ReasoningPart, UIMessage

PNG = b"\x89PNG\r\n\x1a\n"
PRICE = {"input": 100, "output": 1_000}
TIER = {"messages": 1_000, "tokens": 1_000_000, "files": 10, "file_bytes": 5_000_000}
MODELS = {
    "claude": {"id": "anthropic/claude-sonnet-5-5", "reasoning": "low"},
    "gpt": {"id": "openai/gpt-6-sol"},
    "mini": {"id": "openai-chat/gpt-4.1-mini"},
    "gone": {"id": "anthropic/claude-of-yesterday"},
}
LIMITS = {
    "dollars": 100.0,
    "message_characters": 500,
    "history_tokens": 1_000,
    "guest": {"models": ["small"]} | TIER,
    "user": {"models": ["small", *MODELS]} | TIER,
    "files": {"image_bytes": 3_000_000, "text_bytes": 1_000, "per_message": 2},
    "models": {
        "small": {"id": "@cf/meta/llama-3.1-8b-instruct-fp8-fast", "context": 8_000, "max_output": 64},
    }
    | {
        alias: model | {"context": 100_000, "max_output": 256, "price": PRICE, "takes_images": True}
        for alias, model in MODELS.items()
    },
}
VARIABLES = {"LIMITS": json.dumps(LIMITS), "ROUTING": ""}
EACH = pytest.mark.parametrize("alias", ["claude", "gpt", "mini"])


def options_of(variables: dict[str, str]) -> list[str]:
    return [f"--var={name}:{value}" for name, value in variables.items()]


@pytest.fixture(scope="module")
def central() -> Iterator[CentralServer]:
    with CentralServer() as central:
        yield central


@pytest.fixture(scope="module")
def service(central: CentralServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pop]:
    options = options_of(central.variables | VARIABLES)
    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("state"), *options)
    pop.wait_for("Ready on")
    yield pop
    pop.stop()


@contextmanager
def somebody(service: Pop, kind: str = "user") -> Iterator[Guest]:
    guest = Guest(service.url, f"{kind}_{generate_id()}")
    with guest.http:
        yield guest


@pytest.fixture
def user(service: Pop, central: CentralServer) -> Iterator[Guest]:
    central.reset()
    with somebody(service) as user:
        yield user


def asks(
    alias: str,
    text: str = "Hi",
    *,
    chat: str | None = None,
    parent: str | None = None,
    files: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    parts: list[dict[str, str]] = [*(files or []), {"type": "text", "text": text}]
    message = {"id": generate_id(), "role": "user", "parts": parts}
    return {"id": chat or generate_id(), "message": message, "parentId": parent, "model": alias}


def reasoning_of(message: UIMessage) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, ReasoningPart))


def said_of(service: Pop, text: str) -> str:
    """The line of the log that has it."""
    return until(lambda: next((line for line in service.lines if text in line), ""))


def stopped_after(user: Guest, central: CentralServer, body: dict[str, Any], text: str) -> None:
    with user.http.stream("POST", "/api/chat", json=body) as response:
        data, is_stopped = b"", False
        for piece in response.iter_bytes():
            data += piece
            if client_of(data).message.text == text and not is_stopped:
                is_stopped = user.stop(body["id"])
                assert is_stopped


@EACH
def test_an_answer_comes_from_afar_and_is_saved_with_usage_and_price(
    user: Guest, central: CentralServer, alias: str
) -> None:
    body = asks(alias)
    answer = message_of(user.post(body))
    assert (answer.text, answer.metadata) == ("Hello from afar.", None)
    (request,) = central.requests
    assert request.refusal is None
    assert until(lambda: user.saved(body["id"]))[-1] == answer
    (row,) = user.http.get("/api/usage").json()["usage"]
    assert (row["id"], row["inputTokens"], row["outputTokens"]) == (alias, 7, 11)
    assert row["cost"] == pytest.approx((7 * 100 + 11 * 1_000) / 1_000_000)


@EACH
def test_an_answer_streams(user: Guest, central: CentralServer, alias: str) -> None:
    central.play(["say", "Hello"], ["wait", 1.0], ["say", " and goodbye"])
    seen: list[tuple[str, bool]] = []
    body = b""
    with user.http.stream("POST", "/api/chat", json=asks(alias)) as response:
        for data in response.iter_bytes():
            body += data
            seen.append((client_of(body).message.text, central.requests[0].is_over))
    assert ("Hello", False) in seen
    assert seen[-1][0] == "Hello and goodbye"


@EACH
def test_a_conversation_goes_on_and_thoughts_stay_where_they_were(
    user: Guest, central: CentralServer, alias: str
) -> None:
    central.play(["think", "Hm."], ["say", "One."])
    first = asks(alias, "Count.")
    answer = message_of(user.post(first))
    assert reasoning_of(answer) == ("" if alias == "mini" else "Hm.")
    again = message_of(user.post(asks(alias, "Go on.", chat=first["id"], parent=answer.id)))
    assert again.text == "Hello from afar."
    told = json.dumps(central.requests[1].body)
    assert "Count." in told
    assert "One." in told
    assert "Hm." not in told
    assert central.requests[1].refusal is None


def test_a_conversation_goes_from_model_to_model(user: Guest, central: CentralServer) -> None:
    first = asks("small", "What is blue?")
    parent = message_of(user.post(first)).id
    for alias in ("claude", "gpt", "mini", "claude"):
        central.play(["think", "Hm."], ["say", f"{alias} says so."])
        answer = message_of(user.post(asks(alias, "And now?", chat=first["id"], parent=parent)))
        assert answer.text == f"{alias} says so."
        parent = answer.id
    last = message_of(user.post(asks("small", "And you?", chat=first["id"], parent=parent)))
    assert last.text
    assert [request.refusal for request in central.requests] == [None] * 4
    told = json.dumps(central.requests[-1].body)
    assert all(text in told for text in ("What is blue?", "claude says so.", "gpt says so.", "mini says so."))


@EACH
def test_an_image_is_seen(user: Guest, central: CentralServer, alias: str) -> None:
    announced = {"name": "sky.png", "type": "image/png", "size": len(PNG)}
    file = user.http.post("/api/attachments", json=announced).raise_for_status().json()
    user.http.put(file["upload"]["url"], content=PNG).raise_for_status()
    part = {"type": "file", "mediaType": "image/png", "url": file["url"]}
    answer = message_of(user.post(asks(alias, "What is it?", files=[part])))
    assert answer.text == "Hello from afar."
    assert base64.b64encode(PNG).decode() in json.dumps(central.requests[0].body)
    assert central.requests[0].refusal is None


@EACH
def test_a_stop_cancels_the_call_and_keeps_what_came(user: Guest, central: CentralServer, alias: str) -> None:
    central.play(["say", "Hello"], ["hang"])
    body = asks(alias)
    stopped_after(user, central, body, "Hello")
    (request,) = until(lambda: central.cancelled)
    assert not request.is_over
    (_, answer) = until(lambda: user.saved(body["id"]))
    assert (answer.text, answer.metadata) == ("Hello", {"outcome": "stopped"})
    (row,) = user.http.get("/api/usage").json()["usage"]
    assert (row["id"], row["turns"]) == (alias, 1)
    assert row["cost"] > 0


@EACH
@pytest.mark.parametrize(
    ("status", "code", "told", "logged"),
    [
        (401, "invalid_key", "not available", "takes no such key"),
        (403, "permission_error", "not available", "may not use this model"),
        (404, "not_found_error", "not available", "Correct its id in [vars.LIMITS.models]"),
        (400, "invalid_request_error", "gave no answer", "refused the request"),
    ],
)
def test_what_cannot_be_had_is_told_to_the_operator_and_in_other_words_to_people(
    service: Pop, user: Guest, central: CentralServer, alias: str, status: int, code: str, told: str, logged: str
) -> None:
    before = len(service.lines)
    central.play(["status", status, code])
    response = user.post(asks(alias))
    assert message_of(response).metadata == {"outcome": "failed"}
    assert told in error_told(response)
    assert len(central.requests) == 1
    line = until(lambda: next((line for line in service.lines[before:] if " failed (status" in line), ""))
    assert logged in line
    assert f"{MODELS[alias]['id']} failed (status {status}, code {code})" in line


@EACH
@pytest.mark.parametrize("fault", [["status", 429, "rate_limit_error", 0.1], ["status", 529, "overloaded_error", 0.1]])
def test_a_provider_that_is_busy_is_asked_again(
    user: Guest, central: CentralServer, alias: str, fault: list[Any]
) -> None:
    central.play(fault)
    assert message_of(user.post(asks(alias))).text == "Hello from afar."
    assert len(central.requests) == 2


def test_a_provider_that_stays_busy_is_told(user: Guest, central: CentralServer) -> None:
    for _ in range(3):
        central.play(["status", 529, "overloaded_error", 0.1])
    assert "is busy" in error_told(user.post(asks("claude")))


@EACH
@pytest.mark.parametrize("end", [["error", "overloaded_error"], ["drop"], ["end"]], ids=["error", "cut", "end"])
def test_an_answer_that_breaks_off_is_kept(user: Guest, central: CentralServer, alias: str, end: list[str]) -> None:
    central.play(["say", "Hello"], end)
    body = asks(alias)
    response = user.post(body)
    assert message_of(response).metadata == {"outcome": "interrupted"}
    (_, answer) = until(lambda: user.saved(body["id"]))
    assert answer.text == "Hello"


def test_a_model_that_is_not_there_is_told(service: Pop, user: Guest) -> None:
    assert "not available" in error_told(user.post(asks("gone")))
    assert "anthropic has no such model" in said_of(service, "anthropic/claude-of-yesterday failed")


def test_no_key_is_in_the_log(service: Pop, central: CentralServer) -> None:
    for name, value in central.variables.items():
        if name.endswith("_KEY"):
            assert value not in service.text


def test_only_who_may_have_it_is_answered(service: Pop, central: CentralServer) -> None:
    central.reset()
    with somebody(service, "guest") as guest:
        response = guest.post(asks("claude"))
    assert (response.status_code, response.json()["error"]["code"]) == (403, "model_not_allowed")
    assert central.requests == []


@pytest.fixture(scope="module")
def billed(central: CentralServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pop]:
    """Without keys: Cloudflare has them."""
    variables = VARIABLES | {"UNIFIED_BILLING": "1", "POP_AI_URL": central.url}
    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("state"), *options_of(variables))
    pop.wait_for("Ready on")
    yield pop
    pop.stop()


@EACH
def test_without_a_key_the_binding_is_asked_by_way_of_a_gateway(
    billed: Pop, central: CentralServer, alias: str
) -> None:
    central.reset()
    central.play(["say", "Billed"], ["hang"])
    with somebody(billed) as user:
        stopped_after(user, central, asks(alias), "Billed")
    (request,) = until(lambda: central.cancelled)
    assert (request.path, request.refusal) == ("/ai-gateway/run", None)
    assert request.headers["cf-consn-model-id"] == MODELS[alias]["id"].replace("openai-chat/", "openai/")
    assert request.body["options"]["gateway"] == {"id": "default"}


def test_without_a_key_it_says_which_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("state"), *options_of(VARIABLES))
    try:
        pop.wait_for("Ready on")
        with somebody(pop) as user:
            assert "not available" in error_told(user.post(asks("claude")))
            assert "Set its key (wrangler secret put ANTHROPIC_API_KEY)" in said_of(pop, "cannot be asked")
            assert message_of(user.post(asks("small"))).text
    finally:
        pop.stop()
