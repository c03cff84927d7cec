"""How a chat reaches its server (npm `ai` 7.0.173, `ui/http-chat-transport` and its kind)."""

import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Literal, Protocol

import msgspec

from edgechat.chat.streams import ChunkStream, DirectStream, EventStream, TextStream
from edgechat.errors import APICallError, InvalidArgumentError
from edgechat.http import Fetch, FetchResponse
from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage

# As `encodeURIComponent` does it: urllib would be slow to import.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.!~*'()-]+")

type Trigger = Literal["submit-message", "regenerate-message"]
type Resolvable[T] = T | Callable[[], T | Awaitable[T]]
"""A value, or a function that gives it for each request."""


class RequestOptions(msgspec.Struct, frozen=True, kw_only=True):
    """For one request: `headers` and `body` join those of the transport; `metadata` is for its hooks."""

    headers: Mapping[str, str] = {}
    body: Mapping[str, Any] = {}
    metadata: Any = None


class SendRequest(msgspec.Struct, kw_only=True):
    chat_id: str
    messages: Sequence[UIMessage]
    trigger: Trigger = "submit-message"
    message_id: str | None = None
    """The message that is edited, generated again or gone on with."""
    options: RequestOptions = RequestOptions()


class ResumeRequest(msgspec.Struct, kw_only=True):
    chat_id: str
    options: RequestOptions = RequestOptions()
    last_event_id: str | None = None
    """The stream is to go on after this event; else it is told from its beginning."""
    sent: SendRequest | None = None
    """What the stream that broke off was the answer to."""


class ChatTransport(Protocol):
    """Leaving a context before the end of its stream disconnects."""

    @property
    def resume_stream_is_replay(self) -> bool:
        """Whether a resumed stream without `last_event_id` tells the answer from its beginning."""
        ...

    @property
    def keeps_versions(self) -> bool:
        """Whether an edited message is a new one to the server, beside the old one."""
        ...

    def send(self, request: SendRequest) -> AbstractAsyncContextManager[ChunkStream]: ...

    def resume(self, request: ResumeRequest) -> AbstractAsyncContextManager[ChunkStream | None]:
        """None if no answer is being generated."""
        ...

    async def stop(self, chat_id: str) -> bool:
        """Asks the server to end the answer; true if it does, so that the stream will end in order."""
        ...


class Prepared(msgspec.Struct, kw_only=True):
    """A request as it will be sent; hooks change it or return another one."""

    api: str
    headers: dict[str, str]
    body: Any
    credentials: str | None


type PrepareSend = Callable[[Prepared, SendRequest], Prepared | Awaitable[Prepared]]
type PrepareReconnect = Callable[[Prepared, ResumeRequest], Prepared | Awaitable[Prepared]]


class HttpChatTransport:
    """`POST api` to send, `GET api/{chat id}/stream` to resume; what comes back is up to subclasses.

    `credentials` are those of the browser's fetch ("omit", "same-origin", "include"). `prepare_send_messages_request`
    and `prepare_reconnect_to_stream_request` get each request before it leaves.
    """

    keeps_versions = False

    def __init__(
        self,
        fetch: Fetch,
        api: str = "/api/chat",
        *,
        headers: Resolvable[Mapping[str, str] | None] = None,
        body: Resolvable[Mapping[str, Any] | None] = None,
        credentials: Resolvable[str | None] = None,
        prepare_send_messages_request: PrepareSend | None = None,
        prepare_reconnect_to_stream_request: PrepareReconnect | None = None,
        resume_stream_is_replay: bool = True,
    ) -> None:
        self.resume_stream_is_replay = resume_stream_is_replay
        self._fetch = fetch
        self._api = api
        self._headers = headers
        self._body = body
        self._credentials = credentials
        self._prepare_send = prepare_send_messages_request
        self._prepare_reconnect = prepare_reconnect_to_stream_request

    @asynccontextmanager
    async def send(self, request: SendRequest) -> AsyncGenerator[ChunkStream]:
        prepared = await self._prepared(self._api, request.options)
        prepared.body = self._send_body(request, prepared.body)
        if self._prepare_send:
            prepared = await _value(self._prepare_send(prepared, request))
        headers = {"content-type": "application/json"} | prepared.headers
        body = msgspec.json.encode(prepared.body)
        async with self._request(prepared, "POST", headers, body) as response:
            await _check(response)
            if response.status == 204:
                raise APICallError("The response body is empty.", status=204)
            yield self._stream(response)

    @asynccontextmanager
    async def resume(self, request: ResumeRequest) -> AsyncGenerator[ChunkStream | None]:
        prepared = await self._prepared("", request.options)
        if request.last_event_id is not None:
            prepared.headers["last-event-id"] = request.last_event_id
        if self._prepare_reconnect:
            prepared = await _value(self._prepare_reconnect(prepared, request))
        prepared.api = prepared.api or _below(self._api, request.chat_id, "stream")
        async with self._request(prepared, "GET", prepared.headers, None) as response:
            if response.status == 204:
                yield None
            else:
                await _check(response)
                yield self._stream(response)

    async def stop(self, chat_id: str) -> bool:  # noqa: ARG002
        return False

    async def _prepared(self, api: str, options: RequestOptions) -> Prepared:
        given = await resolved(self._body)
        body = {**(given or {}), **options.body}
        own = await resolved(self._headers) or {}
        headers = {name.lower(): value for given in (own, options.headers) for name, value in given.items()}
        return Prepared(api=api, headers=headers, body=body, credentials=await resolved(self._credentials))

    def _request(
        self, prepared: Prepared, method: str, headers: Mapping[str, str], body: bytes | None
    ) -> AbstractAsyncContextManager[FetchResponse]:
        return self._fetch(prepared.api, method=method, headers=headers, body=body, credentials=prepared.credentials)

    def _send_body(self, request: SendRequest, body: dict[str, Any]) -> dict[str, Any]:
        body |= {"id": request.chat_id, "messages": request.messages, "trigger": request.trigger}
        return body if request.message_id is None else body | {"messageId": request.message_id}

    def _stream(self, response: FetchResponse) -> ChunkStream:
        return EventStream(response)


