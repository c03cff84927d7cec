"""Follows an answer to its end, over as many connections as it takes."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress

import msgspec

from edgechat.chat.answer import Answer
from edgechat.chat.changes import Changes
from edgechat.chat.streams import ChunkStream
from edgechat.chat.transport import ChatTransport, ResumeRequest, SendRequest
from edgechat.errors import APICallError, EdgeChatError, StreamTruncatedError
from edgechat.ui import chunks as ui

type OnToolCall = Callable[[ui.ToolInputAvailable], Awaitable[None] | None]


class Reconnect(msgspec.Struct, frozen=True, kw_only=True):
    """How often it is tried in a row, and after which pauses: they double, and are shortened by up to a half at random,
    so that not all pages come back at once."""

    tries: int = 6
    first_delay: float = 0.5
    """Seconds."""
    max_delay: float = 15.0

    def delay(self, tries: int) -> float:
        """Seconds before the next try, after so many that failed."""
        return min(self.first_delay * 2.0**tries, self.max_delay) * (1 - random.random() / 2)


class Receiver:
    def __init__(
        self,
        transport: ChatTransport,
        changes: Changes,
        on_tool_call: OnToolCall,
        reconnect: Reconnect | None,
        *,
        needs_end: bool,
    ) -> None:
        self._transport = transport
        self._changes = changes
        self._on_tool_call = on_tool_call
        self._reconnect = reconnect
        self._needs_end = needs_end
        self._hurry = asyncio.Event()

    def hurry(self) -> None:
        """The network is back: what waits to connect again waits no longer."""
        self._hurry.set()

    async def send(self, answer: Answer, request: SendRequest) -> None:
        again = ResumeRequest(chat_id=request.chat_id, options=request.options, sent=request)
        await self._receive(answer, self._transport.send(request), again, lambda: None)

    async def resume(self, answer: Answer, request: ResumeRequest, begin: Callable[[], None]) -> None:
        """`begin` is called if there is something to follow."""
        await self._receive(answer, self._transport.resume(request), request, begin)

    async def _receive(
        self,
        answer: Answer,
        opening: AbstractAsyncContextManager[ChunkStream | None],
        again: ResumeRequest,
        begin: Callable[[], None],
    ) -> None:
        try:
            async with opening as stream:
                if stream:
                    begin()
                    await self._follow(answer, stream)
                return
        except EdgeChatError as error:
            if not (self._reconnect and answer.is_connected and is_lost(error)):
                raise
            lost = error
        tries = 0
        while tries < self._reconnect.tries and not answer.is_stopped:
            await self._wait(self._reconnect.delay(tries))
            tries += 1
            count = answer.count
            again.last_event_id = answer.last_id
            try:
                async with self._transport.resume(again) as stream:
                    if stream:
                        await self._follow(answer, stream, is_again=True)
                        return
                    break
            except (APICallError, StreamTruncatedError) as error:
                if not error.is_retryable:
                    break
                if answer.count != count and not answer.is_behind:
                    lost, tries = error, 0
        raise lost

    async def _follow(self, answer: Answer, stream: ChunkStream, *, is_again: bool = False) -> None:
        answer.is_connected = True
        may_go_on = is_again and answer.last_id is not None
        if is_again and not may_go_on and self._transport.resume_stream_is_replay:
            answer.tell_again()
        while (chunks := await stream.read()) is not None:
            for chunk in chunks:
                if may_go_on and isinstance(chunk, ui.Start):  # the server does not know of ids
                    answer.tell_again()
                may_go_on = False
                answer.apply(chunk)
                if isinstance(chunk, ui.ToolInputAvailable) and answer.is_new_call(chunk):
                    self._changes.flush()
                    if (result := self._on_tool_call(chunk)) is not None:
                        await result
            answer.catch_up()
            answer.last_id = stream.last_id
            self._changes.commit()
        if self._needs_end and not (stream.is_complete or answer.is_complete):
            raise StreamTruncatedError("The answer was cut off.")
        answer.catch_up(now=True)

    async def _wait(self, seconds: float) -> None:
        self._hurry.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._hurry.wait(), seconds)


def is_lost(error: BaseException) -> bool:
    """Whether it is the connection that failed, not the server."""
    return isinstance(error, StreamTruncatedError) or (isinstance(error, APICallError) and error.status is None)
