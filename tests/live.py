"""`pop dev` as a user would start it, for the tests that need the real thing."""

import json
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
STARTUP = 180


def session_secret() -> str:
    """The one that signs the sessions of `make dev`."""
    (secret,) = re.findall(r"^SESSION_SECRET=(\w+)$", (ROOT / ".dev.vars").read_text(), re.MULTILINE)
    return str(secret)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Issuer:
    """A server that tells its public keys, for those who sign in with OpenID Connect."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                body = json.dumps({"keys": issuer.keys}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def variables(self) -> dict[str, str]:
        return {
            "OIDC_ISSUER": self.url,
            "OIDC_AUDIENCE": "edgechat-client",
            "OIDC_JWKS_URL": f"{self.url}/jwks",
            "OIDC_AUTHORIZE_URL": f"{self.url}/authorize",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Pop:
    """A running `pop dev`. `lines` is all that it has said so far."""

    def __init__(self, config: Path, state: Path, *options: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.lines: list[str] = []
        self._said: queue.Queue[str | None] = queue.Queue()
        command = [sys.executable, "-u", "-m", "pop.cli", "dev", f"--config={config}", f"--state={state}"]
        self.process = subprocess.Popen(
            [*command, f"--port={port}", *options],
            cwd=config.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        with self.process.stdout:
            for line in self.process.stdout:
                self.lines.append(line.rstrip())
                self._said.put(line.rstrip())
        self._said.put(None)

    def wait_for(self, pattern: str, timeout: float = STARTUP) -> str:
        """The next line that matches."""
        while True:
            try:
                line = self._said.get(timeout=timeout)
            except queue.Empty:
                raise AssertionError(f"pop did not say {pattern!r}:\n{self.text}") from None
            if line is None:
                raise AssertionError(f"pop has ended:\n{self.text}")
            if re.search(pattern, line):
                return line

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def stop(self) -> int:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self._reader.join(30)
        return self.process.wait(30)


def processes() -> dict[int, tuple[int, str]]:
    """All that run on this machine, as {pid: (parent, command)}; the dead that nobody has collected do not count."""
    shown = subprocess.run(["ps", "-eo", "pid=,ppid=,stat=,comm="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 3) for line in shown.splitlines()]
    return {int(pid): (int(parent), command) for pid, parent, state, command in rows if state[0] != "Z"}


def descendants(pid: int) -> dict[int, str]:
    """The processes that one has started, and those that they have started, by their command."""
    every = processes()
    found: dict[int, str] = {}
    todo = [pid]
    while todo:
        parent = todo.pop()
        for child, (its_parent, command) in every.items():
            if its_parent == parent:
                found[child] = command
                todo.append(child)
    return found


def listening(pids: Iterable[int]) -> set[int]:
    """The ports of 127.0.0.1 on which these processes listen."""
    sockets = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                sockets.add(str(descriptor.readlink()))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].partition(":")[2], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}
