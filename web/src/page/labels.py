"""The topic of each chat, in the list, where one has switched that on: asked for once, with the first answer."""

from collections.abc import Callable, MutableMapping

from edgechat.errors import EdgeChatError
from page.api import API
from page.conversation import Conversation
from page.dom import by_id
from page.pace import Pace
from page.strings import t

_PREFIX = "edgechat.label."
SHOWN = 1_500
"""Characters of the first question and its answer."""


def label_name(label: str) -> str:
    """In the language of the page; one that it does not know, as it is."""
    names = {
        "code": t("label_code"),
        "writing": t("label_writing"),
        "science": t("label_science"),
        "travel": t("label_travel"),
        "food": t("label_food"),
        "health": t("label_health"),
        "money": t("label_money"),
        "work": t("label_work"),
        "people": t("label_people"),
        "other": t("label_other"),
    }
    return names.get(label, label)


class Labels:
    def __init__(self, api: API, store: MutableMapping[str, str], on_change: Callable[[], object]) -> None:
        self._api = api
        self._store = store
        self._on_change = on_change
        self._asked: set[str] = set()

    def name_of(self, chat_id: str) -> str:
        """Empty where there is none."""
        label = self._store.get(_PREFIX + chat_id, "")
        return label_name(label) if label and by_id("labels").checked else ""

    async def ask(self, conversation: Conversation) -> None:
        """Only once, and not where something has failed: nobody waits for it."""
        chat_id = conversation.id
        text = "\n\n".join(message.text for message in conversation.chat.messages[:2])[:SHOWN]
        if not by_id("labels").checked or chat_id in self._asked or _PREFIX + chat_id in self._store or not text:
            return
        self._asked.add(chat_id)
        pace = Pace("labelled")
        try:
            self._store[_PREFIX + chat_id] = await self._api.classify(text)
        except EdgeChatError:
            return
        pace.end()
        self._on_change()

    def forget(self, chat_id: str) -> None:
        self._store.pop(_PREFIX + chat_id, None)

    def clear(self) -> None:
        for key in [key for key in self._store if key.startswith(_PREFIX)]:
            del self._store[key]
