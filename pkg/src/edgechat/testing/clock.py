"""Time for tests: it passes when they say so."""

import asyncio
import heapq


class FakeClock:
    """A clock in seconds, to be called like `time.time`. Who sleeps by it does not wait: time jumps to the next one
    to wake."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now
        self._sleeping: list[tuple[float, int]] = []
        self._count = 0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        sleeper = (self.now + seconds, self._count)
        heapq.heappush(self._sleeping, sleeper)
        try:
            await asyncio.sleep(0)
            while self._sleeping[0] is not sleeper:
                await asyncio.sleep(0)
            self.now = max(self.now, sleeper[0])
        finally:
            self._sleeping.remove(sleeper)
            heapq.heapify(self._sleeping)
