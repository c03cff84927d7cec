"""`pop build` refuses what Cloudflare's deploy refuses; `pop dev` follows edits, keeps its state and cleans up."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from live import ROOT, Pop, descendants, free_port, processes

from pop.build import Build
from pop.errors import PopError
from pop.project import Project

ENTRY = """
from workers import Response, WorkerEntrypoint

class Default(WorkerEntrypoint):
    async def fetch(self, request):
        visits = int(await self.env.KV.get("visits") or 0) + 1
        await self.env.KV.put("visits", str(visits))
        return Response(f"first version, visit {visits}")
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A small project of its own, below the repository, where the npm packages are found."""
    folder = ROOT / ".pop" / "tests" / "project"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "src").mkdir(parents=True)
    (folder / "wrangler.toml").write_text(
        'name = "small"\nmain = "src/entry.py"\ncompatibility_date = "2026-09-08"\n'
        'compatibility_flags = ["python_workers"]\nkv_namespaces = [{ binding = "KV", id = "kv" }]\n'
    )
    (folder / "python_modules").symlink_to(ROOT / "python_modules")
    (folder / "src" / "entry.py").write_text(ENTRY)
    yield folder
    shutil.rmtree(folder)


def build_with(folder: Path, code: str) -> None:
    """Builds the project with one more module."""
    (folder / "src" / "more.py").write_text(code)
    (folder / "src" / "entry.py").write_text("import more" + ENTRY)
    try:
        Build(Project(folder / "wrangler.toml")).run(quiet=True)
    finally:
        (folder / "src" / "more.py").unlink()
        (folder / "src" / "entry.py").write_text(ENTRY)


@pytest.mark.parametrize(
    "code",
    [
        "from js import Request, Object\nentries = Object.fromEntries",
        "from js import crypto\nsubtle = crypto.subtle",
        "import random, secrets, uuid\ndef later(): return uuid.uuid4()",
        "import random\nfixed = random.Random(7).random()",
    ],
)
def test_what_cloudflare_takes_is_built(folder: Path, code: str) -> None:
    build_with(folder, code)


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("from js import TextEncoder\nencoder = TextEncoder.new()", "more.encoder holds a JavaScript object"),
        (
            "from js import URL\nclass A:\n    urls = {'a': [URL.new('http://x/')]}",
            "more.A holds a JavaScript object",
        ),
        ("import uuid\nname = uuid.uuid4()", "Module more draws randomness"),
        ("import random\nnumber = random.random()", "Module more draws randomness"),
        ("import secrets\nkey = secrets.token_hex()", "Module more draws randomness"),
        ("import random\nsource = random.Random()", "Module more draws randomness"),
        ("import no_such_module", "No module named 'no_such_module'"),
        ("def broken(:", "(?s)more.py.*line 1.*SyntaxError"),
    ],
)
def test_what_cloudflare_refuses_is_refused_by_name(folder: Path, code: str, complaint: str) -> None:
    with pytest.raises(PopError, match=complaint):
        build_with(folder, code)


@pytest.fixture
def pop(folder: Path) -> Iterator[Pop]:
    pop = Pop(folder / "wrangler.toml", folder / "state")
    pop.wait_for("Ready on")
    yield pop
    if pop.process.poll() is None:
        pop.stop()


def wait_until_it_says(url: str, pattern: str, patience: float = 10) -> None:
    started = time.monotonic()
    while time.monotonic() < started + patience:
        try:
            if re.search(pattern, httpx.get(url).text):
                return
        except httpx.TransportError:
            pass  # the Worker is being exchanged
        time.sleep(0.02)
    raise AssertionError(f"{url} never said {pattern!r}")


def test_an_edit_is_live_at_once_and_a_mistake_is_shown(folder: Path, pop: Pop) -> None:
    entry = folder / "src" / "entry.py"
    wait_until_it_says(pop.url, "first version")
    entry.write_text(ENTRY.replace("first", "second"))
    wait_until_it_says(pop.url, "second version")
    entry.write_text("def broken(:")
    pop.wait_for("SyntaxError", timeout=10)
    wait_until_it_says(pop.url, "could not be imported")
    entry.write_text(ENTRY)
    wait_until_it_says(pop.url, "first version")


def test_the_state_survives_a_restart_and_no_process_does(folder: Path, pop: Pop) -> None:
    visits = int(httpx.get(pop.url).text.split()[-1])
    started = descendants(pop.process.pid)
    assert "workerd" in started.values()
    assert pop.stop() == 0
    assert not started.keys() & processes().keys()
    again = Pop(folder / "wrangler.toml", folder / "state")
    again.wait_for("Ready on")
    # one of the visits is that of pop itself, which asked whether the Worker answers
    assert int(httpx.get(again.url).text.split()[-1]) > visits
    again.stop()


def test_a_port_in_use_is_told_before_anything_starts(folder: Path, pop: Pop) -> None:
    port = pop.url.rpartition(":")[2]
    second = Pop(folder / "wrangler.toml", folder / "other", f"--port={port}")
    second.wait_for(f"Port {port} is in use")
    assert second.process.wait(10) == 1


def test_another_port_can_be_taken(folder: Path) -> None:
    port = free_port()
    pop = Pop(folder / "wrangler.toml", folder / "state", f"--port={port}")
    pop.wait_for(f"Ready on http://127.0.0.1:{port}")
    pop.stop()
