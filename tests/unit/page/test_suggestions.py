"""What may stand, in grey, behind what one types; and how long it took."""

import pytest

from page.autocomplete import following
from page.pace import pace_line


@pytest.mark.parametrize(
    ("typed", "completion", "shown"),
    [
        ("Where to", " go in May?", " go in May?"),
        ("Where to", "go in May?", " go in May?"),
        ("Where to ", " go in May?", "go in May?"),
        ("Where to go", "?", "?"),
        ("Where to", "Where to go in May?", " go in May?"),
        ("where to", "Where to go?", " go?"),
        ("Where to", "go?\n\nAnd then?", " go?"),
        ("Where to", "\n\n go?", " go?"),
        ("Where to", "", ""),
        ("Where to", "Where to", ""),
        ("Where to", " \n", ""),
    ],
)
def test_a_completion_follows_on_directly(typed: str, completion: str, shown: str) -> None:
    assert following(typed, completion) == shown


def test_the_time_stands_beside_its_budget() -> None:
    assert pace_line("heard", 812) == "heard in 0.8 s of 1.5"
    assert pace_line("suggested", 1_240) == "suggested in 1.2 s of 0.3"
