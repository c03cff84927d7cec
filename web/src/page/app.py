"""The chat page: one conversation at a time; which one, says the address."""

from collections.abc import Coroutine, Sequence
from typing import Any

import js
from pyodide.ffi import create_once_callable

from edgechat.chat import EdgeChatTransport
from edgechat.chat.changes import Change, MessagesSet, StatusChanged
from edgechat.errors import EdgeChatError
from edgechat.ids import generate_id
from edgechat.platform.browser import fetch
from page.account import Account
from page.announce import announcement
from page.api import API
from page.browser import LocalStorage, local_now, next_frame, spawn
from page.commands import Commands
from page.composer import Composer
from page.connection import Connection
from page.conversation import Conversation
from page.dom import by_id, on
from page.drafts import NEW, Draft, Drafts, Outgoing
from page.drawer import Drawer
from page.figures import Felt
from page.header import Header
from page.library import Library
from page.menus import Confirmation
from page.message_actions import MessageActions
from page.mirror import Mirror
from page.notice_bar import NoticeBar
from page.notices import Notice, notice_of
from page.sidebar import HASH
from page.strings import t
from page.tabs import Ended, Started, Tabs, UserChanged
from page.view import ConversationView
from page.workloads import Workloads

_MODEL = "edgechat.model"


class App:
    def __init__(self) -> None:
        self._store = LocalStorage()
        self._drafts = Drafts(self._store)
        self._api = API(fetch)
        self._live: dict[str, Conversation] = {}
        """The one that is open, and those in which an answer is being written."""
        self._is_stopped = False
        confirmation = Confirmation()
        self._notices = NoticeBar()
        self._drawer = Drawer(self._store)
        self._account = Account(self._api, confirmation, self.tell_error, self._leave)
        channel = js.BroadcastChannel.new("edgechat")
        self._tabs = Tabs(channel)
        self._workloads = Workloads(self._api, fetch, self._store, self)
        self._library = Library(self._api, self._tabs, confirmation, self, self._workloads.labels.name_of)
        self._composer = Composer(self._api, self)
        self._current = self._conversation()
        self._header = Header(lambda: self._current, self._library, self._rename)
        actions = MessageActions(lambda: self._current, self.run, self._announce, lambda: self._workloads.speaker)
        self._view = ConversationView(by_id("log"), actions, lambda message: self._current.felt.get(message.id))
        self._connection = Connection(lambda: self.run(self._come_back()), self.keep)
        Mirror(channel, self._library, self)
        Commands(self._drawer, self)

    async def start(self) -> None:
        """From `ready` on, the page itself does what the shell did."""
        on(js.window, "popstate", lambda _event: self._open())
        if self._composer.text:
            self.keep()
        self._show()
        try:
            if await self._account.start():
                self._current = self._conversation()
                self._show()
            await self._load()
        except EdgeChatError as error:
            self.tell_error(error)
        js.performance.mark("python-ready")
        js.edgechat.ready = True
        by_id("state").textContent = t("state_ready")
        by_id("state").toggleAttribute("data-quiet", True)
        for text in js.edgechat.waiting.to_py():
            self._submit(Outgoing(generate_id(), text), js.edgechat.waitingSince)
        if self._account.has_session:
            self.run(self._current.go_on())
            spawn(self._load_rest())

    async def _load_rest(self) -> None:
        """What nobody waits for."""
        await self._library.load()
        try:
            self._composer.show_models(await self._api.models(), self._store.get(_MODEL))
            self._current.model = self._composer.model
            await self._account.load()
        except EdgeChatError:
            return  # whoever sends a message hears of it

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        async def run() -> None:
            try:
                await work
            except EdgeChatError as error:
                self.tell_error(error)

        spawn(run())

    # The conversation that is open.

    def _conversation(self) -> Conversation:
        """That of the address, or a new one."""
        address = str(js.location.hash)
        chat_id = address.removeprefix(HASH) if address.startswith(HASH) else None
        if chat_id and (live := self._live.get(chat_id)):
            return live
        conversation = Conversation(
            chat_id,
            api=self._api,
            drafts=self._drafts,
            transport=EdgeChatTransport(fetch),
            frames=next_frame,
            events=self,
            clock=js.performance.now,
        )
        self._live = {one.id: one for one in (*self._live.values(), conversation) if one.busy or one is conversation}
        return conversation

    @property
    def current(self) -> Conversation:
        return self._current

    def begin(self) -> None:
        """A new conversation."""
        self._go("/")

    def _open(self) -> None:
        self.keep()
        self._workloads.leave()
        self._current = self._conversation()
        self._show()
        self._composer.focus()
        self.run(self._load(goes_on=True))

    def _show(self) -> None:
        current = self._current
        current.model = self._composer.model
        self._view.apply([MessagesSet(current.chat.messages), StatusChanged(current.chat.status, current.chat.error)])
        self._composer.show(self._drafts.read(self._draft_key))
        self._composer.show_busy(current.busy)
        self._notices.hide()
        if current.chat.error:
            self.tell_error(current.chat.error)
        self._show_around()

    def _show_around(self) -> None:
        self._library.mark(self._current.id, {one.id for one in self._live.values() if one.busy})
        self._header.show()
        self.show_queue()

    def show_queue(self) -> None:
        self._composer.show_queue(self._current.waiting)

    async def _load(self, *, goes_on: bool = False) -> None:
        conversation, root = self._current, js.document.documentElement
        root.toggleAttribute("data-opening", not conversation.is_new)
        found = await conversation.load()
        if conversation is self._current:
            root.removeAttribute("data-opening")
            self._show_around()
            if not found:
                self.tell(t("chat_gone"))
        if goes_on:
            await conversation.go_on()

    @property
    def _draft_key(self) -> str:
        return NEW if self._current.is_new else self._current.id

    def _rename(self) -> None:
        self._drawer.open()
        self._library.sidebar.rename(self._current.id)

    # What the composer asks for.

    def send(self, outgoing: Outgoing) -> None:
        self._workloads.hush()
        self._submit(outgoing, js.performance.now())

    def _submit(self, outgoing: Outgoing, sent_at: float) -> None:
        self._notices.hide()
        if not js.location.hash:
            js.history.replaceState(None, "", HASH + self._current.id)
        self.run(self._current.submit(outgoing, sent_at))

    def stop(self) -> None:
        self._is_stopped = True
        self.run(self._current.chat.stop())

    def keep(self) -> None:
        self._drafts.type(self._draft_key, self._composer.text, self._composer.uploads.parts)

    def drop(self, message_id: str) -> None:
        self._current.drop(message_id)

    def choose_model(self, model: str) -> None:
        self._store[_MODEL] = self._current.model = model

    def tell(self, text: str) -> None:
        self._notices.show(Notice(text))

    # What voice and labels ask for.

    def say(self, text: str) -> str:
        self._submit(Outgoing(generate_id(), text), js.performance.now())
        return self._current.id

    def show_reading(self, message_id: str, is_reading: bool) -> None:
        self._view.show_reading(message_id, is_reading)

    def show_labels(self) -> None:
        self._library.sidebar.show()

    # What conversations tell.

    def changed(self, conversation: Conversation, changes: Sequence[Change]) -> None:
        if conversation is not self._current:
            return
        self._view.apply(changes)
        if felt := conversation.unpainted:
            js.setTimeout(create_once_callable(lambda: _paint(felt)), 0)
        for change in changes:
            if isinstance(change, StatusChanged):
                self._on_status(change)

    def _on_status(self, change: StatusChanged) -> None:
        self._show_around()
        self._composer.show_busy(self._current.busy)
        if change.status == "submitted":
            self._is_stopped = False
            self._notices.hide()
            self._announce("")
        elif change.error:
            self.tell_error(change.error)
        elif change.status == "ready" and self._current.chat.messages:
            self._announce(announcement(self._current.chat.messages[-1], is_stopped=self._is_stopped))

    def queue_changed(self) -> None:
        self._show_around()

    def started(self, conversation: Conversation, question: Outgoing, parent_id: str | None) -> None:
        self._library.touch(conversation.id, conversation.title)
        self._tabs.tell(Started(conversation.id, conversation.title, question, parent_id))

    def ended(self, conversation: Conversation) -> None:
        self._tabs.tell(Ended(conversation.id))
        last = conversation.chat.messages[-1] if conversation.chat.messages else None
        self._workloads.answered(conversation, last if last and last.role == "assistant" else None)
        self._show_around()

    def returned(self, conversation: Conversation, outgoing: Outgoing) -> None:
        if conversation is self._current:
            self.keep()
        self._drafts.give_back(conversation.id, outgoing)
        if conversation is self._current:
            self._composer.show(self._drafts.read(conversation.id))

    # What the list tells.

    def deleted(self, chat_id: str) -> None:
        self._live.pop(chat_id, None)
        if chat_id == self._current.id:
            self.begin()
        self._drafts.remove(chat_id)
        self._workloads.labels.forget(chat_id)

    def renamed(self, chat_id: str, title: str) -> None:
        if chat_id == self._current.id:
            self._current.title = title
            self._header.show()

    # The rest.

    def _go(self, address: str) -> None:
        js.history.pushState(None, "", address)
        self._open()

    async def _come_back(self) -> None:
        """Looks what has happened meanwhile, and does what had to wait."""
        if not self._account.has_session:
            await self._account.start()
            spawn(self._load_rest())
        self._notices.hide()
        await self._current.retry()

    def _leave(self) -> None:
        self._tabs.tell(UserChanged())
        self.forget()

    def forget(self) -> None:
        """Somebody else is here now, or nobody: nothing of theirs stays, nor of what is being written."""
        self._composer.show(Draft())
        self._drafts.clear()
        self._workloads.labels.clear()
        js.location.replace("/")

    def _announce(self, text: str) -> None:
        by_id("announcement").textContent = text

    def tell_error(self, error: EdgeChatError) -> None:
        is_online, can_sign_in = self._connection.is_online, self._account.can_sign_in
        notice = notice_of(error, local_now(), online=is_online, can_sign_in=can_sign_in)
        actions = {"retry": lambda: self.run(self._come_back()), "sign_in": self._account.sign_in}
        self._notices.show(notice, actions.get(notice.action or "", js.location.reload))


def _paint(felt: Felt) -> None:
    felt.first_paint_at = js.performance.now()
