"""The messages of a chat and its status; whatever changes in them is told."""

from collections.abc import Callable, Sequence

from edgechat.chat.changes import Changes, ChatStatus, StatusChanged
from edgechat.errors import EdgeChatError, InvalidArgumentError
from edgechat.ui.messages import ToolPart, UIMessage


class ChatState:
    def __init__(self, messages: Sequence[UIMessage], changes: Changes) -> None:
        self.messages = list(messages)
        self.status: ChatStatus = "ready"
        self.error: EdgeChatError | None = None
        self.changes = changes

    @property
    def last(self) -> UIMessage | None:
        return self.messages[-1] if self.messages else None

    def find(self, id: str | None) -> int | None:
        """The index of the last message with this id."""
        return next((index for index in range(len(self.messages) - 1, -1, -1) if self.messages[index].id == id), None)

    def message(self, id: str) -> UIMessage | None:
        """The last one with this id."""
        index = self.find(id)
        return None if index is None else self.messages[index]

    def holds(self, message: UIMessage) -> bool:
        """This very object, which is the last one as a rule."""
        return any(known is message for known in reversed(self.messages))

    def push(self, message: UIMessage) -> None:
        self.messages.append(message)
        self.changes.message_added(message)

    def set_messages(self, messages: Sequence[UIMessage]) -> None:
        self.messages = list(messages)
        self.changes.messages_set(self.messages)
        self.changes.commit()

    def edit(self, message_id: str, message: UIMessage) -> None:
        """Makes the user's message another one, and the last. Raises `InvalidArgumentError`."""
        index = self.find(message_id)
        if index is None or self.messages[index].role != "user":
            raise InvalidArgumentError(f"There is no message {message_id!r} of the user.")
        self.set_messages(self.messages[: index + 1])
        edited = self.messages[index]
        edited.id, edited.role, edited.parts = message.id, message.role, message.parts
        edited.metadata = message.metadata
        self.changes.message_changed(edited)

    def change_calls(self, is_meant: Callable[[ToolPart], bool]) -> tuple[UIMessage | None, list[ToolPart]]:
        """The first message with such a call, and its calls that are to be changed now."""
        for message in self.messages:
            calls = [part for part in message.parts if isinstance(part, ToolPart) and is_meant(part)]
            if calls:
                for index, part in enumerate(message.parts):
                    if any(part is call for call in calls):
                        self.changes.part_changed(message, index)
                return message, calls
        return None, []

    def set_status(self, status: ChatStatus, error: EdgeChatError | None = None) -> None:
        if status != self.status or error is not self.error:
            self.status, self.error = status, error
            self.changes.add(StatusChanged(status, error))
