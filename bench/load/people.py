"""Who chats: guests with one conversation each, who ask again when they have got their answer."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

import httpx
import msgspec

from bench.load.model import Script
from edgechat.ids import generate_id
from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage, decode_messages

DECLARED = (409, 429, 503)
"""Statuses by which a service may refuse, if it says so."""


class Refused(Exception):
    pass


class Wrong(Exception):
    """What must not happen."""


@dataclass(frozen=True)
class Turn:
    """Seconds from the request on, beyond those that the model takes."""

    first_token: float
    end: float


@dataclass
class Person:
    http: httpx.AsyncClient
    headers: dict[str, str]
    chat_id: str = field(default_factory=generate_id)
    said: list[tuple[str, str]] = field(default_factory=list)
    """Ids and texts of the messages of both, as they have to be in the history."""

    @classmethod
    async def arrive(cls, http: httpx.AsyncClient) -> Self:
        response = await http.post("/api/session")
        if response.is_error:
            raise _failure(response.status_code, "no session")
        # Browsers keep the cookie for https only, and so would a jar.
        cookie = response.headers["set-cookie"].partition(";")[0]
        return cls(http, {"cookie": cookie, "origin": str(http.base_url).rstrip("/")})

    async def ask(self, words: int, first_ms: int, next_ms: int) -> Turn:
        """Raises `Refused` and `Wrong`."""
        script = Script(generate_id(), words, first_ms, next_ms)
        message = {"id": script.id, "role": "user", "parts": [{"type": "text", "text": script.question()}]}
        parent = {"parentId": self.said[-1][0]} if self.said else {}
        body = msgspec.json.encode({"id": self.chat_id, "message": message} | parent)
        headers = self.headers | {"content-type": "application/json"}
        pieces: list[bytes] = []
        first, started = 0.0, time.perf_counter()
        async with self.http.stream("POST", "/api/chat", content=body, headers=headers) as response:
            async for piece in response.aiter_raw():
                pieces.append(piece)
                if not first and b"text-delta" in piece:
                    first = time.perf_counter() - started
        total = time.perf_counter() - started
        if response.is_error:
            raise _failure(response.status_code, b"".join(pieces).decode())
        answer_id, text = _read(b"".join(pieces))
        if text != "".join(script.answer()):
            raise Wrong(f"not the answer to {script.question()!r}: {text!r}")
        self.said += [(script.id, script.question()), (answer_id, text)]
        return Turn(first - first_ms / 1000, total - script.seconds)

    async def look_back(self) -> int:
        """How many messages the history has. Raises `Wrong` if they are not what was said, each once and in order."""
        response = await self.http.get(f"/api/chats/{self.chat_id}", headers=self.headers)
        if response.is_error:
            raise Wrong(f"{response.status_code} for the history of {len(self.said)} messages")
        found = [(message.id, message.text) for message in _messages(response.content)]
        if found != self.said:
            expected, there = Counter(self.said), Counter(found)
            lost, more = (expected - there).total(), (there - expected).total()
            raise Wrong(f"a history of {len(self.said)} messages: {lost} lost, {more} too many, or in another order")
        return len(found)


class _Chat(msgspec.Struct):
    messages: msgspec.Raw


def _messages(data: bytes) -> list[UIMessage]:
    return decode_messages(msgspec.json.decode(data, type=_Chat).messages)


def _failure(status: int, text: str) -> Refused | Wrong:
    return Refused(status) if status in DECLARED else Wrong(f"{status}: {text[:200]}")


def _read(body: bytes) -> tuple[str, str]:
    """The id of an answer, and its text."""
    decoder = ui.ChunkDecoder()
    chunks = decoder.feed(body)
    text = "".join(chunk.delta for chunk in chunks if isinstance(chunk, ui.TextDelta))
    if not (decoder.done and isinstance(chunks[0], ui.Start) and chunks[0].message_id):
        raise Wrong(f"an answer that is not whole: {body[-300:].decode()}")
    return chunks[0].message_id, text
