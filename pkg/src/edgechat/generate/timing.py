"""When the tokens of an answer came."""

from collections.abc import Callable


class Timing:
    """Seconds since `start`. `clock` is any monotonic clock in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._started = 0.0
        self._last = 0.0
        self._tokens = 0
        self.ttft: float | None = None
        """Time to first token: None until it came."""
        self.total = 0.0

    def start(self) -> None:
        self._started = self._clock()

    def token(self) -> None:
        self._last = self._clock() - self._started
        self._tokens += 1
        if self.ttft is None:
            self.ttft = self._last

    def finish(self) -> None:
        self.total = self._clock() - self._started

    @property
    def tokens_per_second(self) -> float | None:
        """The rate after the first token: None until there are two at different times."""
        if self.ttft is None or self._last <= self.ttft:
            return None
        return (self._tokens - 1) / (self._last - self.ttft)
