"""One conversation: its `Chat`, the versions of its messages, and what waits to be sent in it."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

from edgechat.chat import Chat, ChatTransport, RequestOptions
from edgechat.chat.changes import (
    Change,
    Frames,
    MessageAdded,
    MessageChanged,
    PartAdded,
    PartChanged,
    StatusChanged,
    TextAppended,
)
from edgechat.errors import APICallError, EdgeChatError
from edgechat.ids import generate_id
from edgechat.ui.messages import UIMessage
from page.api import API, OpenConversation
from page.drafts import Drafts, Outgoing
from page.figures import Felt
from page.listing import title_of
from page.versions import Versions

_OF_MESSAGE = (MessageAdded, MessageChanged, PartAdded, PartChanged, TextAppended)
_WORTH_KEEPING = (401, 408, 409, 429)  # no session, a timeout, another answer, a quota


class Events(Protocol):
    """What an application is told of its conversations."""

    def changed(self, conversation: "Conversation", changes: Sequence[Change]) -> None: ...

    def queue_changed(self) -> None: ...

    def started(self, conversation: "Conversation", question: Outgoing, parent_id: str | None) -> None:
        """An answer that was asked for here has begun."""
        ...

    def ended(self, conversation: "Conversation") -> None:
        """What was asked for here has ended, in whatever way."""
        ...

    def returned(self, conversation: "Conversation", outgoing: Outgoing) -> None:
        """The service does not take this message as it is."""
        ...


class Conversation:
    """Messages are sent one after the other. One that failed comes first with the next try; none is lost."""

    def __init__(
        self,
        chat_id: str | None,
        *,
        api: API,
        drafts: Drafts,
        transport: ChatTransport,
        frames: Frames | None,
        events: Events,
        clock: Callable[[], float],
    ) -> None:
        self.chat = Chat(transport=transport, id=chat_id, on_change=self._changed, frames=frames)
        self.title = ""
        self.is_new = chat_id is None
        """Nothing was said in it yet."""
        self.versions = Versions()
        self.model: str | None = None
        self.felt: dict[str, Felt] = {}
        """By message; of those that have come in this page."""
        self._api = api
        self._drafts = drafts
        self._events = events
        self._clock = clock
        self._sent_at = 0.0
        self._asked: UIMessage | None = None
        self._replaces: str | None = None
        self._is_accepted = False
        self._is_running = False
        self._is_sending = False
        self._is_loaded = self.is_new

    @property
    def id(self) -> str:
        return self.chat.id

    @property
    def busy(self) -> bool:
        return self.chat.status in ("submitted", "streaming")

    @property
    def unpainted(self) -> Felt | None:
        """Of the last answer, until `first_paint_at` is told."""
        felt = self.felt.get(self.chat.messages[-1].id) if self.chat.messages else None
        return felt if felt and felt.first_text_at is not None and felt.first_paint_at is None else None

    @property
    def waiting(self) -> list[Outgoing]:
        """What is not sent yet."""
        on_their_way = {message.id for message in (*self.chat.messages, self._asked) if message}
        return [outgoing for outgoing in self._drafts.read(self.id).queue if outgoing.id not in on_their_way]

    async def load(self) -> bool:
        """Shows what the service has. False if it knows of nothing, and nothing waits. Raises `EdgeChatError`."""
        if not self.is_new and not self.busy:
            found = await self._api.open(self.id)
            self._is_loaded = True
            if found and not self.busy:
                self._take(found)
        return bool(self.is_new or self.chat.messages or self._drafts.read(self.id).queue)

    async def go_on(self) -> None:
        """Follows the answer that the service is writing, then sends what waits."""
        if self._is_running and not self.busy:
            self._is_running = False
            self._sent_at = self._clock()
            await self.chat.resume_stream()
        await self._send_waiting()

    async def refresh(self) -> None:
        """Raises `EdgeChatError`."""
        await self.load()
        await self.go_on()

    def _take(self, found: OpenConversation) -> None:
        messages, versions = found.decode(), Versions(found.versions)
        is_new = versions != self.versions or _outline(messages) != _outline(self.chat.messages)
        self.title, self.versions = found.title, versions
        self._is_running = found.running is not None
        for message in messages:
            self._drafts.drop(self.id, message.id)
        if is_new:
            self.chat.set_messages(messages)

    async def submit(self, outgoing: Outgoing, sent_at: float | None = None) -> None:
        """Sends a message, or lets it wait until those before it have their answers."""
        self.is_new = False
        self._drafts.enqueue(self.id, outgoing)
        self.title = self.title or title_of(outgoing.text)
        self._sent_at = sent_at or self._clock()
        self._events.queue_changed()
        await self._send_waiting()

    def drop(self, message_id: str) -> None:
        """A message that waits is not sent."""
        self._drafts.drop(self.id, message_id)
        self._events.queue_changed()

    async def retry(self) -> None:
        """After an error, or an absence: sends what failed, else looks what the service has. Raises `EdgeChatError`."""
        if self.busy:
            await self.chat.resume_if_disconnected()
            return
        self.chat.clear_error()
        if self._drafts.read(self.id).queue:
            await self._send_waiting()
        else:
            await self.refresh()

    async def _send_waiting(self) -> None:
        """Raises `EdgeChatError` if the conversation cannot be loaded."""
        if self.busy or self._is_sending:
            return
        self._is_sending = True
        try:
            if not self._is_loaded:  # else nobody would know what it follows
                await self.load()
            while queue := self._drafts.read(self.id).queue:
                if not await self._send(queue[0]):
                    break
                self._sent_at = self._clock()
        finally:
            self._is_sending = False

    async def _send(self, outgoing: Outgoing) -> bool:
        before = [message for message in self.chat.messages if message.id != outgoing.id]
        if len(before) < len(self.chat.messages):
            self.chat.set_messages(before)
        await self._ask(outgoing.message, lambda: self.chat.send_message(outgoing.message, options=self._options))
        error = self.chat.error
        if error is None or self._is_accepted:
            self._drafts.drop(self.id, outgoing.id)
        elif not _is_worth_keeping(error):
            self._drafts.drop(self.id, outgoing.id)
            self.chat.set_messages(before)
            self._events.returned(self, outgoing)
        self._events.ended(self)
        return error is None

    async def edit(self, message: UIMessage, text: str) -> None:
        """Another question in the place of one, with the same files."""
        await self.chat.stop()
        index = self._index(message)
        outgoing = Outgoing(generate_id(), text, Outgoing.of(message).files)
        self.versions.add(outgoing.id, of=message.id)
        self.chat.set_messages(self.chat.messages[:index])
        await self.submit(outgoing)

    async def regenerate(self, message: UIMessage) -> None:
        """Another answer: in the place of one, or to a question."""
        await self.chat.stop()
        before = list(self.chat.messages)
        index = self._index(message)
        if message.role == "user":
            if index + 1 == len(before):
                return await self.retry()
            message = before[index + 1]
        question = next(one for one in reversed(before[: index + 1]) if one.role == "user")
        self._sent_at = self._clock()
        self._replaces = message.id
        await self._ask(question, lambda: self.chat.regenerate(message.id, options=self._options))
        self._replaces = None
        if not self._is_accepted:
            self.chat.set_messages(before)
        self._events.ended(self)
        return await self._send_waiting()

    async def continue_answer(self, answer: UIMessage) -> None:
        """Goes on with an answer that is not whole."""
        self._sent_at = self._clock()
        await self._ask(answer, lambda: self.chat.send_message(options=self._options))
        self._events.ended(self)

    async def show_version(self, message: UIMessage, step: int) -> None:
        """Raises `EdgeChatError`."""
        if not self.busy and (version := self.versions.step(message.id, step)):
            self._take(await self._api.show(self.id, version))
            self._events.ended(self)

    async def follow(self, question: Outgoing, parent_id: str | None, title: str) -> None:
        """An answer that was asked for in another tab."""
        if self.busy:
            return
        self.title = self.title or title
        shown = [message.id for message in self.chat.messages]
        if parent_id and parent_id not in shown:
            await self.refresh()
            return
        index = shown.index(parent_id) + 1 if parent_id else 0
        self.chat.set_messages([*self.chat.messages[:index], question.message])
        self._sent_at = self._clock()
        await self.chat.resume_stream()

    async def _ask(self, question: UIMessage, ask: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._asked, self._is_accepted = question, False
        self._events.queue_changed()
        try:
            await ask()
        finally:
            self._asked = None

    @property
    def _options(self) -> RequestOptions:
        return RequestOptions(body={"model": self.model} if self.model else {})

    def _index(self, message: UIMessage) -> int:
        return next(index for index, one in enumerate(self.chat.messages) if one.id == message.id)

    def _changed(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if isinstance(change, StatusChanged):
                if change.status == "streaming":
                    self._accept()
                elif not self.busy:
                    self._end()
            elif isinstance(change, _OF_MESSAGE) and change.message.role == "assistant":
                self._note(change.message)
        self._events.changed(self, changes)

    def _note(self, answer: UIMessage) -> None:
        if self._replaces:
            self.versions.add(answer.id, of=self._replaces)
        felt = self.felt.setdefault(answer.id, Felt(sent_at=self._sent_at))
        if felt.first_text_at is None and answer.text:
            felt.first_text_at = self._clock()

    def _end(self) -> None:
        felt = self.felt.get(self.chat.messages[-1].id) if self.chat.messages else None
        if felt and felt.ended_at is None:
            felt.ended_at = self._clock()

    def _accept(self) -> None:
        self._is_accepted = True
        if (question := self._asked) and question.role == "user":
            index = self._index(question)
            parent = next((one.id for one in reversed(self.chat.messages[:index]) if one.role == "assistant"), None)
            self._events.started(self, Outgoing.of(question), parent)


def _is_worth_keeping(error: EdgeChatError) -> bool:
    """Whether the same message may be taken later."""
    if not isinstance(error, APICallError) or error.status is None or error.status >= 500:
        return True
    return error.status in _WORTH_KEEPING


def _outline(messages: Sequence[UIMessage]) -> list[tuple[str, str]]:
    return [(message.id, message.text) for message in messages]
