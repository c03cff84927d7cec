"""The conversation on the screen: applies what has changed in a `Chat`, and nothing else."""

import time
from collections.abc import Sequence
from typing import Any

import js
from pyodide.ffi import create_once_callable, create_proxy

from edgechat.chat.changes import (
    Change,
    MessageAdded,
    MessageChanged,
    MessagesSet,
    PartAdded,
    PartChanged,
    StatusChanged,
    TextAppended,
)
from edgechat.ui.messages import UIMessage
from page.actions import Actions, Feeling
from page.dom import element, on
from page.follow import Follow
from page.message_view import MessageView
from page.strings import t

__all__ = ["Actions", "ConversationView"]

FIRST_SLICE, SLICE = 0.04, 0.012
"""Seconds that go into drawing an old conversation at once, and in each frame after."""

WARM_UP_MS = 300
"""Then the page is there, and nobody has an answer yet."""


def _load_markdown() -> None:
    import page.markdown_view  # noqa: F401


class ConversationView:
    """Fills `root`, the element that scrolls."""

    def __init__(self, root: Any, actions: Actions, felt: Feeling) -> None:
        self._root = root
        self._actions = actions
        self._felt = felt
        self._views: list[MessageView] = []
        self._by_number: dict[int, MessageView] = {}
        self._behind: dict[int, MessageView] = {}
        self._number = 0
        self._status = "ready"
        self._follow = Follow(root)
        self._waiting = element(
            "p", element("span", t("waiting"), class_name="hidden"), class_name="waiting", hidden=True
        )
        root.append(self._waiting)
        self._frame = 0
        # One proxy for the life of the page: destroying it while a frame is pending would raise.
        self._on_frame = create_proxy(lambda _time: self._catch_up())
        on(root, "click", self._on_click)
        js.setTimeout(create_once_callable(_load_markdown), WARM_UP_MS)

    def apply(self, changes: Sequence[Change]) -> None:
        """Within an animation frame: what is shown is shown at once."""
        around = False
        for change in changes:
            match change:
                case TextAppended(message, index, text):
                    view = self._view(message)
                    view.append(index, text)
                    self._note(view)
                case PartAdded(message, index) | PartChanged(message, index):
                    view = self._view(message)
                    view.show_part(index)
                    self._note(view)
                case MessageAdded(message):
                    self._add(message)
                    around = True
                case MessageChanged(message):
                    self._view(message).draw()
                    around = True
                case MessagesSet(messages):
                    self._set(messages)
                    around = True
                case StatusChanged(status):
                    self._status = status
                    around = True
        if around:
            self._settle()
        self._follow.settle()
        self._ask_for_frame()

    def show_reading(self, message_id: str, is_reading: bool) -> None:
        for view in self._views:
            if view.message.id == message_id and view.is_drawn:
                view.show_reading(is_reading)

    def _view(self, message: UIMessage) -> MessageView:
        """As a rule it is the last one."""
        view = next(view for view in reversed(self._views) if view.message is message)
        if not view.is_drawn:
            view.draw()
        return view

    def _make(self, message: UIMessage) -> MessageView:
        self._number += 1
        view = MessageView(message, self._number, self._actions, self._felt)
        self._by_number[self._number] = view
        return view

    def _add(self, message: UIMessage) -> None:
        view = self._make(message)
        self._views.append(view)
        self._waiting.before(view.element)
        view.draw()
        if message.role == "user":
            self._follow.start()

    def _set(self, messages: Sequence[UIMessage]) -> None:
        """Views of messages that are still there, or there again, stay."""
        before = self._views
        unused = {id(view.message): view for view in before}
        self._views = []
        for index, message in enumerate(messages):
            view = unused.pop(id(message), None)
            if view is None and index < len(before) and before[index].message == message:
                view = unused.pop(id(before[index].message), None)
            if view:
                view.message = message
                view.update()
            self._views.append(view or self._make(message))
        for view in unused.values():
            view.close()
            del self._by_number[view.number]
        self._put_in_order([view for view in before if view.number in self._by_number])
        if len(unused) == len(before):
            self._follow.start()  # another conversation
        self._draw_some(FIRST_SLICE)

    def _put_in_order(self, present: Sequence[MessageView]) -> None:
        in_place = 0
        for view, other in zip(self._views, present, strict=False):
            if view is not other:
                break
            in_place += 1
        for view in self._views[in_place:]:
            self._waiting.before(view.element)

    def _settle(self) -> None:
        """What depends on where a message stands, and on whether an answer is coming."""
        last = self._views[-1] if self._views else None
        is_coming = self._status in ("submitted", "streaming")
        for view in self._views:
            if view.is_drawn:
                is_last = view is last
                is_busy = is_coming and is_last and view.message.role == "assistant"
                view.settle(busy=is_busy, is_last=is_last, has_failed=is_last and self._status == "error")
        self._waiting.hidden = not (is_coming and last and last.message.role == "user")

    def _ask_for_frame(self) -> None:
        if not self._frame and (self._behind or not all(view.is_drawn for view in self._views)):
            self._frame = js.requestAnimationFrame(self._on_frame)

    def _catch_up(self) -> None:
        self._frame = 0
        behind, self._behind = self._behind, {}
        for view in behind.values():
            view.refresh()
            self._note(view)
        self._draw_some(SLICE)
        self._follow.settle()
        self._ask_for_frame()

    def _draw_some(self, seconds: float) -> None:
        """The last ones first: they are what one sees."""
        end = time.perf_counter() + seconds
        drawn = False
        for view in reversed(self._views):
            if not view.is_drawn:
                view.draw()
                drawn = True
                if time.perf_counter() > end:
                    break
        if drawn:
            self._settle()

    def _note(self, view: MessageView) -> None:
        if view.is_behind:
            self._behind[view.number] = view

    def _on_click(self, event: Any) -> None:
        button = event.target.closest("[data-action]")
        if button and (view := self._by_number.get(int(button.closest("[data-view]").dataset.view))):
            view.act(str(button.dataset.action), button)
