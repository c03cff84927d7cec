"""What one may do with a message: `page.actions`, on the conversation that is open."""

from collections.abc import Callable, Coroutine
from typing import Any

from edgechat.ui.messages import UIMessage
from page.browser import copy_text
from page.conversation import Conversation
from page.speaker import Speaker
from page.strings import t


class MessageActions:
    def __init__(
        self,
        current: Callable[[], Conversation],
        run: Callable[[Coroutine[Any, Any, object]], object],
        announce: Callable[[str], object],
        speaker: Callable[[], Speaker],
    ) -> None:
        """`run` takes what takes its time, and tells of its errors."""
        self._current = current
        self._run = run
        self._announce = announce
        self._speaker = speaker

    def copy(self, message: UIMessage) -> None:
        async def copy() -> None:
            if await copy_text(message.text):
                self._announce(t("copied"))

        self._run(copy())

    def edit(self, message: UIMessage, text: str) -> None:
        self._run(self._current().edit(message, text))

    def regenerate(self, message: UIMessage) -> None:
        self._run(self._current().regenerate(message))

    def continue_answer(self, message: UIMessage) -> None:
        self._run(self._current().continue_answer(message))

    def versions(self, message: UIMessage) -> tuple[int, int]:
        return self._current().versions.place(message.id)

    def show_version(self, message: UIMessage, step: int) -> None:
        self._run(self._current().show_version(message, step))

    def read_aloud(self, message: UIMessage) -> None:
        self._speaker().toggle(message)

    def is_reading(self, message: UIMessage) -> bool:
        return self._speaker().is_reading(message.id)

    def approve(self, approval_id: str, approved: bool) -> None:
        self._run(self._current().chat.add_tool_approval_response(approval_id, approved))
