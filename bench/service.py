"""`pop dev` for a measurement, with a state of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Service:
    url: str
    pid: int
    seconds_to_ready: float


@contextmanager
def running(command: list[str], folder: Path = ROOT, environment: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Runs a command that says "Ready on URL", and stops it as Ctrl-C does."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
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
def chat_service(*, model: str | None = None, limits: Mapping[str, Any] | None = None) -> Iterator[Service]:
    """With the local model, or with one of `bench.load.model` at a URL; with the project's limits, or with others."""
    scripted = [f"--upstream={model}", f"--var=POP_AI_URL:{model}"] if model else []
    limited = [f"--var=LIMITS:{json.dumps(limits)}"] if limits else []
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-u", "-m", "pop.cli", "dev", f"--state={state}", f"--port={free_port()}"]
        with running([*command, *scripted, *limited]) as service:
            yield service


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@dataclass(frozen=True)
class Process:
    pid: int
    resident: float
    """MB."""
    command: str


def processes_of(service: Service) -> list[Process]:
    """Those that it has started, and those that they have started."""
    command = ["ps", "-ww", "-eo", "pid=,ppid=,rss=,args="]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 3) for line in shown.splitlines()]
    family = {str(service.pid)}
    while grown := {pid for pid, parent, *_ in rows if parent in family} - family:
        family |= grown
    return [Process(int(pid), int(rss) / 1024, " ".join(args)) for pid, _, rss, *args in rows if pid in family]
