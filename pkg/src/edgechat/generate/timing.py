"""When the output of a model came."""

import math
from collections.abc import Callable

import msgspec


class IntervalStatistics(msgspec.Struct, frozen=True):
    """Seconds between one output and the next; percentiles by nearest rank."""

    min: float
    p10: float
    median: float
    avg: float
    p90: float
    max: float


class Timing:
    """Seconds since `start`. `clock` is any monotonic clock in seconds; outputs that come in one read have one time."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = 0.0
        self._last = 0.0
        self._intervals: list[float] = []
        self.ttft: float | None = None
        """Time to first token: None until it came."""
        self.total = 0.0

    def start(self) -> None:
        self._started = self._clock()

    def output(self) -> None:
        now = self._clock() - self._started
        if self.ttft is None:
            self.ttft = now
        else:
            self._intervals.append(now - self._last)
        self._last = now

    def finish(self) -> None:
        self.total = self._clock() - self._started

    def tokens_per_second(self, tokens: int | None) -> float | None:
        """The rate after the first token: None where it cannot be told."""
        if self.ttft is None or self._last <= self.ttft or not tokens:
            return None
        return (tokens - 1) / (self._last - self.ttft)

    @property
    def intervals(self) -> IntervalStatistics | None:
        """None while there is only one output."""
        if not self._intervals:
            return None
        ordered = sorted(self._intervals)
        p10, median, p90 = (ordered[math.ceil(len(ordered) * share) - 1] for share in (0.1, 0.5, 0.9))
        return IntervalStatistics(ordered[0], p10, median, sum(ordered) / len(ordered), p90, ordered[-1])
