"""Runs the project's wrangler with Node 24: `python scripts/wrangler.py deploy --dry-run`."""

import os
import sys
from pathlib import Path

from pop.project import Project, node

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    wrangler = Project(ROOT / "wrangler.toml").npm("wrangler/bin/wrangler.js")
    environment = os.environ | {"WRANGLER_SEND_METRICS": "false"}
    os.chdir(ROOT)
    os.execve(node(), [str(node()), str(wrangler), *sys.argv[1:]], environment)


if __name__ == "__main__":
    main()
