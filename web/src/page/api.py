"""The endpoints of the service, but for the answers themselves, which `Chat` streams."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from edgechat.errors import APICallError
from edgechat.http import Fetch
from edgechat.ui.messages import UIMessage, decode_messages

NOT_FOUND = 404

_BOOKMARK = "x-d1-bookmark"

type Body = Mapping[str, Any] | bytes


class Conversation(msgspec.Struct, rename="camel"):
    id: str
    title: str
    updated_at: int
    """Milliseconds since 1970."""


class Page(msgspec.Struct):
    """Of the list, the newest first; `cursor` leads to the next one."""

    chats: list[Conversation]
    cursor: str | None


class OpenConversation(Conversation):
    messages: msgspec.Raw
    versions: list[list[str]]
    """Ids of messages of which one is shown, the oldest first."""
    running: str | None = None
    """The answer that is being written; its question is the last of the messages."""

    def decode(self) -> list[UIMessage]:
        """Those that are shown."""
        return decode_messages(self.messages)


class Piece(msgspec.Struct):
    text: str
    mark: bool = False
    """It is what was searched for."""


class Hit(msgspec.Struct, rename="camel"):
    chat_id: str
    title: str
    message_id: str
    created_at: int
    snippet: list[Piece]


class Model(msgspec.Struct, rename="camel"):
    id: str
    """Its alias."""
    takes_images: bool = False
    retired: bool = False
    failing: bool = False
    """Another one answers in its place."""


class Models(msgspec.Struct):
    default: str
    models: list[Model]
    wishes: list[str] = []
    """What can be asked for in place of a model: "auto", "fast", "best"."""


class Count(msgspec.Struct):
    used: int
    limit: int


class Today(msgspec.Struct, rename="camel"):
    ends_at: str
    messages: Count
    tokens: Count


class Usage(msgspec.Struct):
    today: Today


class User(msgspec.Struct, rename="camel"):
    id: str
    is_guest: bool
    name: str | None = None


class SignIn(msgspec.Struct, rename="camel"):
    """With Cloudflare Access there is nothing to do: who sees the page is signed in."""

    type: str
    client_id: str | None = None
    authorize_url: str | None = None


class Session(msgspec.Struct, rename="camel"):
    user: User | None
    sign_in: SignIn | None = None


class Upload(msgspec.Struct):
    """Where the bytes of a file go."""

    method: str
    url: str


class Attachment(msgspec.Struct):
    id: str
    url: str
    """By which a message names it."""
    upload: Upload


class Sound(msgspec.Struct):
    data: bytes
    media_type: str


class _Heard(msgspec.Struct):
    text: str


class _Label(msgspec.Struct):
    label: str


class _ErrorDetail(msgspec.Struct):
    code: str
    message: str


class _ErrorBody(msgspec.Struct):
    error: _ErrorDetail


class _Hits(msgspec.Struct):
    results: list[Hit]


class API:
    """Raises `APICallError`, whose `public_message` is fit for the reader; its `status` is None without an answer."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        # What was written here is seen by what is read here, from whatever replica.
        self._bookmark: str | None = None

    async def conversations(self, cursor: str | None = None) -> Page:
        return await self._call(Page, "GET", "/api/chats" + (f"?cursor={quote(cursor)}" if cursor else ""))

    async def open(self, chat_id: str) -> OpenConversation | None:
        """None if there is no such conversation, or not yet: it is saved with its first answer."""
        try:
            return await self._call(OpenConversation, "GET", f"/api/chats/{chat_id}")
        except APICallError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    async def rename(self, chat_id: str, title: str) -> OpenConversation:
        return await self._call(OpenConversation, "PATCH", f"/api/chats/{chat_id}", {"title": title})

    async def show(self, chat_id: str, message_id: str) -> OpenConversation:
        """Shows the newest branch through a message."""
        return await self._call(OpenConversation, "PATCH", f"/api/chats/{chat_id}", {"headId": message_id})

    async def delete(self, chat_id: str) -> None:
        await self._send("DELETE", f"/api/chats/{chat_id}", accepted=[NOT_FOUND])

    async def search(self, words: str) -> Sequence[Hit]:
        return (await self._call(_Hits, "GET", f"/api/search?q={quote(words)}")).results

    async def models(self) -> Models:
        return await self._call(Models, "GET", "/api/models")

    async def usage(self) -> Usage:
        return await self._call(Usage, "GET", "/api/usage")

    async def transcribe(self, recording: bytes) -> str:
        """What is said in it."""
        return (await self._call(_Heard, "POST", "/api/transcribe", recording)).text

    async def speech(self, text: str, language: str) -> Sound:
        body = msgspec.json.encode({"text": text, "language": language})
        headers = {"content-type": "application/json"}
        async with self._fetch("/api/speech", method="POST", headers=headers, body=body) as response:
            if response.status >= 400:
                raise refusal(response.status, await response.text(), response.headers)
            pieces = []
            while (piece := await response.read()) is not None:
                pieces.append(piece)
            return Sound(b"".join(pieces), response.headers.get("content-type", ""))

    async def classify(self, text: str) -> str:
        """The topic."""
        return (await self._call(_Label, "POST", "/api/classify", {"text": text})).label

    async def announce(self, name: str, type: str, size: int) -> Attachment:
        return await self._call(Attachment, "POST", "/api/attachments", {"name": name, "type": type, "size": size})

    async def delete_file(self, file_id: str) -> None:
        await self._send("DELETE", f"/api/attachments/{file_id}", accepted=[NOT_FOUND])

    async def session(self) -> Session:
        return await self._call(Session, "GET", "/api/session")

    async def sign_in(self, id_token: str, nonce: str) -> None:
        await self._send("POST", "/api/session", {"idToken": id_token, "nonce": nonce})

    async def sign_out(self) -> None:
        await self._send("DELETE", "/api/session", {})

    async def delete_me(self) -> None:
        await self._send("DELETE", "/api/me")

    async def _call[T](self, type: type[T], method: str, path: str, body: Body | None = None) -> T:
        text = await self._send(method, path, body)
        try:
            return msgspec.json.decode(text, type=type)
        except msgspec.DecodeError as error:
            raise APICallError(f"{method} {path} was answered with something else: {error}") from None

    async def _send(self, method: str, path: str, body: Body | None = None, accepted: Sequence[int] = ()) -> str:
        headers = {_BOOKMARK: self._bookmark} if self._bookmark else {}
        data = None
        if isinstance(body, bytes):
            headers["content-type"] = "application/octet-stream"
            data = body
        elif body is not None:
            headers["content-type"] = "application/json"
            data = msgspec.json.encode(body)
        async with self._fetch(path, method=method, headers=headers, body=data) as response:
            text = await response.text()
            if not 200 <= response.status < 300 and response.status not in accepted:
                raise refusal(response.status, text, response.headers)
            self._bookmark = response.headers.get(_BOOKMARK, self._bookmark)
            return text


def refusal(status: int, body: str, headers: Mapping[str, str]) -> APICallError:
    """The error of an answer: `{"error": {"code", "message"}}`, whose message was written for people, or anything."""
    try:
        detail = msgspec.json.decode(body, type=_ErrorBody).error
    except msgspec.DecodeError:
        error = APICallError(f"The server answered {status}.", status=status)
    else:
        error = APICallError(detail.message, status=status, code=detail.code)
        error.public_message = detail.message
    after = headers.get("retry-after", "")
    error.retry_after = float(after) if after.isdecimal() else None
    return error
