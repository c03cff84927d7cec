"""The list of conversations: in which order, under which day, by which title."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from page.api import Conversation

TITLE_LENGTH = 60

type Period = Literal["today", "yesterday", "last_7_days", "last_30_days"]


class Group(NamedTuple):
    period: Period | tuple[int, int]
    """Year and month for what is older."""
    conversations: list[Conversation]


class Listing:
    """What is known of a user's conversations, the newest first."""

    def __init__(self) -> None:
        self._by_id: dict[str, Conversation] = {}

    def add(self, conversations: Iterable[Conversation]) -> None:
        """Adds them, or replaces what was known of them, unless that is newer."""
        for one in conversations:
            known = self._by_id.get(one.id)
            if known is None or known.updated_at <= one.updated_at:
                self._by_id[one.id] = one

    def touch(self, chat_id: str, title: str, now: int) -> None:
        """One that was written in now. It keeps the title that it has."""
        known = self._by_id.get(chat_id)
        self._by_id[chat_id] = Conversation(chat_id, known.title if known else title, now)

    def remove(self, chat_id: str) -> Conversation | None:
        return self._by_id.pop(chat_id, None)

    def find(self, chat_id: str) -> Conversation | None:
        return self._by_id.get(chat_id)

    def matching(self, words: str) -> list[Conversation]:
        """Those with all the words in their titles, the newest first."""
        wanted = words.casefold().split()
        return [one for one in self._newest_first() if all(word in one.title.casefold() for word in wanted)]

    def groups(self, now: datetime) -> list[Group]:
        """By the days of the calendar in the zone of `now`."""
        groups: list[Group] = []
        for conversation in self._newest_first():
            period = period_of(datetime.fromtimestamp(conversation.updated_at / 1000, now.tzinfo), now)
            if not groups or groups[-1].period != period:
                groups.append(Group(period, []))
            groups[-1].conversations.append(conversation)
        return groups

    def _newest_first(self) -> list[Conversation]:
        return sorted(self._by_id.values(), key=lambda one: one.updated_at, reverse=True)


def period_of(at: datetime, now: datetime) -> Period | tuple[int, int]:
    days = (now.date() - at.date()) / timedelta(days=1)
    if days < 1:  # also where the server's clock is ahead
        return "today"
    if days < 2:
        return "yesterday"
    if days < 7:
        return "last_7_days"
    return "last_30_days" if days < 30 else (at.year, at.month)


def title_of(text: str) -> str:
    """The first words, as the service names a conversation by them."""
    text = " ".join(text.split())
    if len(text) <= TITLE_LENGTH:
        return text
    start, _, cut = text[: TITLE_LENGTH - 1].rpartition(" ")
    return f"{start or cut}…"
