"""What the tape costs, and how fast it stops an answer.

Two of the same service run side by side, one without the Durable Object, before a model server that takes its time in
the same way for both. They are asked in turn for the time to the first token. Then answers are stopped in their midst.
"""

import json
import re
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

STOPS = 30

_TAPE = re.compile(r'\[\[durable_objects\.bindings\]\]\nname = "TAPE"\n.*?new_sqlite_classes = \["Tape"\]\n', re.DOTALL)


def measure_tape() -> None:
    ai = ScriptedAI()
    try:
        with ExitStack() as stack:
            services = {
                "with the tape": stack.enter_context(_service(ai, 8792, has_tape=True)),
                "without": stack.enter_context(_service(ai, 8793, has_tape=False)),
            }
            clients = {name: stack.enter_context(_client(service)) for name, service in services.items()}
            times: dict[str, list[float]] = {name: [] for name in clients}
            for run in range(-20, RUNS):  # code that runs for the first time is slower
                for name, client in clients.items():
                    first = _first_token(client)
                    if run >= 0:
                        times[name].append(first)
            stops = [_stop(clients["with the tape"], ai) for _ in range(-3, STOPS)][3:]
    finally:
        ai.close()
    heading(f"the tape: time to the first token, of a model that takes {FIRST_TOKEN * 1000:.0f} ms, asked in turn")
    for name, milliseconds in times.items():
        row(name, spread(milliseconds, "ms"))
    row("what the tape adds", spread([a - b for a, b in zip(*times.values(), strict=True)], "ms"))
    heading("a stop in the midst of an answer, from another connection")
    row("until the call of the model is cancelled", spread([cancelled for cancelled, _ in stops], "ms"))
    row("until it is answered: the text is saved", spread([answered for _, answered in stops], "ms"))


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
        without, count = _TAPE.subn("", config)
        assert count == 1
        (folder / "wrangler.toml").write_text(config if has_tape else without)
        command = [sys.executable, "-u", "-m", "pop.cli", "dev", f"--port={port}", f"--upstream={ai.url}"]
        with running([*command, f"--var=POP_AI_URL:{ai.url}"], folder) as service:
            yield service


@contextmanager
def _client(service: Service) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service.url, timeout=60) as client:
        yield client


def _be_new(client: httpx.Client) -> None:
    """Each time: one guest may not ask that often."""
    client.headers.pop("authorization", None)
    client.headers["authorization"] = f"Bearer {client.post('/api/session').json()['token']}"


def _first_token(client: httpx.Client) -> float:
    _be_new(client)
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


def _stop(client: httpx.Client, ai: ScriptedAI) -> tuple[float, float]:
    """Milliseconds from the request to the end of the model's call, and to the answer."""
    _be_new(client)
    chat, script = generate_id(), json.dumps([["say", generate_id()], *[["say", " there"], ["wait", 0.05]] * 100])
    message = {"id": generate_id(), "role": "user", "parts": [{"type": "text", "text": script}]}
    with client.stream("POST", "/api/chat", json={"id": chat, "message": message}) as response:
        pieces = response.iter_raw()
        while b"there" not in next(pieces):
            pass
        time.sleep(0.5)
        started = time.monotonic()
        assert client.post(f"/api/chat/{chat}/stop").json() == {"stopped": True}
        answered = time.monotonic()
        assert b'"abort"' in b"".join(pieces)
    (call,) = ai.calls_of(script)
    while call.left is None:
        time.sleep(0.001)
    return (call.left - started) * 1000, (answered - started) * 1000


if __name__ == "__main__":
    measure_tape()