class DefaultChatTransport(HttpChatTransport):
    """To a server of the AI SDK: all messages are sent, a UI message stream comes back."""


class EdgeChatTransport(HttpChatTransport):
    """To an edgechat Worker: only the new message is sent, because the server has the others.

    `body={"model": "fast"}` names the model, by its alias or id.
    """

    keeps_versions = True

    def _send_body(self, request: SendRequest, body: dict[str, Any]) -> dict[str, Any]:
        *before, message = request.messages
        # What got no answer, because it never arrived, is no part of the conversation.
        parent_id = next((earlier.id for earlier in reversed(before) if earlier.role == "assistant"), None)
        body |= {"id": request.chat_id, "message": message, "parentId": parent_id}
        return body | {"trigger": request.trigger} if request.trigger == "regenerate-message" else body

    @asynccontextmanager
    async def resume(self, request: ResumeRequest) -> AsyncGenerator[ChunkStream | None]:
        async with super().resume(request) as stream:
            if stream or not request.sent or request.sent.trigger == "regenerate-message":
                yield stream
                return
        # It has ended meanwhile. The same question gets the same answer again.
        async with self.send(request.sent) as again:
            yield again

    async def stop(self, chat_id: str) -> bool:
        prepared = await self._prepared(_below(self._api, chat_id, "stop"), RequestOptions())
        async with self._request(prepared, "POST", prepared.headers, None) as response:
            body = await response.text()
        try:
            return msgspec.json.decode(body, type=_Stopped).stopped
        except msgspec.DecodeError:  # it knows no such request
            return False


class TextStreamChatTransport(HttpChatTransport):
    """To a server that answers in plain text."""

    def _stream(self, response: FetchResponse) -> ChunkStream:
        return TextStream(response)


class DirectChatTransport:
    """Answers in this process: `answer` gives chunks, or lists of them, such as `stream_text(...).ui_message_stream()`
    does."""

    resume_stream_is_replay = True
    keeps_versions = False

    def __init__(self, answer: Callable[[SendRequest], AsyncIterable[ui.UIChunk | Sequence[ui.UIChunk]]]) -> None:
        self._answer = answer

    @asynccontextmanager
    async def send(self, request: SendRequest) -> AsyncGenerator[ChunkStream]:
        chunks = self._answer(request)
        try:
            yield DirectStream(chunks)
        finally:
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()

    @asynccontextmanager
    async def resume(self, request: ResumeRequest) -> AsyncGenerator[None]:  # noqa: ARG002
        yield None

    async def stop(self, chat_id: str) -> bool:  # noqa: ARG002
        return False


class _Stopped(msgspec.Struct):
    stopped: bool


class _ErrorDetail(msgspec.Struct):
    code: str
    message: str


class _ErrorBody(msgspec.Struct):
    error: _ErrorDetail


async def _check(response: FetchResponse) -> None:
    if not 200 <= response.status < 300:
        raise _refusal(response.status, await response.text())


def _refusal(status: int, body: str) -> APICallError:
    """An error of the server: `{"error": {"code", "message"}}`, whose message was written for people, or any text."""
    try:
        detail = msgspec.json.decode(body, type=_ErrorBody).error
    except msgspec.DecodeError:
        return APICallError(body or f"The server answered {status}.", status=status)
    error = APICallError(body, status=status, code=detail.code)
    error.public_message = detail.message
    return error


def _below(api: str, chat_id: str, name: str) -> str:
    """The address below `api`, whose query stays."""
    if chat_id in (".", ".."):
        raise InvalidArgumentError("A chat id must not be '.' or '..': in an address they are folders.")
    end = min((index for index in (api.find("?"), api.find("#")) if index >= 0), default=len(api))
    return f"{api[:end].removesuffix('/')}/{_UNSAFE.sub(_quoted, chat_id)}/{name}{api[end:]}"


def _quoted(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


async def resolved[T](value: Resolvable[T]) -> T:
    return await _value(value()) if callable(value) else value


async def _value[T](value: T | Awaitable[T]) -> T:
    return await value if inspect.isawaitable(value) else value
