"""What a chat asks of its server: each request, its answer, and how that has ended."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Literal

import msgspec

from edgechat.chat.answer import Answer
from edgechat.chat.conditions import is_unfinished
from edgechat.chat.receive import Receiver, is_lost
from edgechat.chat.state import ChatState
from edgechat.chat.transport import ChatTransport, RequestOptions, ResumeRequest, SendRequest, Trigger
from edgechat.errors import EdgeChatError
from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage

STOP_TIMEOUT = 2.0
"""Seconds that a server gets to end an answer in order."""


class Request(msgspec.Struct, kw_only=True):
    trigger: Trigger | Literal["resume-stream"] = "submit-message"
    message_id: str | None = None
    options: RequestOptions = RequestOptions()
    takes_approval: bool = False
    """It brings the server the approval that was given in that message."""


class Finish(msgspec.Struct, kw_only=True):
    """How an answer has ended. `message` is empty if nothing of it came."""

    message: UIMessage
    messages: list[UIMessage]
    is_abort: bool
    is_disconnect: bool
    is_error: bool
    finish_reason: ui.FinishReason | None

    @property
    def is_whole(self) -> bool:
        return not (self.is_abort or self.is_error or self.finish_reason == "interrupted")


class Requests:
    """Sends one request after the other: `follow` is asked for the next one when an answer has ended."""

    def __init__(
        self,
        chat_id: str,
        state: ChatState,
        transport: ChatTransport,
        receiver: Receiver,
        *,
        generate_id: Callable[[], str],
        on_data: Callable[[ui.Data], None],
        on_error: Callable[[EdgeChatError], None],
        on_finish: Callable[[Finish], None],
        follow: Callable[[Request, Finish], Request | None],
        as_ai_sdk: bool,
    ) -> None:
        self.stops = 0
        """How often it was stopped."""
        self._chat_id = chat_id
        self._state = state
        self._transport = transport
        self._receiver = receiver
        self._generate_id = generate_id
        self._on_data = on_data
        self._on_error = on_error
        self._on_finish = on_finish
        self._follow = follow
        self._as_ai_sdk = as_ai_sdk
        self._active: Answer | None = None
        self._resuming: Answer | None = None
        self._resumable: Answer | None = None
        self._stopping = 0

    @property
    def is_busy(self) -> bool:
        return self._active is not None or self._state.status in ("submitted", "streaming")

    @property
    def is_stopping(self) -> bool:
        return self._stopping > 0

    @property
    def is_disconnected(self) -> bool:
        """Whether the connection to the last answer was lost."""
        return self._resumable is not None

    async def run(self, request: Request | None) -> None:
        """Returns when the answer has ended, and all that followed from it."""
        while request:
            request = await self._once(request)

    async def stop(self) -> None:
        self.stops += 1
        self._stopping += 1
        try:
            answers = [answer for answer in (self._resuming, self._active) if answer]
            if self._active:
                self._active.is_stopped = True
                await self._stop_server(self._active)
            for answer in answers:
                await answer.end()
        finally:
            self._stopping -= 1

    async def _stop_server(self, answer: Answer) -> None:
        try:
            if await asyncio.wait_for(self._transport.stop(self._chat_id), STOP_TIMEOUT):
                await asyncio.wait_for(answer.ended.wait(), STOP_TIMEOUT)
        except (EdgeChatError, TimeoutError):
            pass

    async def _once(self, request: Request) -> Request | None:
        answer = Answer(self._state, self._on_data)
        is_resume, before = request.trigger == "resume-stream", self._resuming
        if is_resume:
            self._resuming = answer
        else:
            self._resumable = None
            self._state.set_status("submitted")
        if before and (is_resume or not self._as_ai_sdk):
            if not is_resume:
                self._resuming = None  # so that it does not tell that all is ready
            await before.end()
        if not is_resume:
            self._begin(answer, request)
        try:
            await answer.run(self._receive(answer, request))
        finally:
            try:
                following = self._settle(answer, request)
            finally:
                answer.ended.set()
        if answer.error and not isinstance(answer.error, EdgeChatError):
            raise answer.error  # a mistake in a program
        return following

    def _begin(self, answer: Answer, request: Request) -> None:
        """Chooses the message that the answer will be, or go on with."""
        state = self._state
        state.set_status("submitted")
        state.changes.commit()
        last = len(state.messages) - 1
        index = state.find(request.message_id) if request.trigger == "submit-message" and request.message_id else None
        index = last if index is None else index
        known = state.messages[index] if state.messages else None
        is_resume, is_replay = request.trigger == "resume-stream", self._transport.resume_stream_is_replay
        goes_on = request.trigger == "submit-message" or (is_resume and is_unfinished(known))
        if is_resume and self._resumable and (self._as_ai_sdk or not is_replay):
            fold = self._resumable.fold
        elif goes_on and known and known.role == "assistant":
            fold = answer.new_fold(known)
        else:
            fold = answer.new_fold(UIMessage(id=self._generate_id(), role="assistant"))
        if is_resume and self._as_ai_sdk:
            fold.attach_again(is_replay=is_replay)
            answer.begin(fold, stays=True)
        else:
            answer.begin(fold, stays=index < last, swaps=is_replay if is_resume else None)
        self._active = answer

    def _receive(self, answer: Answer, request: Request) -> Coroutine[Any, Any, None]:
        if request.trigger == "resume-stream":
            resume = ResumeRequest(chat_id=self._chat_id, options=request.options)
            return self._receiver.resume(answer, resume, lambda: self._begin(answer, request))
        send = SendRequest(
            chat_id=self._chat_id,
            messages=tuple(self._state.messages),
            trigger=request.trigger,
            message_id=request.message_id,
            options=request.options,
        )
        return self._receiver.send(answer, send)

    def _settle(self, answer: Answer, request: Request) -> Request | None:
        """Tells how the answer has ended, and returns what is to be sent now."""
        state, error = self._state, answer.error
        is_current = request.trigger != "resume-stream" or self._resuming is answer
        if self._resuming is answer:
            self._resuming = None
        if self._active is answer:
            self._active = None
        lost = error is not None and is_lost(error)
        if answer.has_begun and not (self._as_ai_sdk or (lost and not self._transport.resume_stream_is_replay)):
            answer.close()
        if error and is_current:
            if answer.has_begun:
                self._resumable = answer if lost else None
            known = error if isinstance(error, EdgeChatError) else EdgeChatError(f"{type(error).__name__}: {error}")
            state.changes.flush()
            self._on_error(known)
            state.set_status("error", known)
        elif is_current:
            self._resumable = None
            state.set_status("ready")
        state.changes.flush()
        if not answer.has_begun:
            return None
        fold = answer.fold
        finish = Finish(
            message=fold.message,
            messages=state.messages,
            is_abort=answer.is_stopped or (fold.aborted and not error and not self._as_ai_sdk),
            is_disconnect=lost,
            is_error=error is not None,
            finish_reason=fold.finish_reason,
        )
        self._on_finish(finish)
        return self._follow(request, finish)
