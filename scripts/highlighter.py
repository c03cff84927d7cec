"""Bundles what colours code in the page: lowlight, which is small, well kept, and gives tokens instead of HTML."""

import json
import subprocess
from pathlib import Path

from pop.errors import PopError
from pop.project import node

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "web" / "src" / "highlight.mjs"
MODULES = ROOT / "node_modules"


def bundle(target: Path) -> None:
    options = ["--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning"]
    command: list[str | Path] = [node(), MODULES / "esbuild" / "bin" / "esbuild", SOURCE, *options]
    done = subprocess.run(
        [*command, f"--banner:js={_notice()}", f"--outfile={target}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PopError(f"Bundling {target.name} failed:\n{done.stderr.strip()}")


def _notice() -> str:
    """Whose work this is: their licences want that to be said."""
    packages = [json.loads((MODULES / name / "package.json").read_text()) for name in ("lowlight", "highlight.js")]
    named = [f"{package['name']} {package['version']} ({package['license']})" for package in packages]
    return f"/* {', '.join(named)}; Copyright Titus Wormer; Copyright 2006 Ivan Sagalaev and others */"
