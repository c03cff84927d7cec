"""One answer as it streams in: each chunk is folded into its message, and what that changed is told."""

import asyncio
from collections.abc import Callable, Coroutine
from copy import deepcopy
from typing import Any

from edgechat.chat.catch_up import adopt, is_as_far, is_interrupted
from edgechat.chat.state import ChatState
from edgechat.errors import EdgeChatError
from edgechat.ui import chunks as ui
from edgechat.ui.fold import Change, MessageFold
from edgechat.ui.messages import ToolPart, UIMessage, UIPart


class AnswerError(EdgeChatError):
    """The server told of an error in the middle of its answer, in words meant for people."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.public_message = text


class Answer:
    """`fold.message` joins the list with the first change that is to be shown.

    An answer that is told again from its beginning is folded beside the one that is shown until it has caught up. Then
    it takes its place, and nobody sees more than what is new.
    """

    fold: MessageFold

    def __init__(self, state: ChatState, on_data: Callable[[ui.Data], object]) -> None:
        self.ended = asyncio.Event()
        self.is_stopped = False
        self.error: BaseException | None = None
        self.last_id: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._state = state
        self._on_data = on_data
        self._data_count = self._data_told = 0
        self.is_connected = False
        """Whether the server has begun to answer."""
        self.count = self._goal = 0
        """Chunks that were applied since the answer was told from its beginning."""
        self._replay: MessageFold | None = None
        self._swaps: bool | None = None
        self._stays = False

    async def run(self, receiving: Coroutine[Any, Any, None]) -> None:
        """Returns when there is no more to come."""
        if self.is_stopped:
            receiving.close()
            return
        # Eager: the request leaves before anything else gets its turn. In a page, a turn of the loop can be a frame.
        task = asyncio.Task(self._tracked(receiving), loop=asyncio.get_running_loop(), eager_start=True)
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            self.is_stopped = True
            task.cancel()
            await asyncio.wait([task])
            raise
        if task.cancelled():
            self.is_stopped = True
        elif not self.is_stopped:
            self.error = task.exception()

    async def _tracked(self, receiving: Coroutine[Any, Any, None]) -> None:
        self._task = asyncio.current_task()  # known before anybody is called back
        await receiving

    async def end(self) -> None:
        """Leaves the stream and waits until all is told, unless it is called from within."""
        self.is_stopped = True
        if self._task:
            self._task.cancel()
        if self._task is not asyncio.current_task():
            await self.ended.wait()

    @property
    def has_begun(self) -> bool:
        """Whether there is a message, if only an empty one."""
        return hasattr(self, "fold")

    @property
    def is_complete(self) -> bool:
        fold = self._replay or self.fold
        return fold.finished or fold.aborted

    @property
    def is_behind(self) -> bool:
        """Whether it is told again, and what is shown is still more."""
        return self._replay is not None

    def new_fold(self, message: UIMessage) -> MessageFold:
        return MessageFold(message, on_data=self._tell_data)

    def begin(self, fold: MessageFold, *, stays: bool = False, swaps: bool | None = None) -> None:
        """The message may be one of the list, and go on; it `stays` where it is, whatever id the answer gives it.

        `swaps`: whether the first `start` begins the answer again (True), or if it names another message (False).
        """
        self._stays, self._swaps = stays, swaps
        self.fold = fold

    def tell_again(self) -> None:
        """From now on the stream tells the answer from its beginning."""
        self._goal = max(self._goal, self.count)
        self._swap(self.fold.message.id)

    def apply(self, chunk: ui.UIChunk) -> None:
        """Raises `AnswerError` and `UIMessageStreamError`."""
        if isinstance(chunk, ui.Start):
            self._start(chunk)
        self.count += 1
        change = (self._replay or self.fold).apply(chunk)
        if isinstance(chunk, ui.Error):
            self.catch_up(now=True)
            raise AnswerError(chunk.error_text)
        if change is not None:
            if not isinstance(chunk, ui.Start):
                self._state.set_status("streaming")
            if not self._replay:
                self._show(change, chunk)

    def catch_up(self, *, now: bool = False) -> None:
        """Takes the place of what is shown, as soon as nothing would get lost, or `now`."""
        if (new := self._replay) and (now or self.count >= self._goal > 0 or is_as_far(new.message, self.fold.message)):
            shown = self.fold.message
            adopt(new.message, shown, self._state.changes)
            new.message = shown
            self._replay = None
            self.fold = new

    def is_new_call(self, chunk: ui.ToolInputAvailable) -> bool:
        """Whether the page has to answer it: not if it has, or was asked to before the answer was told again.

        Then it is shown, so that what answers it finds it.
        """
        if chunk.provider_executed or not self._replay:
            return not chunk.provider_executed
        shown = self.fold.message.parts
        calls = [part for part in shown if isinstance(part, ToolPart) and part.tool_call_id == chunk.tool_call_id]
        waiting = ("input-streaming",) if self._goal else ("input-streaming", "input-available")
        is_new = all(part.state in waiting or is_interrupted(part) for part in calls)
        if is_new:
            self.catch_up(now=not calls)
        return is_new

    def close(self) -> None:
        """Ends the parts that are open."""
        message, changes = self.fold.message, self._state.changes
        ended = self.fold.close()
        if self._state.holds(message):
            changes.parts_added(message)
            for part in ended:
                changes.part_changed(message, _index(message, part))

    def _swap(self, id: str) -> None:
        """Begins again, beside what is shown."""
        self.count = self._data_count = 0
        self._replay = None
        fold = self.new_fold(UIMessage(id=id, role="assistant"))
        shown = self.fold.message
        if shown.id != id or not self._state.holds(shown):
            shown = self._state.message(id) or fold.message
        if shown.parts:
            if shown is not self.fold.message:
                self.fold = self.new_fold(shown)
            self._replay = fold
        else:
            self.fold = fold

    def _start(self, chunk: ui.Start) -> None:
        message_id = chunk.message_id or self.fold.message.id
        is_other = message_id != self.fold.message.id
        if self._replay and is_other:  # another answer has begun meanwhile
            self.close()
            fold, self._replay = self._replay, None
            self.fold = fold
        elif self._swaps is not None and (self._swaps or is_other):
            self._swap(message_id)
        elif is_other and not self._stays and not self.count and self._state.holds(self.fold.message):
            self.fold = self.new_fold(deepcopy(self.fold.message))  # it goes on as a message of its own
        self._swaps = None

    def _tell_data(self, chunk: ui.Data) -> None:
        if chunk.transient:  # not kept, so not always told again
            if not self._replay:
                self._on_data(chunk)
            return
        self._data_count += 1
        if self._data_count > self._data_told:
            self._data_told = self._data_count
            self._on_data(chunk)

    def _show(self, change: Change, chunk: ui.UIChunk) -> None:
        state, changes, message = self._state, self._state.changes, self.fold.message
        if not state.holds(message):
            known = state.message(message.id)
            if known is None:
                state.push(message)
                return
            known.parts, known.metadata = message.parts, message.metadata
            self.fold.message = change = message = known
        if isinstance(change, UIMessage):
            changes.message_changed(message)
            return
        index = _index(message, change)
        if isinstance(chunk, (ui.TextDelta, ui.ReasoningDelta)) and chunk.provider_metadata is None:
            changes.text_appended(message, index, chunk.delta)
        else:
            changes.part_changed(message, index)


def _index(message: UIMessage, part: UIPart) -> int:
    """Most often the last one."""
    parts = message.parts
    return next(index for index in range(len(parts) - 1, -1, -1) if parts[index] is part)
