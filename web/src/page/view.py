"""The conversation on the screen: applies what has changed in a `Chat`, and nothing else."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from edgechat.chat.changes import Change
from edgechat.ui.messages import ToolPart, UIMessage
from page.figures import Felt


class Actions(Protocol):
    """What people may do with a message. The view calls these; the answer comes as changes."""

    def copy(self, message: UIMessage) -> None: ...

    def edit(self, message: UIMessage, text: str) -> None:
        """Sends the message again with another text."""
        ...

    def regenerate(self, message: UIMessage) -> None:
        """Another answer in place of this one; for a message of the user, the answer to it ("Try again")."""
        ...

    def continue_answer(self, message: UIMessage) -> None:
        """Goes on with an answer that was stopped or interrupted."""
        ...

    def versions(self, message: UIMessage) -> tuple[int, int]:
        """Which version is shown, from 1 on, and how many there are."""
        ...

    def show_version(self, message: UIMessage, step: int) -> None:
        """Another version: the one before (-1) or after (1)."""
        ...

    def approve(self, approval_id: str, approved: bool) -> None: ...

    def answer_tool(self, part: ToolPart, output: object) -> None:
        """The output of a tool that the user answers in the page."""
        ...


class ConversationView:
    """Fills `root`, the element that scrolls."""

    def __init__(self, root: Any, actions: Actions, felt: Callable[[UIMessage], Felt | None]) -> None:
        self._root = root
        self._actions = actions
        self._felt = felt

    def apply(self, changes: Sequence[Change]) -> None:
        """Within an animation frame: what is shown is shown at once."""
