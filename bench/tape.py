"""What the tape costs: the time to the first token, with and without it, asked in turn.

Two of the same service run side by side, one without the Durable Object, before a model server that takes its time in
the same way for both.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from scripted_ai import ScriptedAI

from bench.service import ROOT, Service, running
from bench.table import heading, row, spread
from edgechat.ids import generate_id

RUNS = 150
FIRST_TOKEN = 0.05
"""Seconds that the model takes for it."""

_TAPE = (
    '[[durable_objects.bindings]]\nname = "TAPE"\nclass_name = "Tape"\n\n'
    '[[migrations]]\ntag = "tape"\nnew_sqlite_classes = ["Tape"]\n'
)


def measure_tape() -> None:
    ai = ScriptedAI()
    try:
        with ExitStack() as stack:
            services = {
                "with the tape": stack.enter_context(_service(ai, 8792, has_tape=True)),
                "without": stack.enter_context(_service(ai, 8793, has_tape=False)),
            }
            clients = {name: stack.enter_context(_guest(service)) for name, service in services.items()}
            times: dict[str, list[float]] = {name: [] for name in clients}
            for run in range(-20, RUNS):  # code that runs for the first time is slower
                for name, client in clients.items():
                    first = _first_token(client)
                    if run >= 0:
                        times[name].append(first)
    finally:
        ai.close()
    heading(f"the tape: time to the first token, of a model that takes {FIRST_TOKEN * 1000:.0f} ms, asked in turn")
    for name, milliseconds in times.items():
        row(name, spread(milliseconds, "ms"))
    row("what the tape adds", spread([a - b for a, b in zip(*times.values(), strict=True)], "ms"))


@contextmanager
def _service(ai: ScriptedAI, port: int, *, has_tape: bool) -> Iterator[Service]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for path in ROOT.iterdir():
            if path.name not in (".pop", ".git", "wrangler.toml"):
                (folder / path.name).symlink_to(path)
        shutil.copytree(ROOT / ".pop" / "worker", folder / ".pop" / "worker")
        shutil.copytree(ROOT / ".pop" / "stamps", folder / ".pop" / "stamps")
        config = (ROOT / "wrangler.toml").read_text()
        assert _TAPE in config
        (folder / "wrangler.toml").write_text(config if has_tape else config.replace(_TAPE, ""))
        command = [sys.executable, "-u", "-m", "pop.cli", "dev", f"--port={port}", f"--upstream={ai.url}"]
        with running([*command, f"--var=POP_AI_URL:{ai.url}"], folder) as service:
            yield service


@contextmanager
def _guest(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60) as client:
        client.headers["authorization"] = f"Bearer {client.post('/api/session').json()['token']}"
        yield client


def _first_token(client: httpx.Client) -> float:
    script = json.dumps([["wait", FIRST_TOKEN], ["say", "Hello"], ["wait", 0.02], ["say", " there"]])
    message = {"id": generate_id(), "role": "user", "parts": [{"type": "text", "text": script}]}
    started, first, data = time.perf_counter(), 0.0, b""
    with client.stream("POST", "/api/chat", json={"id": generate_id(), "message": message}) as response:
        for piece in response.iter_raw():
            data += piece
            if not first and b"Hello" in data:
                first = (time.perf_counter() - started) * 1000
    assert first
    return first


if __name__ == "__main__":
    measure_tape()
