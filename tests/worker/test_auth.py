"""Signing in and out, as a browser sees it: real WebCrypto, real D1, an issuer on this machine."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from issuing import claims, ec_key, rsa_key
from live import Issuer, Pop

from edgechat.ids import generate_id
from service.auth.accounts import account_of

type Browser = Callable[[], httpx.Client]


@pytest.fixture
def browser(chat_service: Pop, issuer: Issuer) -> Iterator[Browser]:
    """Makes browsers: with cookies of their own, on our page."""
    issuer.keys[:] = [rsa_key().jwk, ec_key().jwk]
    opened: list[httpx.Client] = []

    def start() -> httpx.Client:
        client = httpx.Client(base_url=chat_service.url, timeout=60, headers={"sec-fetch-site": "same-origin"})
        # On plain HTTP httpx keeps back what is Secure, where browsers trust 127.0.0.1.
        client.event_hooks["response"].append(lambda response: keep_cookie(client, response))
        opened.append(client)
        return client

    yield start
    for client in opened:
        client.close()


def keep_cookie(client: httpx.Client, response: httpx.Response) -> None:
    if sent := response.headers.get("set-cookie"):
        client.headers["cookie"] = sent.partition(";")[0]


@pytest.fixture
def id_token(issuer: Issuer) -> Callable[..., str]:
    def make(subject: str, key: Any = None, **changes: Any) -> str:
        return str((key or ec_key()).token(claims(iss=issuer.url, sub=subject, **changes)))

    return make


def user_of(response: httpx.Response) -> str:
    assert response.status_code == 200, response.text
    return str(response.json()["user"]["id"])


def is_let_in(client: httpx.Client) -> bool:
    response = client.get(f"/api/chats/{generate_id()}")
    assert response.status_code in (401, 404)
    return response.status_code == 404


def message(text: str) -> dict[str, Any]:
    return {"id": generate_id(), "role": "user", "parts": [{"type": "text", "text": text}]}


def texts(client: httpx.Client, chat: str) -> list[str]:
    """What the user said."""
    response = client.get(f"/api/chats/{chat}")
    if response.status_code == 404:
        return []
    return [part["text"] for message in response.json()["messages"][::2] for part in message["parts"]]


@pytest.mark.parametrize("key", [rsa_key(), ec_key()], ids=["RS256", "ES256"])
def test_a_person_signs_in(browser: Browser, id_token: Callable[..., str], issuer: Issuer, key: Any) -> None:
    client = browser()
    signed_in = client.post("/api/session", json={"idToken": id_token("ada", key)})
    assert user_of(signed_in) == account_of(issuer.url, "ada").id
    assert "; HttpOnly; Secure; SameSite=Lax" in signed_in.headers["set-cookie"]
    assert is_let_in(client)
    assert user_of(client.post("/api/session")) == user_of(signed_in), "a reload renews it"


def test_the_keys_of_the_issuer_are_asked_for_once(
    browser: Browser, id_token: Callable[..., str], issuer: Issuer
) -> None:
    client = browser()
    client.post("/api/session", json={"idToken": id_token("ada")})
    asked = issuer.asked
    for number in range(10):
        client.post("/api/session", json={"idToken": id_token(f"person-{number}")})
        client.post("/api/session", json={"idToken": id_token("eve", kid=f"made-up-{number}")})
    assert issuer.asked <= asked + 1


def test_the_chats_of_a_guest_are_theirs_after_the_sign_in(browser: Browser, id_token: Callable[..., str]) -> None:
    client, before = browser(), browser()
    client.post("/api/session")
    before.headers["cookie"] = client.headers["cookie"]
    chat, subject = generate_id(), generate_id()
    assert client.post("/api/chat", json={"id": chat, "message": message("I am a guest")}).status_code == 200
    client.post("/api/session", json={"idToken": id_token(subject)})
    assert texts(client, chat) == ["I am a guest"]
    assert not is_let_in(before), "and the guest is nobody any more"
    elsewhere = browser()
    elsewhere.post("/api/session", json={"idToken": id_token(subject)})
    assert texts(elsewhere, chat) == ["I am a guest"]


def test_an_answer_that_a_guest_still_gets_is_saved_for_their_account(
    browser: Browser, id_token: Callable[..., str]
) -> None:
    client, signing_in = browser(), browser()
    client.post("/api/session")
    signing_in.headers["cookie"] = client.headers["cookie"]
    chat = generate_id()
    body = {"id": chat, "message": message("What is the capital of France?")}
    with client.stream("POST", "/api/chat", json=body) as response:
        pieces = response.iter_raw()
        assert next(pieces)
        signing_in.post("/api/session", json={"idToken": id_token(generate_id())})
        assert b"[DONE]" in b"".join(pieces)
    assert texts(signing_in, chat) == ["What is the capital of France?"]


def test_an_answer_that_began_for_a_guest_is_followed_and_stopped_by_their_account(
    browser: Browser, id_token: Callable[..., str]
) -> None:
    client, account, stranger = browser(), browser(), browser()
    client.post("/api/session")
    account.headers["cookie"] = client.headers["cookie"]
    chat = generate_id()
    body = {"id": chat, "message": message("Write a long story about the sea.")}
    with client.stream("POST", "/api/chat", json=body) as response:
        assert next(response.iter_raw())
        for each in (account, stranger):
            each.post("/api/session", json={"idToken": id_token(generate_id())})
        assert stranger.get(f"/api/chat/{chat}/stream").status_code == 204
        assert stranger.post(f"/api/chat/{chat}/stop").json() == {"stopped": False}
        with account.stream("GET", f"/api/chat/{chat}/stream") as again:
            pieces = again.iter_raw()
            assert next(pieces)
            assert account.post(f"/api/chat/{chat}/stop").json() == {"stopped": True}
            assert b'"abort"' in b"".join(pieces)
    assert texts(account, chat) == ["Write a long story about the sea."]


def test_signing_out_ends_the_session_and_all_that_renewed_it(browser: Browser, id_token: Callable[..., str]) -> None:
    client, copy, other = browser(), browser(), browser()
    for each in (client, other):
        each.post("/api/session", json={"idToken": id_token("bob")})
    copy.headers["cookie"] = client.headers["cookie"]
    client.post("/api/session")
    assert client.request("DELETE", "/api/session").json() == {"signedOut": True}
    assert client.headers["cookie"] == "__Host-edgechat="
    assert not is_let_in(copy)
    assert is_let_in(other)
    assert user_of(copy.post("/api/session")).startswith("guest_")


def test_signing_out_everywhere(browser: Browser, id_token: Callable[..., str]) -> None:
    here, there = browser(), browser()
    for each in (here, there):
        each.post("/api/session", json={"idToken": id_token("carol")})
    here.request("DELETE", "/api/session", json={"everywhere": True})
    assert not is_let_in(there)
    again = browser()
    again.post("/api/session", json={"idToken": id_token("carol")})
    assert is_let_in(again)


def test_a_revoked_session_gets_no_answer(browser: Browser, id_token: Callable[..., str]) -> None:
    client, copy = browser(), browser()
    client.post("/api/session", json={"idToken": id_token("dave")})
    copy.headers["cookie"] = client.headers["cookie"]
    client.request("DELETE", "/api/session")
    response = copy.post("/api/chat", json={"id": generate_id(), "message": message("Hi")})
    assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthorized")
