"""The server of `interop/sdk`, made with the unmodified npm `ai`."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from live import ROOT

from pop.project import node

HERE = ROOT / "tests" / "interop" / "sdk"


@contextmanager
def sdk_server(folder: Path) -> Iterator[str]:
    """Its address. It serves the files of the folder too, under a strict policy."""
    with subprocess.Popen([node(), HERE / "server.mjs", folder], cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
