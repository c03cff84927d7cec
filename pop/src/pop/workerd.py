"""Plain `workerd serve`, without wrangler: the build asks a module of the host Worker one question, tests ask more."""

import json
import os
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from pop.errors import PopError

KINDS = {".mjs": "esModule", ".js": "esModule", ".wasm": "wasm", ".bin": "data", ".zip": "data"}


def capnp(
    modules: Sequence[Path], bindings: Sequence[str] = (), services: Sequence[str] = (), flags: Sequence[str] = ()
) -> str:
    """workerd's configuration of one Worker. The first of the modules is the main one; all names are relative.

    `bindings` and `services` are Cap'n Proto literals to add, `flags` compatibility flags.
    """
    embedded = [f'(name = "{p.name}", {KINDS[p.suffix]} = embed "{p.name}")' for p in modules]
    return f"""using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [{", ".join(['(name = "main", worker = .worker)', *services])}],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [{", ".join(embedded)}],
  compatibilityDate = "2026-09-08",
  compatibilityFlags = [{", ".join(f'"{flag}"' for flag in flags)}],
  bindings = [{", ".join(bindings)}],
);
"""


@dataclass(frozen=True)
class Server:
    url: str
    output: Path
    """What workerd and its Worker have written so far."""


@contextmanager
def serve(
    binary: Path,
    modules: Sequence[Path],
    bindings: Sequence[str] = (),
    services: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> Iterator[Server]:
    """Runs a Worker of these modules until the block ends."""
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        for module in modules:  # Cap'n Proto embeds files by a path relative to the configuration
            (folder / module.name).symlink_to(module)
        (folder / "config.capnp").write_text(capnp(modules, bindings, services, flags))
        read, write = os.pipe()
        command: list[str | Path] = [
            binary,
            "serve",
            folder / "config.capnp",
            "--experimental",
            f"--control-fd={write}",
        ]
        output = folder / "output"
        with output.open("wb") as log:
            process = subprocess.Popen(command, pass_fds=[write], stdout=log, stderr=log)
        stack.callback(process.wait)
        stack.callback(process.kill)
        os.close(write)
        with os.fdopen(read) as control:
            event = control.readline()
        if not event:
            raise PopError(f"workerd did not start:\n{output.read_text().strip()}")
        yield Server(f"http://127.0.0.1:{json.loads(event)['port']}", output)


def ask(binary: Path, modules: Sequence[Path], body: bytes, bindings: Sequence[str] = ()) -> bytes:
    """Posts `body` to a Worker that runs for this one request, and answers what it answers."""
    with serve(binary, modules, bindings) as server:
        try:
            with urllib.request.urlopen(urllib.request.Request(server.url, data=body), timeout=120) as response:
                return bytes(response.read())
        except urllib.error.HTTPError:
            raise PopError(f"{modules[0].name} failed in workerd:\n{server.output.read_text().strip()}") from None
