import json
from collections.abc import Mapping
from typing import Any

import fakes
import pytest
from fakes import ORIGIN, bearer
from remembering import ANN, BOB, CHAT, NOW, Stores, said, turn

from edgechat.model.parts import Usage
from service import auth
from service.attachments import Attachments
from service.auth import User
from service.auth.accounts import sign_in
from service.chats import MAX_QUERY
from service.clock import now
from service.history import Past, archive_idle
from service.history.memory import deliver_waiting
from service.routes import respond
from service.web import Download, Request, Response


class Env(fakes.Env):
    def __init__(self) -> None:
        self.stores = Stores()

    @property
    def db(self) -> Any:
        return self.stores.db

    @property
    def kv(self) -> Any:
        return self.stores.kv

    @property
    def r2(self) -> Any:
        return self.stores.r2


async def ask(
    env: Env,
    method: str,
    path: str,
    body: object = None,
    *,
    user: User = ANN,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    data = b"" if body is None else json.dumps(body).encode()

    async def read(_limit: int) -> bytes | None:
        return data

    given = bearer(user.id) | {"content-type": "application/json"} | dict(headers or {})
    return await respond(Request(method, path, given, read, ORIGIN, query=query or {}), env)


def body_of(response: Response) -> Any:
    assert isinstance(response.body, bytes)
    return json.loads(response.body)


def error_of(response: Response) -> tuple[int, str]:
    return response.status, body_of(response)["error"]["code"]


async def talked(turns: int = 2) -> Env:
    env = Env()
    await env.stores.talk(turns)
    return env


async def test_a_conversation_is_opened_as_the_page_needs_it() -> None:
    env = await talked()
    response = await ask(env, "GET", f"/api/chats/{CHAT}")
    assert response.status == 200
    assert body_of(response) == {
        "id": CHAT,
        "title": "text of u1",
        "headId": "a2",
        "createdAt": NOW + 1,
        "updatedAt": NOW + 2,
        "isArchived": False,
        "messages": [
            {"id": f"{kind}{n}", "role": role, "parts": [{"type": "text", "text": f"text of {kind}{n}"}]}
            for n in (1, 2)
            for kind, role in (("u", "user"), ("a", "assistant"))
        ],
        "versions": [],
        "running": None,
    }


async def test_what_waits_to_be_saved_is_there_when_the_conversation_is_opened() -> None:
    env = await talked(1)
    await env.stores.memory().outbox.add(ANN, turn(2, "a1"))
    opened = body_of(await ask(env, "GET", f"/api/chats/{CHAT}"))
    assert [message["id"] for message in opened["messages"]] == ["u1", "a1", "u2", "a2"]
    assert (await env.r2.list())["objects"] == []


async def test_the_list_goes_on_with_its_cursor() -> None:
    env = Env()
    for number in range(35):
        await env.stores.memory().history.save(turn(1, chat_id=f"c{number}", at=NOW + number))
    first = body_of(await ask(env, "GET", "/api/chats"))
    rest = body_of(await ask(env, "GET", "/api/chats", query={"cursor": first["cursor"]}))
    assert [chat["id"] for chat in first["chats"] + rest["chats"]] == [f"c{n}" for n in reversed(range(35))]
    assert rest["cursor"] is None
    assert first["chats"][0].keys() == {"id", "title", "headId", "createdAt", "updatedAt", "isArchived"}


@pytest.mark.parametrize(
    "cursor", ["", "x", "1", ".", "1.", "1.a b", "-1.a", "1.a'; --", "9" * 20 + ".a", "1.a\n", "٣.a"]
)
async def test_an_odd_cursor_is_refused(cursor: str) -> None:
    response = await ask(await talked(), "GET", "/api/chats", query={"cursor": cursor})
    assert error_of(response) == (400, "invalid_request")


async def test_a_conversation_gets_a_new_title() -> None:
    env = await talked()
    response = await ask(env, "PATCH", f"/api/chats/{CHAT}", {"title": "  My\n trip "})
    assert body_of(response)["title"] == "My trip"
    assert body_of(await ask(env, "GET", "/api/chats"))["chats"][0]["title"] == "My trip"


async def test_another_version_is_chosen() -> None:
    env = await talked()
    await env.stores.memory().history.save(turn(2, "a1", answer=said("a2b"), at=NOW + 9))
    assert body_of(await ask(env, "GET", f"/api/chats/{CHAT}"))["versions"] == [["a2", "a2b"]]
    response = await ask(env, "PATCH", f"/api/chats/{CHAT}", {"headId": "a2"})
    assert (body_of(response)["headId"], body_of(response)["messages"][-1]["id"]) == ("a2", "a2")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_request"),
        ({"title": " "}, 400, "invalid_request"),
        ({"title": "x" * 201}, 400, "invalid_request"),
        ({"title": 5}, 400, "invalid_request"),
        ({"headId": "a b"}, 400, "invalid_request"),
        ({"headId": "a\n"}, 400, "invalid_request"),
        ({"headId": "nowhere"}, 404, "unknown_message"),
        ([], 400, "invalid_request"),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(body: object, status: int, code: str) -> None:
    env = await talked()
    before = await env.stores.rows("conversations")
    assert error_of(await ask(env, "PATCH", f"/api/chats/{CHAT}", body)) == (status, code)
    assert await env.stores.rows("conversations") == before


async def test_an_archived_conversation_can_be_opened_renamed_and_deleted() -> None:
    for method, body in (("GET", None), ("PATCH", {"headId": "a1"}), ("DELETE", None)):
        env = await talked()
        await archive_idle(env, NOW * 2)
        response = await ask(env, method, f"/api/chats/{CHAT}", body)
        assert response.status in (200, 204)
        assert (await env.r2.list())["objects"] == []
        assert len(await env.stores.rows()) == (0 if method == "DELETE" else 4)


async def test_a_deleted_conversation_leaves_nothing_anywhere() -> None:
    env = await talked()
    await env.stores.memory().outbox.add(ANN, turn(3, "a2"))
    await env.r2.put(f"archive/{ANN.id}/{CHAT}/1.jsonl.gz", b"from an attempt that broke off")
    await env.stores.talk(1, chat_id=f"{CHAT}2")
    assert (await ask(env, "DELETE", f"/api/chats/{CHAT}")).status == 204
    assert {row["conversation_id"] for row in await env.stores.rows()} == {f"{CHAT}2"}
    assert [key["name"] for key in (await env.kv.list())["keys"]] == [f"tail:{ANN.id}/{CHAT}2"]
    assert (await env.r2.list())["objects"] == []
    assert error_of(await ask(env, "DELETE", f"/api/chats/{CHAT}")) == (404, "unknown_chat")


@pytest.mark.parametrize("store", ["db", "kv", "r2"])
async def test_a_deletion_that_fails_can_be_asked_for_again(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.history.tail.DELETE_DELAYS", (0,))
    env = await talked()
    await archive_idle(env, NOW * 2)
    failing = getattr(env, store)
    failing.fail_on("DELETE" if store == "db" else "delete", Exception("failed"))
    assert error_of(await ask(env, "DELETE", f"/api/chats/{CHAT}")) == (503, "unavailable")
    failing._on.clear()
    assert (await ask(env, "DELETE", f"/api/chats/{CHAT}")).status == 204
    assert (await env.r2.list())["objects"] == []
    assert await env.stores.rows("conversations") == []


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_conversations_of_others_and_none_are_the_same(method: str) -> None:
    env = await talked()
    answers = []
    for chat_id in (CHAT, "nowhere"):
        response = await ask(env, method, f"/api/chats/{chat_id}", {"title": "Mine"}, user=BOB)
        answers.append((error_of(response), response.body))
    assert answers[0] == answers[1]
    assert answers[0][0] == (404, "unknown_chat")
    assert [row["title"] for row in await env.stores.rows("conversations")] == ["text of u1"]


async def test_a_search_finds_ones_own_messages() -> None:
    env = await talked()
    await env.stores.talk(1, user=BOB)
    (hit,) = body_of(await ask(env, "GET", "/api/search", query={"q": "text u2"}))["results"]
    assert hit == {
        "chatId": CHAT,
        "title": "text of u1",
        "messageId": "u2",
        "role": "user",
        "createdAt": NOW + 2,
        "snippet": [{"text": "text", "mark": True}, {"text": " of "}, {"text": "u2", "mark": True}],
    }


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "  "}, {"q": "x" * (MAX_QUERY + 1)}])
async def test_a_search_needs_words(query: dict[str, str]) -> None:
    assert error_of(await ask(await talked(), "GET", "/api/search", query=query)) == (400, "invalid_request")


