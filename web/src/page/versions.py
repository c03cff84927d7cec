"""Versions of a message: of a question that was edited, of an answer that was asked for again."""

from collections.abc import Iterable


class Versions:
    def __init__(self, groups: Iterable[Iterable[str]] = ()) -> None:
        """`groups`: ids of messages of which one is shown at a time, the oldest first."""
        self._groups = {message_id: group for group in map(list, groups) for message_id in group}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Versions) and self._groups == other._groups

    def place(self, message_id: str) -> tuple[int, int]:
        """(2, 3) for the second of three, (1, 1) for the only one."""
        group = self._groups.get(message_id)
        return (group.index(message_id) + 1, len(group)) if group else (1, 1)

    def step(self, message_id: str, step: int) -> str | None:
        """The version before (-1) or after (1), where there is one."""
        group = self._groups.get(message_id, [])
        index = group.index(message_id) + step if group else -1
        return group[index] if 0 <= index < len(group) else None

    def add(self, message_id: str, of: str) -> None:
        """A new version of another message."""
        if message_id == of:
            return
        group = self._groups.setdefault(of, [of])
        if message_id not in group:
            group.append(message_id)
        self._groups[message_id] = group
