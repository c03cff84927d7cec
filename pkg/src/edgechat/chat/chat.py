"""`Chat`: one conversation as a page sees it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Literal

from edgechat.chat.transport import ChatTransport
from edgechat.errors import EdgeChatError
from edgechat.ids import generate_id
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import TextPart, UIMessage

STOP_TIMEOUT = 2.0
"""Seconds that a server gets to end an answer in order."""

type ChatStatus = Literal["ready", "submitted", "streaming", "error"]


def _ignore(*_: object) -> None:
    pass


class Chat:
    """Holds the messages of a conversation and streams the answers.

    `status` goes from "ready" to "submitted" when a message is sent, to "streaming" with the first part of the answer,
    and back to "ready", or to "error". `on_status` is told each change; `on_message` each message that was added or
    has changed, once for each network read.
    """

    def __init__(
        self,
        *,
        transport: ChatTransport,
        id: str | None = None,
        messages: Sequence[UIMessage] = (),
        on_message: Callable[[UIMessage], None] = _ignore,
        on_status: Callable[[ChatStatus], None] = _ignore,
    ) -> None:
        self.id = id or generate_id()
        self.messages = list(messages)
        self.status: ChatStatus = "ready"
        self.error: EdgeChatError | None = None
        self._transport = transport
        self._on_message = on_message
        self._on_status = on_status
        self._answer: asyncio.Task[None] | None = None

    async def send_message(self, text: str) -> None:
        """Sends a message and returns when its answer has ended, in whatever way: see `status` and `error`.

        Raises `RuntimeError` while another answer is streaming.
        """
        if self._answer:
            raise RuntimeError("An answer is being streamed. Stop it, or wait for its end.")
        message = UIMessage(id=generate_id(), role="user", parts=[TextPart(text=text)])
        self.messages.append(message)
        self._on_message(message)
        self.error = None
        self._set_status("submitted")
        # Eager: the request leaves before anything else gets its turn. In a page, a turn of the loop can be a frame.
        self._answer = asyncio.Task(self._stream_answer(), loop=asyncio.get_running_loop(), eager_start=True)
        try:
            await asyncio.wait([self._answer])
            self._finish(self._answer)
        finally:
            self._answer = None

    async def stop(self) -> None:
        """Ends the answer that is being streamed and keeps what has come of it. Returns when it has ended.

        The server is asked to end it; where it cannot, the stream is left.
        """
        if answer := self._answer:
            try:
                ends = await asyncio.wait_for(self._transport.stop(self.id), STOP_TIMEOUT)
            except (EdgeChatError, TimeoutError):
                ends = False
            if ends:
                await asyncio.wait([answer], timeout=STOP_TIMEOUT)
            answer.cancel()
            await asyncio.wait([answer])

    async def _stream_answer(self) -> None:
        message = UIMessage(id=generate_id(), role="assistant")
        fold = MessageFold(message)
        try:
            async with aclosing(self._transport.send(self.id, self.messages)) as stream:
                async for chunks in stream:
                    changes = [fold.apply(chunk) for chunk in chunks]
                    if message.parts and any(changes):
                        self._show(message)
                    if fold.error:
                        raise _AnswerError(fold.error)
        finally:
            fold.close()
            if message.parts:
                self._show(message)

    def _show(self, message: UIMessage) -> None:
        if self.messages[-1] is not message:
            self.messages.append(message)
            self._set_status("streaming")
        self._on_message(message)

    def _finish(self, answer: asyncio.Task[None]) -> None:
        error = None if answer.cancelled() else answer.exception()
        if error is None:
            self._set_status("ready")
        elif isinstance(error, EdgeChatError):
            self.error = error
            self._set_status("error")
        else:
            raise error

    def _set_status(self, status: ChatStatus) -> None:
        self.status = status
        self._on_status(status)


class _AnswerError(EdgeChatError):
    """The server told of an error in the middle of its answer, in words meant for people."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.public_message = text
