import asyncio

import pytest

from edgechat.testing import FakeClock


async def test_who_sleeps_does_not_wait_and_time_passes() -> None:
    clock = FakeClock(now=100)
    await clock.sleep(2.5)
    clock.advance(1)
    assert clock() == 103.5


async def test_sleepers_wake_in_the_order_of_their_times() -> None:
    clock = FakeClock(now=0)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock()))

    await asyncio.gather(sleeper("slow", 5), sleeper("quick", 1, 1, 1), sleeper("between", 2.5))
    assert woken == [("quick", 1), ("quick", 2), ("between", 2.5), ("quick", 3), ("slow", 5)]


async def test_a_sleeper_that_is_cancelled_holds_up_nobody() -> None:
    clock = FakeClock(now=0)
    first = asyncio.create_task(clock.sleep(1))
    second = asyncio.create_task(clock.sleep(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await second
    assert clock() == 2
