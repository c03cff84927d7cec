"""The measurement: one page for each case, all asked in turn, so that what else the machine does falls on all."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Self

import httpx
from playwright.async_api import Browser, Page

from bench.chat import Felt, ask, begin_chat, chromium, open_chat
from bench.latency.cases import CASES, OPENING, TOKENS, Case
from bench.latency.proxy import DelayProxy
from bench.service import ROOT, chat_service, running
from pop.project import Project

FEW = 12
"""Tokens of an answer of which only the first ones count."""
AFTERWARDS = 0.4
"""Seconds for what page and Worker do when an answer has ended."""
DIRECT = 25
"""Requests without page and proxy."""
MODELS = {"edge": ["small"], "central": ["large", "small"]}


@dataclass
class Runs:
    case: Case
    warm: list[Felt] = field(default_factory=list)
    """On a connection that was open, as that of a page is on which one chats."""
    cold: list[Felt] = field(default_factory=list)
    """Each on a new one, which pays for its handshake."""


class Visit:
    def __init__(self, runs: Runs, proxy: DelayProxy, page: Page) -> None:
        self.runs = runs
        self._proxy = proxy
        self._page = page

    @classmethod
    @asynccontextmanager
    async def begun(cls, browser: Browser, case: Case, url: str) -> AsyncIterator[Self]:
        """Until the block ends."""
        port = int(url.rpartition(":")[2])
        async with DelayProxy.listening(port, case.round_trip / 1000) as (proxy, far):
            page = await open_chat(browser, f"http://127.0.0.1:{far}")
            if len(MODELS[case.service]) > 1:
                await page.locator("#model").select_option(case.name)
            yield cls(Runs(case), proxy, page)
            await page.close()

    async def run(self, *, is_counted: bool) -> None:
        """A chat of three questions: one that opens it, one on the same connection, one on a new connection."""
        await begin_chat(self._page)
        await self._ask(FEW)
        before = self._proxy.opened
        warm = await self._ask(TOKENS)
        if is_counted and self._proxy.opened == before:
            self.runs.warm.append(warm)
        self._proxy.hang_up()
        before = self._proxy.opened
        cold = await self._ask(FEW)
        if is_counted and self._proxy.opened > before:
            self.runs.cold.append(cold)

    async def _ask(self, tokens: int) -> Felt:
        case = self.runs.case
        script = case.script(tokens)
        seconds = script.seconds + 2 * case.round_trip / 1000 + AFTERWARDS
        felt = await ask(self._page, f"{OPENING} {script.question()}", seconds)
        await asyncio.sleep(AFTERWARDS)
        return felt


async def measure(rounds: int) -> tuple[list[Runs], list[float]]:
    """The cases, and what `_around_the_worker` has found."""
    with _services() as urls:
        around = await _around_the_worker(urls["edge"])
        async with chromium() as browser, AsyncExitStack() as stack:
            visits = [await stack.enter_async_context(Visit.begun(browser, case, urls[case.service])) for case in CASES]
            for number in range(-1, rounds):  # code that runs for the first time is slower
                for visit in visits:
                    await visit.run(is_counted=number >= 0)
                print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            return [visit.runs for visit in visits], around


async def _around_the_worker(url: str) -> list[float]:
    """Milliseconds that requests without page and proxy take, beyond those that the Worker tells of."""
    found = []
    async with httpx.AsyncClient(base_url=url) as http:
        session = (await http.post("/api/session")).raise_for_status().json()
        headers = {"authorization": f"Bearer {session['token']}"}
        for number in range(-5, DIRECT):  # code that runs for the first time is slower
            started = time.perf_counter()
            response = (await http.get("/api/chats", headers=headers)).raise_for_status()
            took = (time.perf_counter() - started) * 1000
            if number >= 0:
                found.append(took - float(response.headers["server-timing"].rpartition("total;dur=")[2]))
            await asyncio.sleep(0.05)
    return found


@contextmanager
def _services() -> Iterator[dict[str, str]]:
    """The same Worker twice, one model server behind both. Their URLs."""
    limits = Project(ROOT / "wrangler.toml").config["vars"]["LIMITS"]
    del limits["workloads"]  # the model server knows chats only
    with ExitStack() as stack:
        model = stack.enter_context(running([sys.executable, "-m", "bench.load.model"])).url
        yield {
            service: stack.enter_context(
                chat_service(model=model, limits=limits | {"guest": limits["guest"] | {"models": models}})
            ).url
            for service, models in MODELS.items()
        }
