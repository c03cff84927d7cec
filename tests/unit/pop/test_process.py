import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pop.process import Process

DEAF = "import signal, time; signal.signal(15, lambda *_: None); print('deaf', flush=True); time.sleep(60)"

# Starts a child that ignores SIGTERM, tells its pid, and waits.
STUBBORN = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {DEAF!r}], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""

# Starts a shell that tells its pid and waits, and waits itself.
PARENT = """
import asyncio, os, pathlib, sys
from pop.process import Process

async def main():
    command = ["sh", "-c", "echo $$; exec sleep 60"]
    show = lambda line: print(line, flush=True)
    await Process.start(command, environment=os.environ, log=pathlib.Path(sys.argv[1]), show=show)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def is_alive(pid: int) -> bool:
    """Whether the process still runs; one that is dead but not yet collected does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(shown.strip()) and not shown.startswith("Z")


async def start(code: str, folder: Path, lines: list[str]) -> Process:
    command = [sys.executable, "-c", code]
    return await Process.start(command, environment=os.environ, log=folder / "log", show=lines.append)


async def test_output_is_shown_line_by_line_and_logged(tmp_path: Path) -> None:
    lines: list[str] = []
    process = await start("print('a'); print('é'); import sys; sys.exit(3)", tmp_path, lines)
    assert await process.wait() == 3
    assert lines == ["a", "é"]
    assert (tmp_path / "log").read_text() == "a\né\n"


async def test_stop_leaves_no_child_behind(tmp_path: Path) -> None:
    lines: list[str] = []
    process = await start(STUBBORN, tmp_path, lines)
    while not lines:
        await asyncio.sleep(0.01)
    await process.stop()
    assert not is_alive(int(lines[0]))


async def test_stop_after_the_end_does_nothing(tmp_path: Path) -> None:
    process = await start("", tmp_path, [])
    await process.wait()
    await process.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has died")
async def test_a_process_does_not_outlive_a_killed_pop(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    pop = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert pop.stdout
    child = int(await pop.stdout.readline())
    assert is_alive(child)
    pop.kill()
    await pop.wait()
    for _ in range(100):
        if not is_alive(child):
            return
        await asyncio.sleep(0.02)
    pytest.fail("the child is still alive")
