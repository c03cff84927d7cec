"""The chat page: connects `Chat` to the view and to the composer."""

import asyncio
from typing import Any

import js
import msgspec
from pyodide.ffi import JsException, create_proxy

from edgechat.chat import Chat, ChatStatus, EdgeChatTransport
from edgechat.errors import APICallError, EdgeChatError
from edgechat.platform.browser import fetch
from edgechat.ui.messages import UIMessage, decode_messages
from page.view import ConversationView

_HASH = "#chat="
_tasks: set[asyncio.Future[None]] = set()  # asyncio itself holds no reference to a running task


def start() -> None:
    """Called once by PyScript."""
    _spawn(Page().run())


def _spawn(work: Any) -> None:
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def _by_id(id: str) -> Any:
    return js.document.getElementById(id)


class _SavedChat(msgspec.Struct):
    messages: msgspec.Raw


class Page:
    def __init__(self) -> None:
        self._view = ConversationView()
        self._state, self._error, self._announcement = _by_id("state"), _by_id("error"), _by_id("announcement")
        self._prompt, self._send, self._stop = _by_id("prompt"), _by_id("send"), _by_id("stop")
        self._chat = Chat(
            transport=EdgeChatTransport(fetch),
            id=str(js.location.hash).removeprefix(_HASH) or None,
            on_message=self._show,
            on_status=self._on_status,
        )
        self._sent_at = 0.0
        self._felt_ttft_ms: float | None = None

    async def run(self) -> None:
        _by_id("composer").addEventListener("submit", create_proxy(self._on_submit))
        self._stop.addEventListener("click", create_proxy(self._on_stop))
        try:
            await self._start_session()
            await self._restore()
        except EdgeChatError as error:
            self._tell_error(error)
        js.performance.mark("python-ready")
        js.edgechat.ready = True
        self._state.textContent = "Ready"
        for text in js.edgechat.waiting.to_py():
            await self._ask(text)

    async def _start_session(self) -> None:
        try:
            response = await js.edgechat.session
        except JsException:
            raise _unreachable() from None
        if not response.ok:
            raise _unreachable()

    async def _restore(self) -> None:
        if not js.location.hash:
            return
        async with fetch(f"/api/chats/{self._chat.id}") as response:
            if response.status == 404:
                return
            if response.status != 200:
                raise _unreachable()
            saved = msgspec.json.decode(await response.text(), type=_SavedChat)
        self._chat.messages = decode_messages(saved.messages)
        for message in self._chat.messages:
            self._view.show(message)

    def _on_submit(self, event: Any) -> None:
        event.preventDefault()
        text = str(self._prompt.value).strip()
        if js.edgechat.ready and text and self._chat.status in ("ready", "error"):
            self._prompt.value = ""
            _spawn(self._ask(text))

    def _on_stop(self, _event: Any) -> None:
        _spawn(self._chat.stop())

    async def _ask(self, text: str) -> None:
        js.history.replaceState(None, "", f"{_HASH}{self._chat.id}")
        self._sent_at = js.performance.now()
        self._felt_ttft_ms = None
        await self._chat.send_message(text)

    def _show(self, message: UIMessage) -> None:
        answer = message.role == "assistant"
        if answer and self._felt_ttft_ms is None and message.text:
            self._felt_ttft_ms = js.performance.now() - self._sent_at
        busy = answer and self._chat.status in ("submitted", "streaming")
        self._view.show(message, busy=busy, felt_ttft_ms=self._felt_ttft_ms if answer else None)

    def _on_status(self, status: ChatStatus) -> None:
        busy = status in ("submitted", "streaming")
        self._send.hidden, self._stop.hidden = busy, not busy
        if status == "submitted":
            self._error.hidden = True
            self._announcement.textContent = ""
            return
        last = self._chat.messages[-1]
        if last.role == "assistant":
            self._show(last)
        if status == "error" and self._chat.error:
            self._tell_error(self._chat.error)
        elif status == "ready":
            self._announcement.textContent = "The answer is complete."
            self._prompt.focus()

    def _tell_error(self, error: EdgeChatError) -> None:
        self._error.textContent = error.public_message
        self._error.hidden = False


def _unreachable() -> APICallError:
    error = APICallError("The service did not answer.")
    error.public_message = "The service cannot be reached. Check your connection and reload the page."
    return error