async def exported(env: Env) -> Any:
    response = await ask(env, "GET", "/api/export")
    assert response.headers["content-disposition"].startswith("attachment")
    assert isinstance(response.body, Download)
    return json.loads(b"".join([piece async for piece in response.body.pieces]))


async def test_the_export_has_all_versions_of_all_ones_conversations() -> None:
    env = await talked()
    history = env.stores.memory().history
    await history.save(turn(2, "a1", answer=said("a2b")))
    await history.save(turn(1, chat_id="empty"))
    await env.stores.talk(1, user=BOB)
    whole = await exported(env)
    assert whole.keys() == {"user", "exportedAt", "conversations", "usage"}
    first, second = whole["conversations"]
    assert (first["conversation"]["id"], second["conversation"]["id"]) == (CHAT, "empty")
    assert [message["id"] for message in first["messages"]] == ["u1", "a1", "u2", "a2", "a2b"]
    assert first["messages"][4]["parentId"] == "u2"
    assert first["messages"][0]["parts"] == [{"type": "text", "text": "text of u1"}]


async def test_the_export_has_what_is_archived_without_bringing_it_back() -> None:
    env = await talked()
    before = (await exported(env))["conversations"]
    await archive_idle(env, NOW * 2)
    after = (await exported(env))["conversations"]
    assert after[0]["messages"] == before[0]["messages"]
    assert await env.stores.rows() == []


async def test_an_export_of_nothing_is_empty() -> None:
    assert (await exported(Env()))["conversations"] == []


