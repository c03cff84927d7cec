"""Blocks of load, each on one side: what is measured while it lasts, and what has become of it afterwards."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random

import httpx

from bench.load.people import Person, Refused, Turn, Wrong
from bench.load.sides import Side

TURNS_OF_ONE = 5
"""Of one person; then the next one comes."""
READERS = 8
"""Histories that are read at a time."""
SAMPLE = 1.0
"""Seconds from one look at the memory to the next."""

type Words = tuple[int, int]
"""The fewest and the most of an answer."""


@dataclass
class Block:
    """What came of it."""

    turns: list[Turn] = field(default_factory=list)
    seconds: float = 0
    cpu: float = 0
    """Seconds of a processor that workerd took."""
    resident: list[float] = field(default_factory=list)
    """MB of workerd, once in a second."""
    refused: int = 0
    wrong: list[str] = field(default_factory=list)
    found: int = 0
    """Messages in the history, two for each turn."""


@dataclass(frozen=True)
class Load:
    at_once: int
    words: Words
    first_ms: int
    """The model takes it for the first word."""
    next_ms: int
    """For each of the others."""

    async def for_seconds(self, side: Side, seconds: float, seed: int) -> Block:
        ends = time.monotonic() + seconds
        return await self._run(side, lambda: time.monotonic() < ends, seed)

    async def for_turns(self, side: Side, turns: int, seed: int) -> Block:
        left = iter(range(turns))
        return await self._run(side, lambda: next(left, None) is not None, seed)

    async def _run(self, side: Side, goes_on: Callable[[], bool], seed: int) -> Block:
        """Each asks as long as it goes on, and waits for the end of the last answer."""
        block = Block()
        people: list[Person] = []
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(base_url=side.url, timeout=60, limits=limits) as http:
            async with _measured(side, block):
                workers = (self._worker(http, goes_on, Random(seed + n), block, people) for n in range(self.at_once))
                await asyncio.gather(*workers)
            await _look_back(people, block)
        return block

    async def _worker(
        self, http: httpx.AsyncClient, goes_on: Callable[[], bool], random: Random, block: Block, people: list[Person]
    ) -> None:
        # Not all at the same time, as they would else begin and, with answers of about one length, stay.
        await asyncio.sleep(random.random() * max(self.words) * self.next_ms / 1000)
        person: Person | None = None
        while goes_on():
            try:
                if person is None or len(person.said) >= 2 * TURNS_OF_ONE:
                    person = await Person.arrive(http)
                    people.append(person)
                block.turns.append(await person.ask(random.randint(*self.words), self.first_ms, self.next_ms))
            except Refused:
                block.refused += 1
                person = None
            except (Wrong, httpx.HTTPError) as error:
                block.wrong.append(repr(error))
                person = None


@asynccontextmanager
async def _measured(side: Side, block: Block) -> AsyncIterator[None]:
    async def sample() -> None:
        while True:
            block.resident.append(side.usage().resident)
            await asyncio.sleep(SAMPLE)

    sampling = asyncio.create_task(sample())
    started, before = time.monotonic(), side.usage()
    try:
        yield
    finally:
        block.seconds = time.monotonic() - started
        block.cpu = side.usage().cpu - before.cpu
        sampling.cancel()
        with suppress(asyncio.CancelledError):
            await sampling


async def _look_back(people: list[Person], block: Block) -> None:
    left = iter(people)

    async def read() -> None:
        for person in left:
            try:
                if person.said:
                    found = await person.look_back()
                    block.found += found
            except (Wrong, httpx.HTTPError) as error:
                block.wrong.append(repr(error))

    await asyncio.gather(*(read() for _ in range(READERS)))
