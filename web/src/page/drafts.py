"""What was typed and has not arrived: kept for each conversation until the service has it, also over a reload."""

from collections.abc import MutableMapping

import msgspec

from edgechat.ui.messages import FilePart, TextPart, UIMessage, UIPart

_PREFIX = "edgechat.draft."
NEW = "new"
"""Stands for the conversation that has not begun."""


class Outgoing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message on its way. By its id the service knows it, when it is sent once more."""

    id: str
    text: str
    files: tuple[FilePart, ...] = ()

    @property
    def message(self) -> UIMessage:
        texts: list[UIPart] = [TextPart(text=self.text)] if self.text else []
        return UIMessage(id=self.id, role="user", parts=[*self.files, *texts])

    @classmethod
    def of(cls, message: UIMessage) -> "Outgoing":
        files = tuple(part for part in message.parts if isinstance(part, FilePart))
        return cls(message.id, message.text, files)


class Draft(msgspec.Struct, frozen=True, omit_defaults=True):
    text: str = ""
    """In the composer."""
    files: tuple[FilePart, ...] = ()
    queue: tuple[Outgoing, ...] = ()
    """Sent but not yet answered, then those that wait for that."""


class Drafts:
    def __init__(self, store: MutableMapping[str, str]) -> None:
        self._store = store

    def read(self, chat_id: str) -> Draft:
        kept = self._store.get(self.key(chat_id))
        try:
            return msgspec.json.decode(kept, type=Draft) if kept else Draft()
        except msgspec.DecodeError:  # of another version of the page
            return Draft()

    def write(self, chat_id: str, draft: Draft) -> None:
        if draft == Draft():
            self._store.pop(self.key(chat_id), None)
        else:
            self._store[self.key(chat_id)] = msgspec.json.encode(draft).decode()

    def type(self, chat_id: str, text: str, files: tuple[FilePart, ...]) -> None:
        self.write(chat_id, msgspec.structs.replace(self.read(chat_id), text=text, files=files))

    def enqueue(self, chat_id: str, outgoing: Outgoing) -> None:
        draft = self.read(chat_id)
        if all(outgoing.id != other.id for other in draft.queue):
            self.write(chat_id, msgspec.structs.replace(draft, queue=(*draft.queue, outgoing)))

    def drop(self, chat_id: str, message_id: str) -> None:
        """What has arrived, or is not to be sent."""
        draft = self.read(chat_id)
        left = tuple(outgoing for outgoing in draft.queue if outgoing.id != message_id)
        self.write(chat_id, msgspec.structs.replace(draft, queue=left))

    def give_back(self, chat_id: str, outgoing: Outgoing) -> None:
        """What could not be sent stands before what was typed since."""
        draft = self.read(chat_id)
        text = "\n\n".join(filter(None, (outgoing.text, draft.text)))
        self.type(chat_id, text, (*outgoing.files, *draft.files))

    def remove(self, chat_id: str) -> None:
        self._store.pop(self.key(chat_id), None)

    def clear(self) -> None:
        for key in [key for key in self._store if key.startswith(_PREFIX)]:
            del self._store[key]

    @staticmethod
    def key(chat_id: str) -> str:
        """Of the store."""
        return _PREFIX + chat_id
