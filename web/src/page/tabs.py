"""What the tabs of one browser tell each other, so that all show the same."""

from typing import Any

import msgspec

from page.drafts import Outgoing


class _News(msgspec.Struct, tag_field="type", rename="camel"):
    pass


class Started(_News, tag="started"):
    """An answer has begun: to `question`, which follows the message `parent_id`."""

    chat_id: str
    title: str
    question: Outgoing
    parent_id: str | None


class Ended(_News, tag="ended"):
    """An answer is complete, was stopped, or has failed; or another version is shown."""

    chat_id: str


class Renamed(_News, tag="renamed"):
    chat_id: str
    title: str


class Deleted(_News, tag="deleted"):
    chat_id: str


class UserChanged(_News, tag="user-changed"):
    """Somebody has signed in or out, or has deleted all they had."""


type News = Started | Ended | Renamed | Deleted | UserChanged

_decoder = msgspec.json.Decoder[News](News.__value__)


class Tabs:
    """`channel` is a `BroadcastChannel`: what is told is heard by all other tabs."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def tell(self, news: News) -> None:
        self._channel.postMessage(msgspec.json.encode(news).decode())


def read_news(text: str) -> News | None:
    """None for what a tab with another version of the page tells."""
    try:
        news: News = _decoder.decode(text)
    except msgspec.DecodeError:
        return None
    return news
