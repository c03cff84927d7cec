"""`Chat`: one conversation as a page sees it (npm `ai` 7.0.173, `ui/chat`).

The reference guards its messages by a queue of jobs. Here each change of a message is one synchronous section on the
same objects, so that the writes of a stream and those of a user cannot interleave.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from edgechat.chat.answer import Answer
from edgechat.chat.changes import Change, Changes, ChatStatus, Frames, QueueChanged
from edgechat.chat.conditions import has_approval, has_unsent_approval, is_unfinished, is_waiting_for_user
from edgechat.chat.receive import OnToolCall, Receiver, Reconnect, is_lost
from edgechat.chat.state import ChatState
from edgechat.chat.transport import ChatTransport, RequestOptions, ResumeRequest, SendRequest, Trigger
from edgechat.errors import EdgeChatError, InvalidArgumentError
from edgechat.ids import generate_id as random_id
from edgechat.ui import chunks as ui
from edgechat.ui.messages import FilePart, TextPart, ToolPart, UIMessage

STOP_TIMEOUT = 2.0
"""Seconds that a server gets to end an answer in order."""


class Finish(msgspec.Struct, kw_only=True):
    """How an answer has ended. `message` is empty if nothing of it came."""

    message: UIMessage
    messages: list[UIMessage]
    is_abort: bool
    is_disconnect: bool
    is_error: bool
    finish_reason: ui.FinishReason | None


class _Request(msgspec.Struct, kw_only=True):
    trigger: Trigger | Literal["resume-stream"] = "submit-message"
    message_id: str | None = None
    options: RequestOptions = RequestOptions()
    takes_approval: bool = False


async def _end(answer: Answer) -> None:
    """Leaves its stream and waits until it has settled, unless it is itself who asks."""
    answer.is_stopped = True
    answer.task.cancel()
    if answer.task is not asyncio.current_task():
        await answer.ended.wait()


def _to_send(message_id: str | None, options: RequestOptions) -> _Request:
    return _Request(message_id=message_id, options=options)


def _ignore(_: object) -> None:
    pass


class Chat:
    """Holds the messages of a conversation and streams the answers.

    `status` goes from "ready" to "submitted" when a message is sent, to "streaming" with the first part of the answer,
    and back to "ready", or to "error". `on_change` is told what has changed, once for each network read, or once for
    each of `frames`; before any other function is called it has been told everything.

    `send_automatically_when` is asked after each answer, result of a tool and approval whether they are to be sent.
    With `queue`, what is sent while an answer streams waits for its end; else that is a `RuntimeError`. `reconnect`
    says how an answer goes on whose connection was lost; None: it ends with an error.

    `as_ai_sdk` is for those who want what the AI SDK does: a stream that was cut off counts as complete, what was open
    stays open, an `abort` of the server is not told, requests may overlap, and an answer that is told again is seen to
    begin again.
    """

    def __init__(
        self,
        *,
        transport: ChatTransport,
        id: str | None = None,
        messages: Sequence[UIMessage] = (),
        generate_id: Callable[[], str] = random_id,
        on_change: Callable[[Sequence[Change]], None] = _ignore,
        on_finish: Callable[[Finish], None] = _ignore,
        on_error: Callable[[EdgeChatError], None] = _ignore,
        on_data: Callable[[ui.Data], None] = _ignore,
        on_tool_call: OnToolCall = _ignore,
        send_automatically_when: Callable[[Sequence[UIMessage]], bool] | None = None,
        frames: Frames | None = None,
        queue: bool = False,
        reconnect: Reconnect | None = Reconnect(),  # noqa: B008
        as_ai_sdk: bool = False,
    ) -> None:
        self.id = id or generate_id()
        self._transport = transport
        self._generate_id = generate_id
        self._on_finish = on_finish
        self._on_error = on_error
        self._on_data = on_data
        self._is_to_send = send_automatically_when
        self._queues = queue
        self._as_ai_sdk = as_ai_sdk
        self._changes = Changes(on_change, frames, messages)
        self._receiver = Receiver(
            transport, self._changes, on_tool_call, None if as_ai_sdk else reconnect, needs_end=not as_ai_sdk
        )
        self._state = ChatState(messages, self._changes)
        self._active: Answer | None = None
        self._resuming: Answer | None = None
        self._resumable: Answer | None = None
        self._interrupted: set[str] = set()
        self._approved_id: str | None = None
        self._stops = self._stopping = 0
        self._queue: list[tuple[UIMessage, RequestOptions]] = []
        self._is_paused = False
        self._deferred: RequestOptions | None = None

    @property
    def messages(self) -> list[UIMessage]:
        return self._state.messages

    @property
    def status(self) -> ChatStatus:
        return self._state.status

    @property
    def error(self) -> EdgeChatError | None:
        return self._state.error

    @property
    def queued_messages(self) -> list[UIMessage]:
        return [message for message, _ in self._queue]

    async def send_message(
        self,
        message: str | UIMessage | None = None,
        *,
        files: Sequence[FilePart] = (),
        metadata: Any = None,
        message_id: str | None = None,
        options: RequestOptions | None = None,
    ) -> None:
        """Sends a message and returns when its answer has ended, in whatever way: see `status` and `error`.

        `files` and `metadata` go with a text. With `message_id` it takes the place of that message, and those after it
        are gone. Without a message, the conversation is sent as it is. Raises `InvalidArgumentError` for an unknown id.
        """
        options = options or RequestOptions()
        if message is None and not files:
            self._refuse_overlap()
            await self._run(self._resubmission(options))
            return
        if not isinstance(message, UIMessage):
            new_id = message_id if message_id and not self._transport.keeps_versions else self._generate_id()
            text = [] if message is None else [TextPart(text=message)]
            message = UIMessage(id=new_id, role="user", parts=[*files, *text], metadata=metadata)
        if (
            self._queues
            and message_id is None
            and (self._is_busy or self._queue or is_waiting_for_user(self._state.last))
        ):
            self._queue.append((message, options))
            self._tell_queue()
            await self._run(self._resume_queue(options, skip_wait=self._is_paused))
            return
        if message_id is None:
            self._refuse_overlap()
            self._state.push(message)
        else:
            await self._rewrite()
            self._edit(message_id, message)
        self._is_paused = False
        await self._run(_Request(message_id=message_id, options=options))

    async def regenerate(self, message_id: str | None = None, *, options: RequestOptions | None = None) -> None:
        """Has the last answer, or that one, given again; it and what comes after it are gone.

        Raises `InvalidArgumentError` if there is none.
        """
        await self._rewrite()
        messages = self.messages
        index = len(messages) - 1 if message_id is None else self._state.find(message_id)
        if index is None or index < 0:
            raise InvalidArgumentError(f"There is no message {message_id!r}." if message_id else "There is no message.")
        self.set_messages(messages[: index if messages[index].role == "assistant" else index + 1])
        request = _Request(trigger="regenerate-message", message_id=message_id, options=options or RequestOptions())
        await self._run(request)

    async def resume_stream(self, *, options: RequestOptions | None = None) -> None:
        """Follows the answer that the server is generating, if it is: for a page that was opened anew."""
        if self._as_ai_sdk or not self._is_busy:
            await self._run(_Request(trigger="resume-stream", options=options or RequestOptions()))

    async def resume_if_disconnected(self) -> None:
        """When the network, or the tab, is back: connects again at once if the connection was lost."""
        self._receiver.hurry()
        if self._resumable and not self._is_busy:
            await self.resume_stream()

    async def stop(self) -> None:
        """Ends the answer that is being streamed and keeps what has come of it. Returns when it has ended.

        The server is asked to end it; where it cannot, the stream is left. A queue waits for the next message.
        """
        self._stops += 1
        self._stopping += 1
        self._deferred = None
        try:
            answers = [answer for answer in (self._resuming, self._active) if answer]
            if self._active:
                self._active.is_stopped = True
                await self._stop_server(self._active)
            for answer in answers:
                await _end(answer)
            self._is_paused = True
        finally:
            self._stopping -= 1

    async def add_tool_output(
        self,
        tool_call_id: str,
        output: Any = None,
        *,
        tool: str,  # noqa: ARG002 - says to a reader which one
        error_text: str | None = None,
        options: RequestOptions | None = None,
    ) -> None:
        """Answers a call of a tool of the page: with its output, or with what went wrong.

        Returns when the answer to it has ended, if `send_automatically_when` has it sent.
        """
        message, calls = self._calls(lambda part: part.tool_call_id == tool_call_id)
        for part in calls:
            if not (part.approval and part.approval.approved):
                part.approval = None
            part.state = "output-available" if error_text is None else "output-error"
            part.output = output if error_text is None else UNSET
            part.error_text = error_text
        await self._run(self._after_call(message, options, _to_send))

    async def add_tool_approval_response(
        self, id: str, approved: bool, *, reason: str | None = None, options: RequestOptions | None = None
    ) -> None:
        """Says whether a tool may run. Returns like `add_tool_output`."""
        message, calls = self._calls(
            lambda part: part.state == "approval-requested" and part.approval is not None and part.approval.id == id
        )
        for part in calls:
            assert part.approval
            part.state, part.approval.approved, part.approval.reason = "approval-responded", approved, reason
        if message:
            self._approved_id = message.id
        await self._run(self._after_call(message, options, self._approval_request))

    def set_messages(self, messages: Sequence[UIMessage]) -> None:
        """Replaces the list, on this side only. An answer that is streaming finds its message by its id."""
        self._state.set_messages(messages)

    def clear_error(self) -> None:
        if self.status == "error":
            self._state.set_status("ready")
            self._changes.commit()

    def remove_queued_message(self, id: str) -> None:
        self._queue = [queued for queued in self._queue if queued[0].id != id]
        self._tell_queue()

    async def send_queued_message_now(self, id: str) -> None:
        """Stops the answer that is being streamed and sends this message next."""
        first = [queued for queued in self._queue if queued[0].id == id]
        if first:
            self._queue = first + [queued for queued in self._queue if queued[0].id != id]
            stops = self._stops + 1
            await self.stop()
            if stops == self._stops:
                await self._run(self._resume_queue(first[0][1], skip_wait=True))

    async def _run(self, request: _Request | None) -> None:
        """One request after the other: each answer may ask for the next."""
        while request:
            request = await self._once(request)

    async def _once(self, request: _Request) -> _Request | None:
        answer = Answer(self._state, self._tell_data)
        if request.trigger != "resume-stream":
            self._resumable = None
            self._begin(answer, request)
        else:
            before, self._resuming = self._resuming, answer
            if before:
                await _end(before)
        # Eager: the request leaves before anything else gets its turn. In a page, a turn of the loop can be a frame.
        receiving = self._receive(answer, request)
        answer.task = asyncio.Task(receiving, loop=asyncio.get_running_loop(), eager_start=True)
        try:
            await asyncio.wait([answer.task])
        except asyncio.CancelledError:
            answer.is_stopped = True
            answer.task.cancel()
            await asyncio.wait([answer.task])
            raise
        finally:
            try:
                following = self._settle(answer, request)
            finally:
                answer.ended.set()
        error = None if answer.task.cancelled() else answer.task.exception()
        if error and not isinstance(error, EdgeChatError):
            raise error  # a mistake in a program
        return following

    def _begin(self, answer: Answer, request: _Request) -> None:
        """Chooses the message that the answer will be, or go on with."""
        state = self._state
        state.set_status("submitted")
        self._changes.commit()
        last = len(state.messages) - 1
        index = state.find(request.message_id) if request.trigger == "submit-message" and request.message_id else None
        index = last if index is None else index
        known = state.messages[index] if state.messages else None
        is_resume, is_replay = request.trigger == "resume-stream", self._transport.resume_stream_is_replay
        goes_on = request.trigger == "submit-message" or (is_resume and is_unfinished(known))
        if is_resume and self._resumable and (self._as_ai_sdk or not is_replay):
            fold = self._resumable.fold
        elif goes_on and known and known.role == "assistant":
            self._generate_id()
            fold = answer.new_fold(known)
        else:
            fold = answer.new_fold(UIMessage(id=self._generate_id(), role="assistant"))
        if is_resume and self._as_ai_sdk:
            fold.attach_again(is_replay=is_replay)
            answer.begin(fold, stays=True)
        else:
            answer.begin(fold, stays=index < last, swaps=is_replay if is_resume else None)
        self._active = answer

    def _receive(self, answer: Answer, request: _Request) -> Coroutine[Any, Any, None]:
        if request.trigger == "resume-stream":
            resume = ResumeRequest(chat_id=self.id, options=request.options)
            return self._receiver.resume(answer, resume, lambda: self._begin(answer, request))
        send = SendRequest(
            chat_id=self.id,
            messages=self.messages,
            trigger=request.trigger,
            message_id=request.message_id,
            options=request.options,
        )
        return self._receiver.send(answer, send)

    def _settle(self, answer: Answer, request: _Request) -> _Request | None:
        """Tells how the answer has ended, and returns what is to be sent now."""
        state, task = self._state, answer.task
        error = None if answer.is_stopped or task.cancelled() else task.exception()
        is_current = request.trigger != "resume-stream" or self._resuming is answer
        if self._resuming is answer:
            self._resuming = None
        if self._active is answer:
            self._active = None
        if error and is_current:
            self._fail(answer, error)
        elif is_current:
            self._resumable = None
            if answer.has_begun and not self._as_ai_sdk:
                answer.close()
            state.set_status("ready")
        if not answer.has_begun:
            self._changes.commit()
            return None
        fold = answer.fold
        is_abort = answer.is_stopped or task.cancelled() or (fold.aborted and not error and not self._as_ai_sdk)
        is_good = not (is_abort or error or fold.finish_reason == "interrupted")
        if fold.finish_reason == "interrupted":
            self._interrupted.add(fold.message.id)
        elif is_good:
            self._interrupted.discard(fold.message.id)
        if not is_good:
            self._is_paused = True
        if request.takes_approval and error and self._approved_id is None:
            self._approved_id = request.message_id
        finish = Finish(
            message=fold.message,
            messages=self.messages,
            is_abort=is_abort,
            is_disconnect=error is not None and is_lost(error),
            is_error=error is not None,
            finish_reason=fold.finish_reason,
        )
        self._changes.flush()
        self._on_finish(finish)
        if not is_good or self._stopping:
            return None
        last = state.last.id if state.last else None
        if self._sends_automatically(last):
            return _Request(message_id=last, options=request.options)
        return self._next_queued()

    def _fail(self, answer: Answer, error: BaseException) -> None:
        lost = is_lost(error)
        if answer.has_begun:
            if not self._as_ai_sdk and not (lost and not self._transport.resume_stream_is_replay):
                answer.close()
            self._resumable = answer if lost else None
        known = error if isinstance(error, EdgeChatError) else EdgeChatError(f"{type(error).__name__}: {error}")
        self._changes.flush()
        self._on_error(known)
        self._state.set_status("error", known)

    async def _stop_server(self, answer: Answer) -> None:
        try:
            if await asyncio.wait_for(self._transport.stop(self.id), STOP_TIMEOUT):
                await asyncio.wait([answer.task], timeout=STOP_TIMEOUT)
        except (EdgeChatError, TimeoutError):
            pass

    async def _rewrite(self) -> None:
        """The history changes: what is under way, and what was to follow it, is no longer wanted."""
        if self._queues:
            self._queue.clear()
            self._tell_queue()
            self._deferred = None
        if self._is_busy and (self._queues or not self._as_ai_sdk):
            await self.stop()

    def _edit(self, message_id: str, message: UIMessage) -> None:
        index = self._state.find(message_id)
        if index is None or self.messages[index].role != "user":
            raise InvalidArgumentError(f"There is no message {message_id!r} of the user.")
        self.set_messages(self.messages[: index + 1])
        edited = self.messages[index]
        edited.id, edited.role, edited.parts = message.id, message.role, message.parts
        edited.metadata = message.metadata
        self._changes.message_changed(edited)

    def _calls(self, is_meant: Callable[[ToolPart], bool]) -> tuple[UIMessage | None, list[ToolPart]]:
        """The first message with such a call, and its calls that are; they are told as changed."""
        for message in self.messages:
            found = [(index, part) for index, part in enumerate(message.parts) if isinstance(part, ToolPart)]
            found = [(index, part) for index, part in found if is_meant(part)]
            if found:
                for index, _ in found:
                    self._changes.part_changed(message, index)
                return message, [part for _, part in found]
        return None, []

    @property
    def _is_busy(self) -> bool:
        return self._active is not None or self.status in ("submitted", "streaming")

    def _refuse_overlap(self) -> None:
        if self._is_busy and not self._as_ai_sdk:
            raise RuntimeError("An answer is being streamed. Stop it, wait for its end, or use Chat(queue=True).")

    def _after_call(
        self,
        message: UIMessage | None,
        options: RequestOptions | None,
        request: Callable[[str | None, RequestOptions], _Request],
    ) -> _Request | None:
        self._changes.commit()
        if message and not self._is_busy and not self._stopping and self._sends_automatically(message.id):
            return request(message.id, options or RequestOptions())
        return self._next_queued()

    def _sends_automatically(self, message_id: str | None) -> bool:
        last = self._state.last
        is_interrupted = bool(self._interrupted & {message_id, last.id if last else None})
        return self._is_to_send is not None and not is_interrupted and self._is_to_send(self.messages)

    def _resubmission(self, options: RequestOptions) -> _Request:
        """The conversation as it is. It goes on with the message whose approval was given."""
        message_id = self._approved_id
        if message_id is None:
            approved = (message.id for message in reversed(self.messages) if has_approval(message))
            message_id = next(approved, self._state.last.id if self._state.last else None)
        return self._approval_request(message_id, options)

    def _approval_request(self, message_id: str | None, options: RequestOptions) -> _Request:
        self._deferred = None
        takes_approval = message_id is not None and message_id == self._approved_id
        if takes_approval:
            self._approved_id = None
        return _Request(message_id=message_id, options=options, takes_approval=takes_approval)

    def _resume_queue(self, options: RequestOptions, *, skip_wait: bool) -> _Request | None:
        self._is_paused = False
        if has_unsent_approval(self._state.last):
            if not self._is_busy:
                return self._resubmission(options)
            self._deferred = options
        return self._next_queued(skip_wait=skip_wait)

    def _next_queued(self, *, skip_wait: bool = False) -> _Request | None:
        """Whatever leaves the chat idle ends here: the next message of the queue is sent, unless it is paused or waits
        for the user."""
        if self._is_paused or self._is_busy or self._stopping:
            return None
        deferred, self._deferred = self._deferred, None
        if deferred and has_unsent_approval(self._state.last):
            return self._resubmission(deferred)
        if not self._queue or (not skip_wait and is_waiting_for_user(self._state.last)):
            return None
        message, options = self._queue.pop(0)
        self._tell_queue()
        self._state.push(message)
        return _Request(options=options)

    def _tell_queue(self) -> None:
        self._changes.add(QueueChanged(self.queued_messages))
        self._changes.commit()

    def _tell_data(self, chunk: ui.Data) -> None:
        if self._on_data is not _ignore:
            self._changes.flush()
            self._on_data(chunk)
