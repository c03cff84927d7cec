"""A user of the chat service, whose questions are scripts for the model that answers them."""

import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
from live import session_secret
from worker.cutting import Client

from edgechat.ids import generate_id
from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage, decode_message
from service import auth


class Guest:
    def __init__(self, url: str, user_id: str | None = None) -> None:
        user = auth.User(user_id or f"guest_{generate_id(24)}")
        token = auth.sign(auth.new_session(user), session_secret())
        self.url = url
        self.headers = {"authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=url, headers=self.headers, timeout=60)

    def post(self, body: dict[str, Any]) -> httpx.Response:
        return self.http.post("/api/chat", json=body)

    def resume(self, chat: str, cursor: str | None = None) -> httpx.Response:
        return self.http.get(f"/api/chat/{chat}/stream", headers={"last-event-id": cursor} if cursor else {})

    def stop(self, chat: str) -> bool:
        stopped: bool = self.http.post(f"/api/chat/{chat}/stop").raise_for_status().json()["stopped"]
        return stopped

    def saved(self, chat: str) -> list[UIMessage]:
        """What is there when no answer is being written; else nothing."""
        response = self.http.get(f"/api/chats/{chat}")
        if response.status_code != 200:
            return []
        found = msgspec.json.decode(response.content, type=_Chat)
        return [] if found.running else _decoded(found.messages)

    def all_saved(self) -> dict[str, list[UIMessage]]:
        """Everything there is, by chat."""
        exported = msgspec.json.decode(self.http.get("/api/export").raise_for_status().content, type=_Export)
        return {each.conversation.id: _decoded(each.messages) for each in exported.conversations}

    def turns(self) -> int:
        """How many answers have been counted as used."""
        rows = self.http.get("/api/usage").raise_for_status().json()["usage"]
        return sum(row["turns"] for row in rows)


class _Chat(msgspec.Struct):
    messages: list[msgspec.Raw]
    running: str | None = None


class _Conversation(msgspec.Struct):
    id: str


class _Exported(msgspec.Struct):
    conversation: _Conversation
    messages: list[msgspec.Raw]


class _Export(msgspec.Struct):
    conversations: list[_Exported]


def _decoded(messages: list[msgspec.Raw]) -> list[UIMessage]:
    return [decode_message(message) for message in messages]


def question(*script: list[Any], chat: str | None = None, parent: str | None = None) -> dict[str, Any]:
    """The body of a request whose answer is the script."""
    message = {"id": generate_id(), "role": "user", "parts": [{"type": "text", "text": json.dumps(script)}]}
    return {"id": chat or generate_id(), "message": message, "parentId": parent}


def going_on(chat: str, answer_id: str) -> dict[str, Any]:
    """The body of a request by which an answer goes on."""
    return {"id": chat, "message": {"id": answer_id, "role": "assistant"}}


def client_of(body: bytes) -> Client:
    client = Client()
    client.read(body)
    return client


def message_of(response: httpx.Response) -> UIMessage:
    assert response.status_code == 200, response.text
    client = client_of(response.content)
    assert client.is_done
    return client.message


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def script_of(body: dict[str, Any]) -> str:
    return str(body["message"]["parts"][0]["text"])


def error_told(response: httpx.Response) -> str:
    """The text of the error in a stream."""
    (error,) = [chunk for chunk in ui.ChunkDecoder().feed(response.content) if isinstance(chunk, ui.Error)]
    return error.error_text


def is_stored(guest: Guest, *turns: tuple[dict[str, Any], UIMessage]) -> bool:
    """Whether the conversation is these questions and answers, in this order, each counted once, and nothing else."""
    chat = turns[0][0]["id"]
    wanted = [each for body, answer in turns for each in (decode_message(json.dumps(body["message"])), answer)]
    return guest.saved(chat) == wanted == guest.all_saved()[chat] and guest.turns() == len(turns)


def is_well(guest: Guest, body: dict[str, Any], answer: UIMessage) -> bool:
    """Whether the conversation goes on after this turn, and nothing of it is lost or doubled."""
    again = question(["say", "and more"], chat=body["id"], parent=answer.id)
    return is_stored(guest, (body, answer), (again, message_of(guest.post(again))))


def until[T](look: Callable[[], T], seconds: float = 5) -> T:
    """What there is once there is something."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)
    return found
