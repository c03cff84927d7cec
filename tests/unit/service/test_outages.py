"""What each route does while a store is out of reach: nothing is a 500, and nothing waits for long."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from everything import Service
from fakes import bearer, request
from outages import Broken, lose_patience
from remembering import CHAT

from service import auth
from service.auth import Session, User, revocation
from service.bindings import Env
from service.history import memory
from service.routes import ROUTES, respond
from service.stores import within_reach
from service.web import Response, Unavailable

ASKED = {
    "POST /api/session": {},
    "DELETE /api/session": {},
    "POST /api/chat": {"id": "new", "message": {"id": "u1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}},
    "PATCH /api/chats/chat": {"title": "New"},
    "POST /api/attachments": {"name": "a.txt", "type": "text/plain", "size": 2},
    "POST /api/complete": {"prompt": "Where to"},
    "POST /api/classify": {"text": "Where to go?"},
    "POST /api/transcribe": b"OggS",
    "POST /api/speech": {"text": "Italy."},
}
CHATTING = {"POST /api/chat", "GET /api/chat/chat/stream", "POST /api/chat/chat/stop"}
ALWAYS = {"GET /api/health", "GET /api/session", "POST /api/session", "GET /api/models"}

WORKLOADS = {f"POST /api/{name}" for name in ("complete", "classify", "transcribe", "speech")}

WITHOUT_D1 = {"user": CHATTING | WORKLOADS | ALWAYS, "guest": {"GET /api/health"}}
"""What goes on."""
DELETIONS = {"DELETE /api/chats/chat", "DELETE /api/me"}
STOPS = {
    "kv": {"DELETE /api/session", *DELETIONS},
    "r2": {*DELETIONS, *(f"{method} /api/attachments/x" for method in ("GET", "DELETE")), "PUT /api/attachments/x/y"},
    "tape": {"GET /api/chat/chat/stream", "POST /api/chat/chat/stop", "DELETE /api/chats/chat"},
}
"""What does not go on without a store."""


class Outage(Service):
    """A service in which somebody had talked before, and sent a file."""

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user
        self.file = self.upload = ""
        self.has_tape = True

    def tape(self, user_id: str, chat_id: str) -> Any:
        return super().tape(user_id, chat_id) if self.has_tape else self.broken

    async def prepare(self) -> None:
        question = {"id": "u1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}
        asked = await self.ask("POST", "/api/chat", {"id": CHAT, "message": question})
        await self.read(asked)
        for _ in range(2):  # one that has come, and one that is to come
            announced = await self.ask("POST", "/api/attachments", {"name": "a", "type": "text/plain", "size": 2})
            file = msgspec.json.decode(await self.read(announced))
            if not self.file:
                self.file = file["url"]
                await self.ask("PUT", file["upload"]["url"], b"hi")
            self.upload = file["upload"]["url"]

    def lose(self, store: str, error: Exception | None) -> None:
        self.broken = Broken(error)
        self.has_tape = store != "tape"
        self.stores |= {store: self.broken}

    async def ask(self, method: str, path: str, body: object = b"") -> Response:
        plain = request(method, path, body, bearer(self.user.id))
        return await respond(replace(plain, query={"q": "hi"}), self)

    def real(self, path: str) -> str:
        return self.upload if path.endswith("/y") else self.file if path.endswith("/x") else path


def path_of(pattern: re.Pattern[str]) -> str:
    examples = {"chat_id": CHAT, "id": "x", "token": "y"}
    return re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: examples[found[1]], pattern.pattern)


ALL = [f"{method} {path_of(pattern)}" for method, pattern, _ in ROUTES]


def goes_on(route: str, store: str, who: str) -> bool:
    return route in WITHOUT_D1[who] if store == "db" else route not in STOPS[store]


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SAVE_DELAYS", (0,))
    monkeypatch.setattr(memory, "READ_DELAYS", (0,))
    monkeypatch.setattr("service.history.tail.DELETE_DELAYS", (0,))


@pytest.mark.parametrize("error", [ConnectionError("out of reach"), None], ids=["fails", "hangs"])
@pytest.mark.parametrize(
    ("store", "who"), [("db", "guest"), *((store, "user") for store in ("db", "kv", "r2", "tape"))]
)
@pytest.mark.parametrize("route", ALL)
async def test_a_route_goes_on_or_says_to_come_back(
    route: str, store: str, who: str, error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Outage(User(f"{who}_1"))
    await service.prepare()
    service.lose(store, error)
    lose_patience(monkeypatch, store)
    method, path = route.split(" ")
    async with asyncio.timeout(5):
        response = await service.ask(method, service.real(path), ASKED.get(route, b"hi" if method == "PUT" else b""))
    if goes_on(route, store, who):
        assert response.status < 300, response.body
        if route != "GET /api/export":
            await service.read(response)
    elif route != "GET /api/export" or response.status != 200:  # an export that has begun breaks off
        assert (response.status, response.headers.get("retry-after")) == (503, "5")
        assert b'"unavailable"' in await service.read(response)


ADA = Session(User("user_ada"), "s1")


def without_database() -> tuple[Service, Env]:
    service = Service()
    return service, within_reach(service)


async def test_while_d1_is_out_of_reach_nobody_is_let_in_who_was_revoked() -> None:
    for end in (revocation.revoke, revocation.revoke_all):
        service, env = without_database()
        await end(env, ADA)
        service.stores["db"] = Broken(ConnectionError())
        assert await revocation.is_revoked(env, ADA)
        revocation._known.clear()


async def test_but_those_who_were_not_and_those_who_came_back() -> None:
    service, env = without_database()
    await revocation.revoke_all(env, ADA)
    await revocation.revoke(env, Session(ADA.user, "s2", epoch=1))
    service.stores["db"] = Broken(ConnectionError())
    assert not await revocation.is_revoked(env, Session(ADA.user, "s3", epoch=1))
    assert not await revocation.is_revoked(env, Session(User("user_bob"), "s1"))


async def test_guests_wait_and_so_does_everybody_when_kv_is_out_of_reach_too() -> None:
    service, env = without_database()
    service.stores["db"] = Broken(ConnectionError())
    with pytest.raises(Unavailable):
        await revocation.is_revoked(env, Session(User("guest_1"), "s1"))
    service.stores["kv"] = Broken(ConnectionError())
    with pytest.raises(Unavailable):
        await revocation.is_revoked(env, ADA)


async def test_a_session_does_not_end_for_one_store_only() -> None:
    for end in (revocation.revoke, revocation.revoke_all):
        service, env = without_database()
        kv = service.stores["kv"]
        service.stores["kv"] = Broken(ConnectionError())
        with pytest.raises(Unavailable):
            await end(env, ADA)
        assert not await revocation.is_revoked(env, ADA), "who asks again is still there to ask"
        service.stores["kv"] = kv
        await end(env, ADA)
        assert await revocation.is_revoked(env, ADA)
        revocation._known.clear()


async def test_who_waits_for_d1_may_still_come_in_as_somebody_new() -> None:
    service = Service()
    service.stores["db"] = Broken(ConnectionError())
    response = await respond(request("POST", "/api/session", {}), service)
    assert response.status == 200
    assert auth.COOKIE in response.headers["set-cookie"]
