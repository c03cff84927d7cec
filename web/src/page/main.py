"""The chat page: connects `Chat` to the view and to the composer."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import js
import msgspec
from pyodide.ffi import JsException, create_proxy

from edgechat.chat import Chat, ChatStatus, EdgeChatTransport
from edgechat.errors import APICallError, EdgeChatError
from edgechat.platform.browser import fetch
from edgechat.ui.messages import UIMessage, decode_messages
from page import strings
from page.strings import t
from page.view import ConversationView

_HASH = "#chat="
_tasks: set[asyncio.Future[None]] = set()  # asyncio itself holds no reference to a running task


def start() -> None:
    """Called once by PyScript."""
    strings.speak(js.edgechat.words.to_py())
    _spawn(Page().run())


def _spawn(work: Coroutine[Any, Any, None]) -> None:
    """Starts at once: waiting for a turn of the loop could take a frame."""
    task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def _by_id(id: str) -> Any:
    return js.document.getElementById(id)


class _SavedChat(msgspec.Struct):
    messages: msgspec.Raw


class Page:
    """One conversation at a time; which one, says the address."""

    def __init__(self) -> None:
        self._view = ConversationView()
        self._state, self._error, self._announcement = _by_id("state"), _by_id("error"), _by_id("announcement")
        self._prompt, self._send, self._stop = _by_id("prompt"), _by_id("send"), _by_id("stop")
        self._sent_at = 0.0
        self._felt_ttft_ms: float | None = None
        self._chat = self._new_chat()

    def _new_chat(self) -> Chat:
        chat = Chat(
            transport=EdgeChatTransport(fetch),
            id=str(js.location.hash).removeprefix(_HASH) or None,
            on_message=lambda message: self._on_message(chat, message),
            on_status=lambda status: self._on_status(chat, status),
        )
        return chat

    async def run(self) -> None:
        # These proxies live as long as the page.
        _by_id("composer").addEventListener("submit", create_proxy(self._on_submit))
        _by_id("new").addEventListener("click", create_proxy(self._on_new))
        self._stop.addEventListener("click", create_proxy(self._on_stop))
        js.addEventListener("popstate", create_proxy(self._on_navigation))
        try:
            await self._start_session()
            await self._restore(self._chat)
        except EdgeChatError as error:
            self._tell_error(error)
        js.performance.mark("python-ready")
        js.edgechat.ready = True
        self._state.textContent = t("state_ready")
        for text in js.edgechat.waiting.to_py():
            await self._ask(text)

    async def _start_session(self) -> None:
        try:
            response = await js.edgechat.session
        except JsException:
            raise _unreachable() from None
        if not response.ok:
            raise _unreachable()

    async def _restore(self, chat: Chat) -> None:
        """Shows what is saved of a chat, unless another one was opened in the meantime."""
        if not js.location.hash:
            return
        async with fetch(f"/api/chats/{chat.id}") as response:
            if response.status == 404:
                return
            if response.status != 200:
                raise _unreachable()
            saved = msgspec.json.decode(await response.text(), type=_SavedChat)
        if chat is self._chat:
            chat.messages = decode_messages(saved.messages)
            for message in chat.messages:
                self._view.show(message)

    def _on_submit(self, event: Any) -> None:
        event.preventDefault()
        text = str(self._prompt.value).strip()
        if js.edgechat.ready and text and self._chat.status in ("ready", "error"):
            self._prompt.value = ""
            _spawn(self._ask(text))

    def _on_stop(self, _event: Any) -> None:
        _spawn(self._chat.stop())

    def _on_new(self, event: Any) -> None:
        if event.ctrlKey or event.metaKey or event.shiftKey:
            return  # another tab or window
        event.preventDefault()
        js.history.pushState(None, "", "/")
        _spawn(self._open())

    def _on_navigation(self, _event: Any) -> None:
        _spawn(self._open())

    async def _open(self) -> None:
        """Shows the chat of the address. One that still streams goes on in the background, and is saved."""
        self._chat = self._new_chat()
        self._view.clear()
        self._show_busy(False)
        self._error.hidden = True
        self._prompt.focus()
        try:
            await self._restore(self._chat)
        except EdgeChatError as error:
            self._tell_error(error)

    async def _ask(self, text: str) -> None:
        self._sent_at = js.performance.now()
        self._felt_ttft_ms = None
        chat = self._chat
        if not js.location.hash:
            js.history.replaceState(None, "", f"{_HASH}{chat.id}")
        await chat.send_message(text)

    def _on_message(self, chat: Chat, message: UIMessage) -> None:
        if chat is not self._chat:
            return
        answer = message.role == "assistant"
        if answer and self._felt_ttft_ms is None and message.text:
            self._felt_ttft_ms = js.performance.now() - self._sent_at
        busy = answer and chat.status in ("submitted", "streaming")
        self._view.show(message, busy=busy, felt_ttft_ms=self._felt_ttft_ms if answer else None)

    def _on_status(self, chat: Chat, status: ChatStatus) -> None:
        if chat is not self._chat:
            return
        self._show_busy(status in ("submitted", "streaming"))
        if status == "submitted":
            self._error.hidden = True
            self._announcement.textContent = ""
        elif status != "streaming":
            self._on_message(chat, chat.messages[-1])
            self._prompt.focus()
            if chat.error:
                self._tell_error(chat.error)
            else:
                self._announcement.textContent = t("answer_complete")

    def _show_busy(self, busy: bool) -> None:
        self._send.hidden, self._stop.hidden = busy, not busy

    def _tell_error(self, error: EdgeChatError) -> None:
        self._error.textContent = error.public_message
        self._error.hidden = False


def _unreachable() -> APICallError:
    error = APICallError("The service did not answer.")
    error.public_message = t("unreachable")
    return error
