"""The two pages and the server of both."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.service import ROOT
from pop.project import node
from pop.steps import Step, run_steps

SOURCE = ROOT / "bench" / "react"
REACT = ROOT / "build" / "bench-react"


def build_react() -> None:
    """Installs and bundles the React page beside its sources, which stay as they are."""
    REACT.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-r", f"{SOURCE}/.", REACT], check=True)
    npm = node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = os.environ | {"PATH": f"{node().parent}:{os.environ['PATH']}"}
    for command in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([node(), npm, *command, "--loglevel=error"], cwd=REACT, env=environment, check=True)


@contextmanager
def serving() -> Iterator[str]:
    """The address of both: `/` and `/react/`."""
    step = Step("Building the React page", build_react, inputs=[SOURCE], outputs=[REACT / "dist"])
    run_steps([step], ROOT / "build" / "stamps")
    command: list[str | Path] = [node(), Path(__file__).parent / "server.mjs", ROOT / "web" / "dist", REACT / "dist"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
