"""`pop dev` for a measurement, with a state of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Service:
    url: str
    pid: int
    seconds_to_ready: float


@contextmanager
def running(command: list[str], folder: Path = ROOT) -> Iterator[Service]:
    """Runs a command that says "Ready on URL", and stops it as Ctrl-C does."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if ready := re.search(r"Ready on (http://127\.0\.0\.1:\d+)\s", line):
            break
    else:
        raise SystemExit("".join(said))
    # A pipe that nobody reads would stop the process.
    reader = threading.Thread(target=process.stdout.read)
    reader.start()
    try:
        yield Service(ready[1], process.pid, time.monotonic() - started)
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        reader.join()
        process.communicate()


@contextmanager
def chat_service(port: int = 8790) -> Iterator[Service]:
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-u", "-m", "pop.cli", "dev", f"--state={state}", f"--port={port}"]
        with running(command) as service:
            yield service
