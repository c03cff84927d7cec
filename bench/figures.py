"""`make figures`: start-up, first token, memory and sizes, measured on this machine.

`python -m bench.figures NAME ...` measures only some: scratch, pop, page, ttft, memory, imports, sizes.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.imports import measure_imports
from bench.page import measure_page
from bench.service import ROOT, chat_service, free_port, processes_of, running
from bench.table import heading, row, spread
from bench.ttft import measure_ttft
from pop import workerd
from pop.project import Project

PROJECT = Project(ROOT / "wrangler.toml")


def measure_scratch() -> None:
    """`make dev` in a new clone, with what the package managers have cached on this machine, and once more."""
    heading("`make dev` until it is ready")
    with tempfile.TemporaryDirectory() as temporary:
        clone = Path(temporary) / "edgechat"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        command = ["make", "dev", f"PORT={free_port()}"]
        with running(command, clone) as service:
            row("first run, from a bare clone", spread([service.seconds_to_ready], "s"))
        seconds = []
        for _ in range(5):
            with running(command, clone) as service:
                seconds.append(service.seconds_to_ready)
        row("second run", spread(seconds, "s"))


def measure_pop() -> None:
    """From the start of plain workerd to its first answer, which is Python's."""
    heading("pop: from spawn to the first answer of Python")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(shutil.copytree(PROJECT.build, Path(temporary) / "worker"))
        for name in ("with memory snapshot", "without"):
            if name == "without":
                (folder / "snapshot.bin").write_bytes(b"")
            modules = [folder / "main.mjs", *(p for p in sorted(folder.iterdir()) if p.suffix in workerd.KINDS)]
            modules = list(dict.fromkeys(modules))
            milliseconds = []
            for _ in range(7):
                started = time.monotonic()
                with workerd.serve(PROJECT.workerd, modules) as server:
                    httpx.get(f"{server.url}/api/health").raise_for_status()
                    milliseconds.append((time.monotonic() - started) * 1000)
            row(name, spread(milliseconds, "ms"))


def measure_memory() -> None:
    """Resident memory of each process, after ten answers."""
    heading("memory after ten answers (resident)")
    with chat_service() as service:
        with httpx.Client(base_url=service.url, timeout=60) as client:
            client.headers["authorization"] = f"Bearer {client.post('/api/session').json()['token']}"
            message = {"role": "user", "parts": [{"type": "text", "text": "What is the capital of France?"}]}
            for number in range(10):
                body = {"id": f"memory-{number}", "message": message | {"id": f"m{number}"}}
                client.post("/api/chat", json=body).raise_for_status()
        total = 0.0
        for process in processes_of(service):
            total += process.resident
            row(_name(process.command), f"{process.resident:,.0f} MB")
        row("all", f"{total:,.0f} MB")


def _name(command: str) -> str:
    for part, name in {
        "workerd serve": "workerd",
        "cli.js dev": "wrangler",
        "wrangler.js dev": "wrangler's launcher",
        "pop.cli ai": "local AI, with SmolLM2-135M",
        "pop.cli dev": "pop",
        "esbuild": "esbuild, of wrangler",
    }.items():
        if part in command:
            return name
    return Path(command.split()[0]).name


def measure_sizes() -> None:
    heading("sizes")
    (wheel,) = (ROOT / "build").glob("*.whl")
    row("wheel", f"{wheel.stat().st_size / 1000:,.1f} kB")
    with tempfile.TemporaryDirectory() as temporary:
        command: list[str | Path] = [sys.executable, ROOT / "scripts" / "wrangler.py", "deploy", "--dry-run"]
        done = subprocess.run([*command, "--outdir", temporary], cwd=ROOT, capture_output=True, text=True, check=True)
        (line,) = [line for line in done.stdout.splitlines() if line.startswith("Total Upload")]
        row("upload of the Worker", line.partition(": ")[2])


MEASURES = {
    "scratch": measure_scratch,
    "pop": measure_pop,
    "page": measure_page,
    "ttft": lambda: asyncio.run(measure_ttft()),
    "memory": measure_memory,
    "imports": measure_imports,
    "sizes": measure_sizes,
}


def main() -> None:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"Measured with {os.cpu_count()} CPUs, load average {load}.")
    for name in sys.argv[1:] or MEASURES:
        MEASURES[name]()


if __name__ == "__main__":
    main()
