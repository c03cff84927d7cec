"""A child process that never outlives pop."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PATIENCE = 5
"""Seconds between asking a process to stop and killing it."""

_PR_SET_PDEATHSIG = 1


def _stop_with_parent() -> None:
    """Linux tells the child when pop is killed without a chance to stop it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """A command in a session of its own: Ctrl-C reaches pop alone, which then stops the whole group in order."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, show: Callable[[str], None]) -> None:
        self._process = process
        self._reader = asyncio.ensure_future(self._read(log, show))

    @classmethod
    async def start(
        cls, command: Sequence[str | Path], *, environment: Mapping[str, str], log: Path, show: Callable[[str], None]
    ) -> "Process":
        """Starts a command. Its output goes to the file `log`, and line by line to `show`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_stop_with_parent,
            limit=2**20,
        )
        return cls(process, log, show)

    async def _read(self, log: Path, show: Callable[[str], None]) -> None:
        assert self._process.stdout
        with log.open("wb") as file:
            async for line in self._process.stdout:
                file.write(line)
                file.flush()
                show(line.decode(errors="replace").rstrip())

    async def wait(self) -> int:
        """The exit code, once the process has ended and its output was read."""
        await asyncio.wait([self._reader])
        return await self._process.wait()

    async def stop(self) -> None:
        """Asks the process and its children to stop, and kills those that do not."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                # Not `wait`: on some versions of Python that waits for children that hold the output as well.
                while self._process.returncode is None:
                    await asyncio.sleep(0.02)
        self._signal(signal.SIGKILL)
        await self.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
