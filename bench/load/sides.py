"""What is put under load: edgechat, and its peer on the AI SDK and D1, each run by `wrangler dev` on its own state.

Both have the same model server behind the same AI binding. edgechat's limits are configured so high that nobody meets
them.
"""

import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.service import ROOT, Service, chat_service, free_port, processes_of, running
from pop.project import Project

EDGECHAT = "edgechat"
AI_SDK = "AI SDK + D1"

PEER = Path(__file__).parent / "peer"
PROJECT = Project(ROOT / "wrangler.toml")

_MUCH = 10**12


@dataclass(frozen=True)
class Usage:
    cpu: float
    """Seconds of a processor, since the process began."""
    resident: float
    """MB."""


@dataclass(frozen=True)
class Side:
    url: str
    workerd: int
    """The process that runs the Worker, and simulates its D1."""

    def usage(self) -> Usage:
        """As Linux counts."""
        process = Path(f"/proc/{self.workerd}")
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])  # in user mode and in the kernel
        pages = int((process / "statm").read_text().split()[1])
        return Usage(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


@contextmanager
def running_sides() -> Iterator[dict[str, Side]]:
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        model = stack.enter_context(running([sys.executable, "-m", "bench.load.model"])).url
        edgechat = stack.enter_context(chat_service(model=model, limits=_limits()))
        peer = stack.enter_context(running(_peer(model, state), environment=PROJECT.environment))
        yield {EDGECHAT: _side(edgechat), AI_SDK: _side(peer)}


def _limits() -> dict[str, Any]:
    limits: dict[str, Any] = PROJECT.config["vars"]["LIMITS"] | {"dollars": _MUCH}
    limits["guest"] |= {"messages": _MUCH, "tokens": _MUCH, "messages_per_address": _MUCH}
    return limits


def _peer(model: str, state: Path) -> list[str]:
    options = [f"--config={PEER / 'wrangler.toml'}", f"--persist-to={state}"]
    PROJECT.run([*PROJECT.wrangler, "d1", "migrations", "apply", "DB", "--local", *options], title="Migrating the peer")
    variables = [f"--var=POP_AI_URL:{model}", f"--var=SESSION_SECRET:{secrets.token_hex(32)}"]
    command = [*PROJECT.wrangler, "dev", *options, *variables, f"--port={free_port()}", "--ip=127.0.0.1"]
    return [*command, "--inspector-port=0", "--show-interactive-dev-session=false"]


def _side(service: Service) -> Side:
    # wrangler's proxy is a workerd too. It listens on the port that was asked for.
    proxy = f"entry={service.url.removeprefix('http://')} "
    (workerd,) = [
        process.pid
        for process in processes_of(service)
        if "workerd serve" in process.command and proxy not in process.command
    ]
    return Side(service.url, workerd)
