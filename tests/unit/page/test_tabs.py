import pytest

from page.drafts import Outgoing
from page.tabs import Deleted, Ended, News, Renamed, Started, Tabs, UserChanged


class Channel:
    """What one tab tells is heard by the other."""

    def __init__(self) -> None:
        self.heard: list[News] = []
        self._other = Tabs(None, self.heard.append)

    def postMessage(self, text: str) -> None:  # noqa: N802
        self._other.hear(text)


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
    Tabs(channel, lambda _: None).tell(news)
    assert channel.heard == [news]


@pytest.mark.parametrize("text", ["", "null", "{}", '{"type":"unheard-of"}', '{"type":"ended"}'])
def test_what_it_does_not_understand_it_ignores(text: str) -> None:
    heard: list[News] = []
    Tabs(None, heard.append).hear(text)
    assert heard == []
