"""How a chat reaches its server."""

from collections.abc import AsyncGenerator, Mapping
from typing import Protocol

import msgspec

from edgechat.errors import APICallError, InvalidChunkError, StreamTruncatedError
from edgechat.http import Fetch
from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage


class ChatTransport(Protocol):
    def send(self, chat_id: str, messages: list[UIMessage]) -> AsyncGenerator[list[ui.UIChunk]]:
        """Sends the last message and gives the chunks of each network read. Closing the generator disconnects."""
        ...

    async def stop(self, chat_id: str) -> bool:
        """Asks the server to end the answer; true if it does, so that the stream will end in order."""
        ...


class EdgeChatTransport:
    """To an edgechat Worker: only the new message is sent, because the server has the others.

    `headers` go with each request, such as `{"authorization": "Bearer ..."}`; a page sends its cookie by itself.
    """

    def __init__(self, fetch: Fetch, url: str = "/api/chat", headers: Mapping[str, str] | None = None) -> None:
        self._fetch = fetch
        self._url = url
        self._headers = {"content-type": "application/json"} | dict(headers or {})

    async def send(self, chat_id: str, messages: list[UIMessage]) -> AsyncGenerator[list[ui.UIChunk]]:
        # What got no answer, because it never arrived, is no part of the conversation.
        parent_id = next((message.id for message in reversed(messages) if message.role == "assistant"), None)
        body = msgspec.json.encode({"id": chat_id, "message": messages[-1], "parentId": parent_id})
        async with self._fetch(self._url, method="POST", headers=self._headers, body=body) as response:
            if not 200 <= response.status < 300:
                raise _refusal(response.status, await response.text())
            decoder = ui.ChunkDecoder()
            while (data := await response.read()) is not None:
                try:
                    chunks = decoder.feed(data)
                except InvalidChunkError as error:
                    yield list(error.chunks)
                    raise
                if chunks:
                    yield chunks
            if not decoder.done:
                raise StreamTruncatedError("The stream ended without [DONE].")

    async def stop(self, chat_id: str) -> bool:
        async with self._fetch(f"{self._url}/{chat_id}/stop", method="POST", headers=self._headers) as response:
            if response.status != 200:
                return False
            return msgspec.json.decode(await response.text(), type=_Stopped).stopped


class _Stopped(msgspec.Struct):
    stopped: bool


class _ErrorDetail(msgspec.Struct):
    code: str
    message: str


class _ErrorBody(msgspec.Struct):
    error: _ErrorDetail


def _refusal(status: int, body: str) -> APICallError:
    """An error of the server: `{"error": {"code", "message"}}`, whose message was written for people, or any text."""
    try:
        detail = msgspec.json.decode(body, type=_ErrorBody).error
    except msgspec.DecodeError:
        return APICallError(body or f"The server answered {status}.", status=status)
    error = APICallError(detail.message, status=status, code=detail.code)
    error.public_message = detail.message
    return error
