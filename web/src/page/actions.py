"""What a view of messages asks of the page around it."""

from collections.abc import Callable
from typing import Protocol

from edgechat.ui.messages import UIMessage
from page.figures import Felt

type Feeling = Callable[[UIMessage], Felt | None]
"""How a message came to this page; None if it is of an earlier visit."""


class Actions(Protocol):
    """What people may do with a message. What comes of it comes as changes."""

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

    def read_aloud(self, message: UIMessage) -> None:
        """Or stops it."""
        ...

    def is_reading(self, message: UIMessage) -> bool: ...

    def approve(self, approval_id: str, approved: bool) -> None: ...
