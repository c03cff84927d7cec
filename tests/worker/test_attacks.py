"""What strangers try to be let in, and to get at what is not theirs: refused, soon, and without a word too much."""

import json

import httpx
import pytest
from attacks import id_token_attacks, session_token, session_token_attacks
from issuing import claims, ec_key, rsa_key
from live import Issuer, session_secret
from worker.strangers import (
    CHANGING,
    EVIL,
    LISTS,
    OF_ONE,
    PRIVATE,
    SECRET_TEXT,
    Person,
    code_of,
    message,
    new_session,
    path_of,
    send_json,
)

from edgechat.ids import generate_id
from service.auth import COOKIE

# tokens


def test_a_token_made_by_hand_is_as_good_as_ours(server: httpx.Client) -> None:
    token = session_token(session_secret(), "guest_1")
    response = server.get(f"/api/chats/{generate_id()}", headers={"authorization": f"Bearer {token}"})
    assert code_of(response) == (404, "unknown_chat"), "or the attacks below would prove nothing"


@pytest.mark.parametrize(("header", "before"), [("authorization", "Bearer "), ("cookie", f"{COOKIE}=")])
def test_no_forged_session_is_let_in(server: httpx.Client, header: str, before: str) -> None:
    for name, token in session_token_attacks(session_secret(), "guest_1").items():
        value = (before + token).encode(errors="surrogatepass")
        try:
            response = server.get(f"/api/chats/{generate_id()}", headers=[(header.encode(), value)])
        except httpx.LocalProtocolError:
            continue  # HTTP has no such header
        if len(token) < 16_000:
            assert code_of(response) == (401, "unauthorized"), name
        else:
            assert response.status_code in (400, 401, 413, 431), name


def test_no_forged_id_token_signs_in(server: httpx.Client, issuer: Issuer) -> None:
    issuer.keys[:] = [rsa_key().jwk, ec_key().jwk]
    good = server.post("/api/session", json={"idToken": ec_key().token(claims(iss=issuer.url))})
    assert good.status_code == 200, "or the attacks below would prove nothing"
    asked = issuer.asked
    for name, token in id_token_attacks(issuer.url).items():
        response = send_json(server, {"idToken": token})
        assert code_of(response) in {(401, "sign_in_failed"), (400, "invalid_json")}, name
        assert "set-cookie" not in response.headers, name
    assert issuer.asked <= asked + 1


# users


@pytest.mark.parametrize(("method", "path"), PRIVATE)
def test_without_a_session_there_is_nothing(
    server: httpx.Client, chat: tuple[str, str], method: str, path: str
) -> None:
    for known in (chat[0], generate_id()):
        response = server.request(method, path_of(path, known), json={} if method != "GET" else None)
        assert code_of(response) == (401, "unauthorized")


@pytest.mark.parametrize(("method", "path"), OF_ONE)
def test_what_is_anothers_is_not_there(
    victim: Person, chat: tuple[str, str], attacker: Person, method: str, path: str
) -> None:
    """Whatever is asked, the answer is that for an id that nobody has."""
    answers = []
    for known in (chat[0], generate_id()):
        response = attacker.ask(
            method, path_of(path, known), json={"title": "mine"} if method in ("PATCH", "PUT", "POST") else None
        )
        assert SECRET_TEXT not in response.text
        answers.append((response.status_code, response.text.replace(known, "ID")))
    assert answers[0] == answers[1]
    assert SECRET_TEXT in victim.ask("GET", f"/api/chats/{chat[0]}").text


def test_nobody_goes_on_with_the_chat_of_another(victim: Person, chat: tuple[str, str], attacker: Person) -> None:
    answers = []
    for known in (chat[0], generate_id()):
        body = {"id": known, "message": message("What did I say before?"), "parentId": chat[1]}
        answers.append(code_of(attacker.ask("POST", "/api/chat", json=body)))
    assert answers[0] == answers[1]
    assert answers[0][0] in (404, 409)
    assert len(victim.ask("GET", f"/api/chats/{chat[0]}").json()["messages"]) == 2


def test_a_chat_of_the_same_id_is_another_chat(victim: Person, chat: tuple[str, str], attacker: Person) -> None:
    """Also in every cache: who comes second gets nothing of what the first one has filled it with."""
    answer = attacker.say(chat[0], "I was here.")
    for person, text in ((attacker, "I was here."), (victim, SECRET_TEXT)):
        messages = person.ask("GET", f"/api/chats/{chat[0]}").json()["messages"]
        assert len(messages) == 2
        assert text in json.dumps(messages)
    body = {"id": chat[0], "message": message("Go on"), "parentId": answer}
    assert code_of(victim.ask("POST", "/api/chat", json=body))[0] in (404, 409), "an answer of the other's is no parent"


@pytest.mark.parametrize("path", LISTS)
def test_no_list_has_what_is_anothers(chat: tuple[str, str], attacker: Person, path: str) -> None:
    for query in ({}, {"q": "treasure"}, {"user": "x", "userId": "x", "user_id": "x"}):
        response = attacker.ask("GET", path, params=query)
        assert response.status_code < 500
        assert "treasure" not in response.text
        assert chat[0] not in response.text


def test_an_identity_in_a_header_is_nobodys(server: httpx.Client, chat: tuple[str, str]) -> None:
    """What a proxy, or another service, might be believed."""
    names = ["x-user", "x-user-id", "x-forwarded-user", "x-authenticated-user", "cf-access-jwt-assertion"]
    names += ["cf-access-authenticated-user-email", "x-original-url", "x-rewrite-url", "x-http-method-override"]
    for name in names:
        response = server.get(f"/api/chats/{chat[0]}", headers={name: "guest_1"})
        assert code_of(response) == (401, "unauthorized")


# other sites


@pytest.mark.parametrize(("method", "path"), CHANGING)
def test_no_other_site_changes_anything(
    server: httpx.Client, victim: Person, chat: tuple[str, str], method: str, path: str
) -> None:
    told: list[dict[str, str]] = [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}]
    told += [{"origin": EVIL}, {"origin": "null"}, {"origin": f"{str(server.base_url).rstrip('/')}.evil.example"}]
    for headers in told:
        cookie = {"cookie": f"{COOKIE}={victim.token}"}
        response = server.request(method, path_of(path, chat[0]), headers=cookie | headers, json={})
        assert code_of(response) == (403, "cross_site")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_no_other_site_signs_anybody_in_or_out(server: httpx.Client, victim: Person, method: str) -> None:
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": EVIL}, {"origin": "null"}):
        for cookie in ({}, {"cookie": f"{COOKIE}={victim.token}"}):
            response = server.request(method, "/api/session", headers=headers | cookie)
            assert code_of(response) == (403, "cross_site")
            assert "set-cookie" not in response.headers


def test_our_own_page_may(server: httpx.Client) -> None:
    cookie = {"cookie": f"{COOKIE}={new_session(server)}"}
    for headers in ({"sec-fetch-site": "same-origin"}, {"origin": str(server.base_url).rstrip("/")}):
        assert server.post("/api/session", headers=cookie | headers).status_code == 200


def test_no_other_site_may_read_the_answers(server: httpx.Client, victim: Person, chat: tuple[str, str]) -> None:
    for method in ("GET", "OPTIONS"):
        response = victim.ask(method, f"/api/chats/{chat[0]}", headers={"origin": EVIL})
        assert not [name for name in response.headers if name.startswith("access-control")]
