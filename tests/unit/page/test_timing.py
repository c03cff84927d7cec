from hypothesis import given
from hypothesis import strategies as st

from page.figures import Felt
from page.timing import RequestTiming, rounded, stretches

SERVER = {"auth": 2.0, "history": 5.0, "total": 30.0}
FELT = Felt(sent_at=1000, first_text_at=1090, first_paint_at=1097, ended_at=1500)
REQUEST = RequestTiming(started_at=1003, answered_at=1053, server=SERVER)

times = st.floats(min_value=0, max_value=1e6)


def test_each_stretch_is_what_lies_between_two_measured_things() -> None:
    assert {stretch.name: stretch.ms for stretch in stretches(FELT, REQUEST, ttft_ms=55)} == {
        "page": 3,  # from 1000 to 1003
        "network": 20,  # 50 on the way, of which the Worker had 30
        "auth": 2,
        "history": 5,
        "model": 55,
        "delivery": 5,  # the Worker's other 23, and 37 until the words were here, less the model's
        "paint": 7,
    }


def test_what_is_not_measured_is_called_a_difference() -> None:
    sources = {stretch.name: stretch.source for stretch in stretches(FELT, REQUEST, 55)}
    assert [name for name, source in sources.items() if source == "difference"] == ["network", "delivery"]
    assert [name for name, source in sources.items() if source == "page"] == ["page", "paint"]


def test_without_the_servers_times_there_are_none() -> None:
    request = RequestTiming(started_at=1003, answered_at=1053, server={"auth": 2})
    assert stretches(FELT, request, 55) == []


def test_an_answer_without_words_has_none() -> None:
    assert stretches(Felt(sent_at=1000), REQUEST, 55) == []


@given(st.lists(times, min_size=5, max_size=5), times, times, times, times)
def test_they_add_up_whatever_the_clocks_say(
    page: list[float], auth: float, history: float, total: float, ttft: float
) -> None:
    sent, started, answered, text, paint = sorted(page)
    felt = Felt(sent_at=sent, first_text_at=text, first_paint_at=paint)
    server = {"auth": auth, "history": history, "total": total}
    request = RequestTiming(started_at=started, answered_at=answered, server=server)
    found = stretches(felt, request, ttft)
    assert all(stretch.ms >= -1e-6 for stretch in found)
    assert abs(sum(stretch.ms for stretch in found) - (paint - sent)) < 1e-3
    assert abs(sum(rounded(found)) - round(paint - sent, 1)) < 0.11


def test_what_is_shown_adds_up_too() -> None:
    found = stretches(FELT, RequestTiming(started_at=1000.04, answered_at=1050.08, server=SERVER), 55.04)
    assert round(sum(rounded(found)), 1) == 97.0
