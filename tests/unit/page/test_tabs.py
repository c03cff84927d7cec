import pytest

from page.drafts import Outgoing
from page.tabs import Deleted, Ended, News, Renamed, Started, Tabs, UserChanged, read_news


class Channel:
    def __init__(self) -> None:
        self.told: list[str] = []

    def postMessage(self, text: str) -> None:  # noqa: N802
        self.told.append(text)


@pytest.mark.parametrize(
    "news",
    [
        Started("c", "A title", Outgoing("m", "Hi"), None),
        Started("c", "A title", Outgoing("m", "Hi"), "a"),
        Ended("c"),
        Renamed("c", "Sea"),
        Deleted("c"),
        UserChanged(),
    ],
)
def test_what_one_tab_tells_the_other_hears(news: News) -> None:
    channel = Channel()
    Tabs(channel).tell(news)
    assert [read_news(text) for text in channel.told] == [news]


@pytest.mark.parametrize("text", ["", "null", "{}", '{"type":"unheard-of"}', '{"type":"ended"}'])
def test_what_it_does_not_understand_it_ignores(text: str) -> None:
    assert read_news(text) is None
