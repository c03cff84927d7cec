from datetime import UTC, datetime, timedelta, timezone

import pytest

from page.api import Conversation
from page.listing import Listing, period_of, title_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def conversation(id: str, before: timedelta = timedelta(0), title: str = "A title") -> Conversation:
    return Conversation(id, title, int((NOW - before).timestamp() * 1000))


@pytest.mark.parametrize(
    ("before", "period"),
    [
        (timedelta(hours=-1), "today"),
        (timedelta(hours=12), "today"),
        (timedelta(hours=12, seconds=1), "yesterday"),
        (timedelta(days=2), "last_7_days"),
        (timedelta(days=6), "last_7_days"),
        (timedelta(days=7), "last_30_days"),
        (timedelta(days=29), "last_30_days"),
        (timedelta(days=30), (2026, 10)),
        (timedelta(days=400), (2025, 10)),
    ],
)
def test_days_are_those_of_the_calendar(before: timedelta, period: object) -> None:
    assert period_of(NOW - before, NOW) == period


def test_the_reader_s_day_counts() -> None:
    tokyo = NOW.replace(hour=16).astimezone(timezone(timedelta(hours=9)))  # one in the morning of the 24th
    listing = Listing()
    listing.add([conversation("c")])
    assert listing.groups(tokyo)[0].period == "yesterday"


def test_the_newest_comes_first() -> None:
    listing = Listing()
    listing.add([conversation("old", timedelta(days=1)), conversation("older", timedelta(days=1, hours=1))])
    listing.add([conversation("new")])
    groups = [(group.period, [one.id for one in group.conversations]) for group in listing.groups(NOW)]
    assert groups == [("today", ["new"]), ("yesterday", ["old", "older"])]


def test_what_is_written_in_comes_to_the_top_and_keeps_its_title() -> None:
    listing = Listing()
    listing.add([conversation("a"), conversation("b", timedelta(days=3), "Mine")])
    listing.touch("b", "From the text", int(NOW.timestamp() * 1000) + 1)
    assert [(one.id, one.title) for one in listing.groups(NOW)[0].conversations] == [("b", "Mine"), ("a", "A title")]


def test_a_list_that_comes_late_undoes_nothing_that_was_written_meanwhile() -> None:
    listing = Listing()
    now = int(NOW.timestamp() * 1000)
    listing.touch("new", "Just begun", now)
    listing.touch("a", "A title", now)
    listing.add([conversation("a", timedelta(days=3)), conversation("b", timedelta(days=3))])
    assert [[one.id for one in group.conversations] for group in listing.groups(NOW)] == [["new", "a"], ["b"]]


def test_what_was_removed_can_be_put_back() -> None:
    listing = Listing()
    listing.add([conversation("a")])
    removed = listing.remove("a")
    assert removed is not None
    assert listing.groups(NOW) == []
    listing.add([removed])
    assert listing.find("a") == removed
    assert listing.remove("unknown") is None


def test_titles_are_found_by_all_their_words_whatever_their_case() -> None:
    listing = Listing()
    listing.add([conversation("a", title="The SEA at night"), conversation("b", title="A night")])
    assert [one.id for one in listing.matching("night sea")] == ["a"]
    assert len(listing.matching("ni")) == 2


def test_a_title_is_the_first_words() -> None:
    assert title_of("  What\nis  this? ") == "What is this?"
    assert title_of("word " * 30) == "word " * 10 + "word…"
    assert title_of("w" * 100) == "w" * 59 + "…"
