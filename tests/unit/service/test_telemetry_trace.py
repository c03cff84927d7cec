import pytest

from service.telemetry.trace import Parent, is_sampled, read_traceparent, traceparent

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_the_caller_of_a_traceparent_is_read() -> None:
    assert read_traceparent(f"00-{TRACE}-{SPAN}-01") == Parent(TRACE, SPAN)
    assert read_traceparent(traceparent(TRACE, SPAN, is_sampled=False)) == Parent(TRACE, SPAN)


def test_a_later_version_may_say_more() -> None:
    assert read_traceparent(f"cc-{TRACE}-{SPAN}-01-what-the-future-brings") == Parent(TRACE, SPAN)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01\n",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        "00-" + "x" * 100_000,
    ],
)
def test_what_is_no_traceparent_is_no_caller(header: str) -> None:
    assert read_traceparent(header) is None


def test_the_ratio_decides_what_is_sampled_and_always_in_the_same_way() -> None:
    ids = [f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}" for number in range(1, 2001)]
    assert all(is_sampled(trace, 1) for trace in ids)
    assert not any(is_sampled(trace, 0) for trace in ids)
    kept = {trace for trace in ids if is_sampled(trace, 0.25)}
    assert 400 < len(kept) < 600
    assert kept <= {trace for trace in ids if is_sampled(trace, 0.5)}
