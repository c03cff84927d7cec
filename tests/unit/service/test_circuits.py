"""What isolates tell each other of models that fail."""

import asyncio
import time
from typing import Any

import msgspec
import pytest

from edgechat.testing import FakeClock, FakeKV, JsException
from service.circuits import KEY, LIFETIME, Circuits


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    clock = FakeClock(1_800_000_000.0)
    monkeypatch.setattr(time, "time", clock)
    return clock


@pytest.fixture
def kv(clock: FakeClock) -> FakeKV:
    return FakeKV(clock=clock)


class SlowKV(FakeKV):
    """Writes when it may."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.goes_on = asyncio.Event()
        self.reads = 0

    async def get(self, *values: Any, **more: Any) -> Any:
        self.reads += 1
        await asyncio.sleep(0)
        return await super().get(*values, **more)

    async def put(self, *values: Any, **more: Any) -> None:
        await self.goes_on.wait()
        await super().put(*values, **more)


def broken(*models: str) -> Circuits:
    circuits = Circuits()
    fail(circuits, *models)
    return circuits


def fail(circuits: Circuits, *models: str) -> None:
    for model in models:
        for _ in range(3):
            circuits.breaker.failed(model)


async def failing(kv: FakeKV) -> list[str]:
    """As a new isolate hears it."""
    circuits = Circuits()
    await circuits.sync(kv)
    return [model for model in ("a", "b") if circuits.is_failing(model)]


async def test_what_one_isolate_finds_out_others_hear(kv: FakeKV) -> None:
    await broken("a").sync(kv)
    assert await failing(kv) == ["a"]


async def test_what_others_have_told_is_not_lost(kv: FakeKV, clock: FakeClock) -> None:
    await broken("a").sync(kv)
    clock.advance(2)
    await broken("b").sync(kv)
    assert await failing(kv) == ["a", "b"]


async def test_it_is_forgotten_when_it_is_old(kv: FakeKV, clock: FakeClock) -> None:
    await broken("a").sync(kv)
    clock.advance(10)
    assert await failing(kv) == []
    assert LIFETIME >= 60


async def test_without_news_kv_is_seldom_read_and_never_written(kv: FakeKV, clock: FakeClock) -> None:
    circuits = Circuits()
    await circuits.sync(kv)
    kv.fail_on("get", JsException("it was asked again"))
    clock.advance(29)
    await circuits.sync(kv)
    assert circuits._read_at == 1_800_000_000.0


async def test_no_key_is_written_twice_in_a_second(kv: FakeKV, clock: FakeClock) -> None:
    circuits = broken("a")
    await circuits.sync(kv)
    fail(circuits, "b")
    await circuits.sync(kv)
    assert await failing(kv) == ["a"]
    clock.advance(1)
    await circuits.sync(kv)
    assert await failing(kv) == ["a", "b"]


async def test_what_kv_did_not_take_is_told_later(kv: FakeKV, clock: FakeClock) -> None:
    circuits = broken("a")
    kv.fail_next(JsException("429"))
    await circuits.sync(kv)
    assert await failing(kv) == []
    clock.advance(1)
    await circuits.sync(kv)
    assert await failing(kv) == ["a"]


async def test_news_that_come_while_others_are_told_are_told_later(clock: FakeClock) -> None:
    kv = SlowKV(clock=clock)
    circuits = broken("a")
    telling = asyncio.create_task(circuits.sync(kv))
    await asyncio.sleep(0.01)
    fail(circuits, "b")
    kv.goes_on.set()
    await telling
    clock.advance(1)
    await circuits.sync(kv)
    assert await failing(kv) == ["a", "b"]


async def test_of_many_at_a_time_one_asks(clock: FakeClock) -> None:
    kv = SlowKV(clock=clock)
    circuits = Circuits()
    syncs = [asyncio.create_task(circuits.sync(kv)) for _ in range(5)]
    await asyncio.sleep(0.01)
    kv.goes_on.set()
    await asyncio.gather(*syncs)
    assert kv.reads == 1


async def test_while_kv_fails_it_is_not_asked_again_and_again(clock: FakeClock) -> None:
    kv = SlowKV(clock=clock)
    circuits = Circuits()
    kv.fail_next(JsException("down"))
    for _ in range(5):
        await circuits.sync(kv)
    assert kv.reads == 1


async def test_garbage_in_kv_harms_nobody(kv: FakeKV) -> None:
    await kv.put(KEY, "{garbage", expirationTtl=60)
    circuits = broken("a")
    await circuits.sync(kv)
    assert circuits.is_failing("a")


def test_what_is_shared_is_small_and_readable() -> None:
    known = msgspec.json.decode(msgspec.json.encode(broken("a").breaker.circuits))
    assert known == {"a": {"failures": 3, "openUntil": 1_800_000_010.0}}