async def test_a_large_export_comes_in_pieces() -> None:
    env = Env()
    for number in range(8):
        each = turn(1, chat_id=f"c{number}", answer=said("a1", "x" * 800_000))
        await env.stores.memory().history.save(each)
    response = await ask(env, "GET", "/api/export")
    assert isinstance(response.body, Download)
    sizes = [len(piece) async for piece in response.body.pieces]
    assert sum(sizes) > 6_400_000
    assert max(sizes) < 1_000_000


async def test_all_that_one_has_can_be_deleted() -> None:
    env = await talked()
    history = env.stores.memory().history
    await archive_idle(env, NOW * 2)
    await history.save(turn(1, chat_id="other", usage={"small": Usage(input_tokens=5, output_tokens=7)}))
    await env.stores.memory().outbox.add(ANN, turn(3, "a2"))
    file = await Attachments(env, ANN).announce("a.txt", "text/plain", 5, env.limits.guest)
    await env.r2.put(file.key, b"hello")
    await env.stores.talk(1, user=BOB)
    assert (await ask(env, "DELETE", "/api/me")).status == 204
    for table in ("conversations", "messages", "attachments"):
        assert {row["user_id"] for row in await env.stores.rows(table)} <= {BOB.id}
    assert (await env.r2.list())["objects"] == []
    assert [key["name"] for key in (await env.kv.list())["keys"]] == [f"tail:{BOB.id}/{CHAT}"]
    (used,) = await env.stores.rows("usage")
    assert (used["user_id"], used["input_tokens"], used["output_tokens"]) == ("", 5, 7)
    assert (await ask(env, "DELETE", "/api/me")).status == 204


async def test_an_answer_that_is_still_being_written_does_not_bring_anything_back() -> None:
    env = await talked()
    asked_at = now()
    assert (await ask(env, "DELETE", "/api/me")).status == 204
    memory = env.stores.memory()
    for late in (turn(1, chat_id="new", at=asked_at), turn(3, "a2", at=asked_at)):
        assert await memory.keep(late, Past()) == "refused"
    await memory.outbox.add(ANN, turn(1, chat_id="other", at=asked_at))
    await deliver_waiting(env)
    for table in ("conversations", "messages"):
        assert await env.stores.rows(table) == []
    assert (await env.kv.list())["keys"] == []
    assert (await env.r2.list())["objects"] == []
    assert await memory.keep(turn(1, at=now() + 1), Past()) == "saved"


async def test_an_account_also_deletes_what_it_had_as_a_guest() -> None:
    env = await talked()
    await archive_idle(env, NOW * 2)
    await sign_in(env.db, User("user_1"), ANN)
    assert (await ask(env, "DELETE", "/api/me", user=User("user_1"))).status == 204
    assert (await env.r2.list())["objects"] == []
    assert await env.stores.rows("conversations") == []


async def test_a_bookmark_is_given_and_taken() -> None:
    env = await talked()
    bookmark = (await ask(env, "GET", "/api/chats")).headers["x-d1-bookmark"]
    assert "session first-primary" in env.db.log
    assert bookmark
    again = await ask(env, "GET", "/api/chats", headers={"x-d1-bookmark": bookmark})
    assert f"session {bookmark}" in env.db.log
    assert again.headers["x-d1-bookmark"] >= bookmark


@pytest.mark.parametrize("bookmark", ["", "x", "first-unconstrained", "0" * 201, "0\r\nx: y", "é", "0 or 1=1"])
async def test_what_is_no_bookmark_reads_the_primary(bookmark: str) -> None:
    env = await talked()
    assert (await ask(env, "GET", "/api/chats", headers={"x-d1-bookmark": bookmark})).status == 200
    assert [line for line in env.db.log if line.startswith("session")] == ["session first-primary"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/chats"),
        ("GET", f"/api/chats/{CHAT}"),
        ("PATCH", f"/api/chats/{CHAT}"),
        ("DELETE", f"/api/chats/{CHAT}"),
        ("GET", "/api/search"),
        ("GET", "/api/export"),
        ("DELETE", "/api/me"),
    ],
)
async def test_none_of_it_without_a_session_or_from_another_site(method: str, path: str) -> None:
    env = await talked()
    nobody = {"authorization": ""}
    assert error_of(await ask(env, method, path, {"title": "x"}, headers=nobody)) == (401, "unauthorized")
    token = bearer(ANN.id)["authorization"].removeprefix("Bearer ")
    cookie = {"cookie": f"{auth.COOKIE}={token}", "sec-fetch-site": "cross-site"}
    response = await ask(env, method, path, {"title": "x"}, headers=cookie | {"authorization": "x"}, query={"q": "x"})
    if method != "GET":
        assert error_of(response) == (403, "cross_site")
    assert [row["title"] for row in await env.stores.rows("conversations")] == ["text of u1"]


async def test_a_database_that_fails_is_a_503_that_says_to_try_again() -> None:
    env = await talked()
    env.db.fail_on("conversations", Exception("overloaded"))
    response = await ask(env, "GET", f"/api/chats/{CHAT}")
    assert error_of(response) == (503, "unavailable")
    assert response.headers["retry-after"] == "5"
