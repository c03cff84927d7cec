"""What importing edgechat costs in Pyodide, from compiled modules: in a Worker it is part of a cold start."""

import subprocess
import tempfile
import zipfile
from pathlib import Path

from bench.service import ROOT
from bench.table import heading, row, spread
from pop.project import node

RUNS = 7
STDLIB = ROOT / ".pop" / "worker" / "python_stdlib.zip"
COMPILE = ROOT / "pop" / "src" / "pop" / "node" / "compile.mjs"
STATEMENTS = {
    "the client half: `edgechat.chat`": "import edgechat.chat",
    "the server half: `edgechat.generate`": "import edgechat.generate",
    "the same, with Workers AI and UI messages": (
        "import edgechat.generate, edgechat.model.workers_ai, edgechat.ui.convert, edgechat.ui.fold"
    ),
}


def measure_imports() -> None:
    heading("importing in Pyodide, after asyncio and msgspec")
    with tempfile.TemporaryDirectory() as temporary:
        packages = compiled(Path(temporary))
        for name, statement in STATEMENTS.items():
            command: list[str | Path] = [node(), ROOT / "bench" / "imports.mjs", packages, STDLIB, statement]
            runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(RUNS)]
            row(name, spread([float(run) for run in runs], "ms"))


def compiled(folder: Path) -> Path:
    source, target = folder / "source.zip", folder / "packages.zip"
    with zipfile.ZipFile(source, "w") as archive:
        for package in (ROOT / "pkg" / "src" / "edgechat", ROOT / "build" / "vendored" / "msgspec"):
            for file in package.rglob("*"):
                if file.suffix in (".py", ".so"):
                    archive.write(file, file.relative_to(package.parent))
    subprocess.run([node(), COMPILE, source, target, "/packages/", "2"], cwd=ROOT, check=True)
    return target
