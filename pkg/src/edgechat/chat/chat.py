"""`Chat`: one conversation as a page sees it (npm `ai` 7.0.173, `ui/chat`).

The reference guards its messages by a queue of jobs. Here each change of a message is one synchronous section on the
same objects, so that the writes of a stream and those of a user cannot interleave.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import UNSET

from edgechat.chat.changes import Change, Changes, ChatStatus, Frames, QueueChanged
from edgechat.chat.conditions import has_approval, has_unsent_approval, is_waiting_for_user
from edgechat.chat.receive import OnToolCall, Receiver, Reconnect
from edgechat.chat.requests import Finish, Request, Requests
from edgechat.chat.state import ChatState
from edgechat.chat.transport import ChatTransport, RequestOptions
from edgechat.errors import EdgeChatError, InvalidArgumentError
from edgechat.ids import generate_id as random_id
from edgechat.ui import chunks as ui
from edgechat.ui.messages import FilePart, TextPart, UIMessage


def _to_send(message_id: str | None, options: RequestOptions) -> Request:
    return Request(message_id=message_id, options=options)


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
        self._on_data = on_data
        self._is_to_send = send_automatically_when
        self._queues = queue
        self._as_ai_sdk = as_ai_sdk
        self._changes = Changes(on_change, frames, messages)
        self._receiver = Receiver(
            transport, self._changes, on_tool_call, None if as_ai_sdk else reconnect, needs_end=not as_ai_sdk
        )
        self._state = ChatState(messages, self._changes)
        self._requests = Requests(
            self.id,
            self._state,
            transport,
            self._receiver,
            generate_id=generate_id,
            on_data=self._tell_data,
            on_error=on_error,
            on_finish=on_finish,
            follow=self._follow,
            as_ai_sdk=as_ai_sdk,
        )
        self._interrupted: set[str] = set()
        self._approved_id: str | None = None
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
            await self._requests.run(self._resubmission(options))
            return
        if not isinstance(message, UIMessage):
            new_id = message_id if message_id and not self._transport.keeps_versions else self._generate_id()
            text = [] if message is None else [TextPart(text=message)]
            message = UIMessage(id=new_id, role="user", parts=[*files, *text], metadata=metadata)
        if (
            self._queues
            and message_id is None
            and (self._requests.is_busy or self._queue or is_waiting_for_user(self._state.last))
        ):
            self._queue.append((message, options))
            self._tell_queue()
            await self._requests.run(self._resume_queue(options, skip_wait=self._is_paused))
            return
        if message_id is None:
            self._refuse_overlap()
            self._state.push(message)
        else:
            if not await self._rewrite():
                return
            self._state.edit(message_id, message)
        self._is_paused = False
        await self._requests.run(Request(message_id=message_id, options=options))

    async def regenerate(self, message_id: str | None = None, *, options: RequestOptions | None = None) -> None:
        """Has the last answer, or that one, given again; it and what comes after it are gone.

        Raises `InvalidArgumentError` if there is none.
        """
        if not await self._rewrite():
            return
        messages = self.messages
        index = len(messages) - 1 if message_id is None else self._state.find(message_id)
        if index is None or index < 0:
            raise InvalidArgumentError(f"There is no message {message_id!r}." if message_id else "There is no message.")
        self.set_messages(messages[: index if messages[index].role == "assistant" else index + 1])
        request = Request(trigger="regenerate-message", message_id=message_id, options=options or RequestOptions())
        await self._requests.run(request)

    async def resume_stream(self, *, options: RequestOptions | None = None) -> None:
        """Follows the answer that the server is generating, if it is: for a page that was opened anew."""
        if self._as_ai_sdk or not self._requests.is_busy:
            await self._requests.run(Request(trigger="resume-stream", options=options or RequestOptions()))

    async def resume_if_disconnected(self) -> None:
        """When the network, or the tab, is back: connects again at once if the connection was lost."""
        self._receiver.hurry()
        if self._requests.is_disconnected and not self._requests.is_busy:
            await self.resume_stream()

    async def stop(self) -> None:
        """Ends the answer that is being streamed and keeps what has come of it. Returns when it has ended.

        The server is asked to end it; where it cannot, the stream is left. A queue waits for the next message.
        """
        self._deferred = None
        await self._requests.stop()
        self._is_paused = True

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
        message, calls = self._state.change_calls(lambda part: part.tool_call_id == tool_call_id)
        for part in calls:
            if not (part.approval and part.approval.approved):
                part.approval = None
            part.state = "output-available" if error_text is None else "output-error"
            part.output = output if error_text is None else UNSET
            part.error_text = error_text
        await self._requests.run(self._after_call(message, options, _to_send))

    async def add_tool_approval_response(
        self, id: str, approved: bool, *, reason: str | None = None, options: RequestOptions | None = None
    ) -> None:
        """Says whether a tool may run. Returns like `add_tool_output`."""
        message, calls = self._state.change_calls(
            lambda part: part.state == "approval-requested" and part.approval is not None and part.approval.id == id
        )
        for part in calls:
            assert part.approval
            part.state, part.approval.approved, part.approval.reason = "approval-responded", approved, reason
        if message:
            self._approved_id = message.id
        await self._requests.run(self._after_call(message, options, self._approval_request))

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
            if await self._stop_for_more():
                await self._requests.run(self._resume_queue(first[0][1], skip_wait=True))

    def _follow(self, request: Request, finish: Finish) -> Request | None:
        """What is sent after an answer."""
        if finish.finish_reason == "interrupted":
            self._interrupted.add(finish.message.id)
        elif finish.is_whole:
            self._interrupted.discard(finish.message.id)
        if request.takes_approval and finish.is_error and self._approved_id is None:
            self._approved_id = request.message_id
        if not finish.is_whole:
            self._is_paused = True
            return None
        last = self._state.last.id if self._state.last else None
        if not self._requests.is_stopping and self._sends_automatically(last):
            return Request(message_id=last, options=request.options)
        return self._next_queued()

    async def _stop_for_more(self) -> bool:
        """Whether to go on: not if there was another stop meanwhile."""
        stops = self._requests.stops + 1
        await self.stop()
        return stops == self._requests.stops

    async def _rewrite(self) -> bool:
        """The history changes: what is under way, and what was to follow it, is no longer wanted. Whether to go on."""
        if self._queues:
            self._queue.clear()
            self._tell_queue()
            self._deferred = None
        is_to_stop = self._requests.is_busy and (self._queues or not self._as_ai_sdk)
        return not is_to_stop or await self._stop_for_more()

    def _refuse_overlap(self) -> None:
        if self._requests.is_busy and not self._as_ai_sdk:
            raise RuntimeError("An answer is being streamed. Stop it, wait for its end, or use Chat(queue=True).")

    def _after_call(
        self,
        message: UIMessage | None,
        options: RequestOptions | None,
        request: Callable[[str | None, RequestOptions], Request],
    ) -> Request | None:
        self._changes.commit()
        if (
            message
            and not self._requests.is_busy
            and not self._requests.is_stopping
            and self._sends_automatically(message.id)
        ):
            return request(message.id, options or RequestOptions())
        return self._next_queued()

    def _sends_automatically(self, message_id: str | None) -> bool:
        last = self._state.last
        is_interrupted = bool(self._interrupted & {message_id, last.id if last else None})
        return self._is_to_send is not None and not is_interrupted and self._is_to_send(self.messages)

    def _resubmission(self, options: RequestOptions) -> Request:
        """The conversation as it is. It goes on with the message whose approval was given."""
        message_id = self._approved_id
        if message_id is None:
            approved = (message.id for message in reversed(self.messages) if has_approval(message))
            message_id = next(approved, self._state.last.id if self._state.last else None)
        return self._approval_request(message_id, options)

    def _approval_request(self, message_id: str | None, options: RequestOptions) -> Request:
        self._deferred = None
        takes_approval = message_id is not None and message_id == self._approved_id
        if takes_approval:
            self._approved_id = None
        return Request(message_id=message_id, options=options, takes_approval=takes_approval)

    def _resume_queue(self, options: RequestOptions, *, skip_wait: bool) -> Request | None:
        self._is_paused = False
        if has_unsent_approval(self._state.last):
            if not self._requests.is_busy:
                return self._resubmission(options)
            self._deferred = options
        return self._next_queued(skip_wait=skip_wait)

    def _next_queued(self, *, skip_wait: bool = False) -> Request | None:
        """Whatever leaves the chat idle ends here: the next message of the queue is sent, unless it is paused or waits
        for the user."""
        if self._is_paused or self._requests.is_busy or self._requests.is_stopping:
            return None
        deferred, self._deferred = self._deferred, None
        if deferred and has_unsent_approval(self._state.last):
            return self._resubmission(deferred)
        if not self._queue or (not skip_wait and is_waiting_for_user(self._state.last)):
            return None
        message, options = self._queue.pop(0)
        self._tell_queue()
        self._state.push(message)
        return Request(options=options)

    def _tell_queue(self) -> None:
        self._changes.add(QueueChanged(self.queued_messages))
        self._changes.commit()

    def _tell_data(self, chunk: ui.Data) -> None:
        if self._on_data is not _ignore:
            self._changes.flush()
            self._on_data(chunk)
