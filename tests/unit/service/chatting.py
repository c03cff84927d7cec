"""The chat service in this process, with a model that answers as a test wants it."""

import asyncio
import json
from collections.abc import AsyncGenerator, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import pytest
from fakes import Env, bearer, database, production_limits, request
from taping import LocalTape, Outlet

from edgechat.model.types import LanguageModel
from edgechat.testing import FakeKV, FakeModel, FakeR2
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage
from service import generations
from service.auth import User
from service.history import History, Turn, memory
from service.models import choose
from service.routes import respond
from service.routing import Plan
from service.salvage import Unsaved
from service.web import Request, Response, Stream

USER = User("guest_1")
SIGNED = bearer(USER.id)
PLAN = Plan(choose(production_limits(), "guest", None))


def body(
    text: str = "Hi", id: str = "u1", parent: str | None = None, trigger: str = "submit-message"
) -> dict[str, Any]:
    message = {"id": id, "role": "user", "parts": [{"type": "text", "text": text}]}
    return {"id": "c1", "message": message, "parentId": parent, "trigger": trigger}


class Service(Env):
    """All that the service needs, in this process."""

    def __init__(self, *answers: Any) -> None:
        self.fake_model = FakeModel(*answers)
        self.d1 = database()
        self.fake_kv = FakeKV(limits_writes=False)
        self.fake_r2 = FakeR2()
        self.tapes: dict[str, LocalTape] = {}
        self.has_tape = True
        self.vars: dict[str, str] = {}
        self.work: list[asyncio.Task[None]] = []
        self.responses: list[Outlet] = []

    @property
    def db(self) -> Any:
        return self.d1

    @property
    def kv(self) -> Any:
        return self.fake_kv

    @property
    def r2(self) -> Any:
        return self.fake_r2

    def var(self, name: str) -> str | None:
        return self.vars.get(name)

    def model(self, model_id: str) -> LanguageModel:
        return self.fake_model

    def tape(self, user_id: str, chat_id: str) -> LocalTape | None:
        return self.tapes.setdefault(f"{user_id}/{chat_id}", LocalTape(self._save)) if self.has_tape else None

    async def _save(self, unsaved: Unsaved) -> None:
        turn = Turn(
            unsaved.chat_id,
            unsaved.parent_id,
            unsaved.messages,
            unsaved.outcome,
            at=unsaved.at,
            continues=unsaved.continues,
        )
        await History(self.db, User(unsaved.user_id)).save(turn)

    def wait_until(self, work: Coroutine[Any, Any, None]) -> None:
        self.work.append(asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True))

    async def ask(self, request: Request) -> Response:
        """What the platform does: it reads what streams, whether there is a client or not."""
        response = await respond(request, self)
        if isinstance(response.body, AsyncGenerator):
            outlet = Outlet()
            self.responses.append(outlet)
            self.wait_until(_pump(response.body, outlet))
            return replace(response, body=Stream(outlet))
        return response

    async def post(
        self, text: str = "Hi", *, id: str = "u1", parent: str | None = None, trigger: str = "submit-message"
    ) -> Response:
        return await self.ask(request("POST", "/api/chat", body(text, id, parent, trigger), SIGNED))

    async def go_on(self, answer_id: str) -> Response:
        message = {"id": answer_id, "role": "assistant"}
        return await self.ask(request("POST", "/api/chat", {"id": "c1", "message": message}, SIGNED))

    async def counted(self) -> int:
        return int(await self.d1.prepare("SELECT count(*) AS n FROM usage").first("n"))

    async def stop(self) -> Response:
        return await self.ask(request("POST", "/api/chat/c1/stop", headers=SIGNED))

    async def resume(self, headers: Mapping[str, str] | None = None) -> Response:
        return await self.ask(request("GET", "/api/chat/c1/stream", headers=SIGNED | dict(headers or {})))

    async def saved(self) -> list[dict[str, Any]]:
        """All messages that there are."""
        rows = await self.d1.prepare("SELECT id, role, parent_id, parts, metadata FROM messages ORDER BY seq").all()
        return [
            {
                "id": row["id"],
                "role": row["role"],
                "parent": row["parent_id"],
                "text": "".join(part.get("text", "") for part in json.loads(row["parts"])),
                "outcome": json.loads(row["metadata"] or "{}").get("outcome"),
            }
            for row in rows["results"]
        ]

    async def head(self) -> str:
        return str(await self.d1.prepare("SELECT head_id FROM conversations").first("head_id"))


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for long."""
    monkeypatch.setattr(generations, "FLUSH", 0.005)
    monkeypatch.setattr(generations, "FIRST_WATCH", 0.005)
    monkeypatch.setattr(generations, "PATIENCE", 0.1)
    monkeypatch.setattr(memory, "SAVE_DELAYS", (0.005,))
    monkeypatch.setattr(memory, "READ_DELAYS", ())


def outlet_of(response: Response) -> Outlet:
    assert response.status == 200, response.body
    assert isinstance(response.body, Stream)
    assert isinstance(response.body.readable, Outlet)
    return response.body.readable


async def _pump(pieces: AsyncGenerator[bytes], outlet: Outlet) -> None:
    async for piece in pieces:
        outlet.send(piece)
    outlet.close()


async def chunks_of(response: Response) -> list[ui.UIChunk]:
    """Of a response that comes to its end."""
    decoder = ui.ChunkDecoder()
    data = response.body if isinstance(response.body, bytes) else (await outlet_of(response).read_until()).encode()
    chunks = decoder.feed(data)
    assert decoder.done
    return chunks


async def message_of(response: Response) -> UIMessage:
    fold = MessageFold(UIMessage(id="", role="assistant"))
    for chunk in await chunks_of(response):
        fold.apply(chunk)
    fold.close()
    return fold.message


def first_number(response: Response) -> str:
    return outlet_of(response).data.decode().split("\n")[0].removeprefix("id: ")


def error_of(response: Response) -> tuple[int, str]:
    assert isinstance(response.body, bytes)
    return response.status, json.loads(response.body)["error"]["code"]
