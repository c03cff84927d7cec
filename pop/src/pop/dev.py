"""`pop dev`: starts the local AI and wrangler, waits until they answer, rebuilds on edits, stops both."""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
from watchfiles import awatch

from pop.build import Build
from pop.config import AI_URL
from pop.errors import PopError
from pop.process import Process
from pop.project import Project
from pop.steps import Step, run_steps

STARTUP = 90
"""Seconds that a process may take until it answers."""

CHECK_DELAY = 2
"""Seconds from a rebuild to the check of what Cloudflare would refuse."""

# wrangler's banner, tables and state changes, which say nothing new to who started it.
_NOISE = ("⎔", "│", "├", "└", "┌", "─", " ⛅", "Attaching", "Your Worker has access", "Binding ", "env.")


class Dev:
    def __init__(self, project: Project, *, port: int, upstream: str | None, variables: Sequence[str] = ()) -> None:
        """Variables are `NAME:VALUE`, and come before those of `wrangler.toml` and `.dev.vars`."""
        self.project = project
        self.url = f"http://127.0.0.1:{port}"
        self._port = port
        self._upstream = upstream
        self._variables = variables
        self._build = Build(project)
        self._ready = False

    async def run(self) -> None:
        """Runs until it is cancelled, or one of the processes ends."""
        _refuse_used_port(self._port)
        self._build.run(self._migrations())
        async with AsyncExitStack() as stack:
            ai_port = _free_port()
            ai_url = f"http://127.0.0.1:{ai_port}"
            commands = {"wrangler": self._wrangler_command(ai_url)}
            urls = [self.url]
            if self.project.ai_binding:
                commands["ai"] = self._ai_command(ai_port)
                urls.append(f"{ai_url}/health")
            started = time.monotonic()
            print(f"Starting {' and '.join(commands)} ... ", end="", flush=True)
            processes = [await stack.enter_async_context(self._process(*command)) for command in commands.items()]
            await self._while_running(processes, _answer(*urls))
            self._ready = True
            print(f"{time.monotonic() - started:.1f} s\n\nReady on {self.url} (Ctrl-C stops it)\n", flush=True)
            await self._while_running(processes, self._watch())

    def _migrations(self) -> list[Step]:
        state = self.project.state
        folders = list(self.project.migrations.values())
        step = Step(
            "Applying the database migrations",
            self._apply_migrations,
            inputs=folders,
            outputs=[state / "v3" / "d1"],  # where miniflare keeps D1
            stamps=state / "stamps",
        )
        return [step] if folders else []

    def _apply_migrations(self) -> None:
        options = [f"--config={self.project.build / 'wrangler.json'}", f"--persist-to={self.project.state}"]
        for database in self.project.migrations:
            command = [*self.project.wrangler, "d1", "migrations", "apply", database, "--local", *options]
            self.project.run(command, title=f"Migrating {database}")

    async def _while_running(self, processes: Sequence[Process], work: Coroutine[None, None, None]) -> None:
        """Waits for the work; raises if one of the processes ends before."""
        task = asyncio.create_task(work)
        ends = [asyncio.create_task(process.wait()) for process in processes]
        try:
            await asyncio.wait([task, *ends], return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise PopError(self._obituary())
            task.result()
        finally:
            task.cancel()
            for end in ends:
                end.cancel()

    @asynccontextmanager
    async def _process(self, name: str, command: list[str]) -> AsyncIterator[Process]:
        process = await Process.start(
            command,
            environment=self.project.environment,
            log=self.project.home / "logs" / f"{name}.log",
            show=self._show,
        )
        try:
            yield process
        finally:
            await process.stop()

    def _show(self, line: str) -> None:
        """What the processes say once all is ready. Before, it is of interest only if something fails."""
        if self._ready and line.strip() and not line.startswith(_NOISE):
            print(line, flush=True)

    def _obituary(self) -> str:
        """What the processes said last, when one has ended."""
        logs = sorted((self.project.home / "logs").glob("*.log"), key=lambda path: path.stat().st_mtime)
        last = [
            line for path in logs if path.stem in ("ai", "wrangler") for line in path.read_text().splitlines()[-15:]
        ]
        return "\n".join(
            ["A process has ended unexpectedly.", *last, f"All it said is in {self.project.home / 'logs'}."]
        )

    def _ai_command(self, port: int) -> list[str]:
        upstream = ["--upstream", self._upstream] if self._upstream else []
        return [sys.executable, "-m", "pop.cli", "ai", f"--port={port}", *upstream]

    def _wrangler_command(self, ai_url: str) -> list[str]:
        secrets = self.project.root / ".dev.vars"
        return [
            *self.project.wrangler,
            "dev",
            f"--config={self.project.build / 'wrangler.json'}",
            f"--persist-to={self.project.state}",
            f"--port={self._port}",
            "--ip=127.0.0.1",
            "--inspector-port=0",
            "--show-interactive-dev-session=false",
            *(f"--var={variable}" for variable in [f"{AI_URL}:{ai_url}", *self._variables]),
            *([f"--env-file={secrets}"] if secrets.exists() else []),
        ]

    async def _watch(self) -> None:
        """Follows edits: the build command follows the sources, and the Worker follows what the command has made.

        wrangler reloads the Worker by itself when it has changed.
        """
        await asyncio.gather(self._follow_sources(), self._follow_worker())

    async def _follow_sources(self) -> None:
        if self.project.watched:
            async for _changes in awatch(*self.project.watched, step=50, debounce=200):
                await self._try(lambda: self._build.prepare(quiet=True))

    async def _follow_worker(self) -> None:
        paths = [self.project.config_file, self.project.main.parent, self.project.python_modules]
        paths += self.project.migrations.values()
        checking: asyncio.Task[None] | None = None
        async for _changes in awatch(*paths, step=50, debounce=200):
            if checking:
                checking.cancel()
            if await self._try(self._rebuild):
                checking = asyncio.create_task(self._check_later())

    def _rebuild(self) -> None:
        started = time.monotonic()
        if run_steps([*self._build.steps(), *self._migrations()], self._build.stamps, quiet=True):
            print(f"Rebuilt in {time.monotonic() - started:.1f} s", flush=True)

    async def _check_later(self) -> None:
        """First the edit is to be live: the check would compete with it for the processor."""
        await asyncio.sleep(CHECK_DELAY)
        await self._try(lambda: run_steps([self._build.check_step()], self._build.stamps, quiet=True))

    async def _try(self, work: Callable[[], object]) -> bool:
        """Runs work beside the loop. What goes wrong is told, and pop goes on."""
        try:
            await asyncio.to_thread(work)
        except PopError as error:
            print(f"pop: {error}", flush=True)
            return False
        return True


async def _answer(*urls: str) -> None:
    """Returns when all URLs have answered, with whatever status."""
    async with httpx.AsyncClient() as client:
        try:
            async with asyncio.timeout(STARTUP):
                for url in urls:
                    await _first_answer(client, url)
        except TimeoutError:
            raise PopError(f"{' and '.join(urls)} did not answer within {STARTUP} s.") from None


async def _first_answer(client: httpx.AsyncClient, url: str) -> None:
    while True:
        try:
            await client.get(url)
            return
        except httpx.TransportError:
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _refuse_used_port(port: int) -> None:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        raise PopError(f"Port {port} is in use. Stop what listens there, or take another: make dev PORT=9000") from None
