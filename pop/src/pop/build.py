"""`pop build`: from a Python Worker and the published npm files to a Worker that stock workerd runs.

Each step is skipped when its inputs did not change. The host Worker comes to lie in one flat folder, because wrangler
finds its modules by file name.
"""

import base64
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pop import config, pack, workerd
from pop.errors import PopError
from pop.project import HOST, Project, node
from pop.steps import Step, run_steps

# The names that `host/shadow.mjs` exports: one import of them makes them shadow the globals of a module.
_SHADOWED = "WebAssembly, addEventListener, crypto, fetch, globalThis, location, MessageChannel, process, setTimeout"
_COMPILE = Path(__file__).parent / "node" / "compile.mjs"
_SNAPSHOT_FILE = "snapshot.bin"
_UNSAFE_EVAL = '(name = "UNSAFE_EVAL", unsafeEval = void)'


class Build:
    def __init__(self, project: Project) -> None:
        self.project = project
        self.target = project.build
        self.pyodide = project.npm("pyodide/package.json").parent

    def run(self, more: Sequence[Step] = (), *, quiet: bool = False) -> None:
        """Builds everything that is not up to date, refuses what Cloudflare's deploy would, then takes `more` steps."""
        self.prepare(quiet=quiet)
        run_steps([*self.steps(), self.check_step(), *more], self.stamps, quiet=quiet)

    @property
    def stamps(self) -> Path:
        return self.project.home / "stamps"

    def prepare(self, *, quiet: bool = False) -> None:
        """Runs the build command of wrangler.toml."""
        self.target.mkdir(parents=True, exist_ok=True)
        if command := self.project.config.get("build", {}).get("command"):
            # Not a step of ours: the command knows best what it has to do.
            done = subprocess.run(
                ["sh", "-c", command], cwd=self.project.root, capture_output=quiet, text=True, check=False
            )
            if done.returncode:
                raise PopError(
                    f"The build command failed: {command}\n{(done.stdout or '') + (done.stderr or '')}".rstrip()
                )

    def steps(self) -> list[Step]:
        sdk = self.project.python_modules / "workers"
        binaries = sorted(self.project.python_modules.rglob("*.so"))
        runtime = [self.target / name for name in ("pyodide.asm.mjs", "pyodide.asm.wasm", "boot.mjs", "host.bin")]
        stdlib, modules, app = (self.target / name for name in ("python_stdlib.zip", "modules.mjs", "app.bin"))
        return [
            Step(
                "Preparing Pyodide for workerd",
                self.prepare_pyodide,
                inputs=[self.pyodide / "package.json", HOST],
                outputs=runtime,
            ),
            Step(
                "Compiling the standard library",
                self.compile_stdlib,
                inputs=[self.pyodide / "python_stdlib.zip", _COMPILE],
                outputs=[stdlib],
            ),
            Step(
                "Packing the Worker",
                self.pack_app,
                inputs=[self.project.main.parent, self.project.python_modules],
                outputs=[app],
            ),
            Step(
                "Listing generated WebAssembly",
                self.record_wasm,
                inputs=[HOST, self.pyodide / "package.json", *binaries],
                outputs=[modules],
            ),
            Step(
                "Taking the memory snapshot",
                self.take_snapshot,
                inputs=[HOST / "build", *runtime, stdlib, modules, sdk],
                outputs=[self.target / _SNAPSHOT_FILE],
            ),
            Step(
                "Writing the configuration",
                self.write_config,
                inputs=[self.project.config_file],
                outputs=[self.target / "main.mjs", self.target / "wrangler.json"],
            ),
        ]

    def check_step(self) -> Step:
        inputs = [HOST / "build", *(self.target / name for name in ("boot.mjs", "host.bin", "modules.mjs", "app.bin"))]
        return Step("Checking what Cloudflare would refuse", self.check, inputs=inputs, outputs=[])

    def prepare_pyodide(self) -> None:
        for name in ("pyodide.mjs", "pyodide.asm.mjs"):
            published = (self.pyodide / name).read_text()
            (self.target / name).write_text(f'import {{ {_SHADOWED} }} from "./shadow.mjs";\n{published}')
        shutil.copyfile(self.pyodide / "pyodide.asm.wasm", self.target / "pyodide.asm.wasm")
        lock = json.loads((self.pyodide / "pyodide-lock.json").read_text())
        (self.target / "lock.bin").write_text(json.dumps(lock["info"]))
        for module in HOST.glob("*.mjs"):
            shutil.copyfile(module, self.target / module.name)
        (self.target / "host.bin").write_bytes(pack.tree({"": HOST / "python"}))

    def compile_stdlib(self) -> None:
        zips = [self.pyodide / "python_stdlib.zip", self.target / "python_stdlib.zip"]
        self.project.run([node(), _COMPILE, *zips, "/lib/python314.zip/"], title="Compiling the standard library")

    def pack_app(self) -> None:
        roots = {"": self.project.main.parent, "python_modules": self.project.python_modules}
        # In one move: wrangler may be reading it.
        new = self.project.home / "app.new"
        new.write_bytes(pack.tree(roots))
        new.replace(self.target / "app.bin")

    def record_wasm(self) -> None:
        root = self.project.python_modules
        binaries = {path: _module_name(path.relative_to(root)) for path in sorted(root.rglob("*.so"))}
        for old in self.target.glob("generated*.wasm"):
            old.unlink()
        (self.target / _SNAPSHOT_FILE).write_bytes(b"")
        (self.target / "modules.mjs").write_text(pack.wasm_index({}))
        generated = json.loads(self._workerd("record.mjs", list(binaries.values()), _UNSAFE_EVAL))
        files: dict[str, str] = {}
        for i, (key, module) in enumerate(generated.items()):
            files[key] = f"generated{i}.wasm"
            (self.target / files[key]).write_bytes(base64.b64decode(module))
        (self.target / _SNAPSHOT_FILE).unlink()  # it was taken with the old modules
        (self.target / "modules.mjs").write_text(pack.wasm_index(files))

    def take_snapshot(self) -> None:
        snapshot = self.target / _SNAPSHOT_FILE
        snapshot.write_bytes(b"")
        snapshot.write_bytes(pack.sparse(self._workerd("snapshot.mjs", None)))

    def write_config(self) -> None:
        project = self.project
        derived = config.derive(project.config, project.root, self.target)
        (self.target / "wrangler.json").write_text(json.dumps(derived, indent=2))
        main = config.main_module(project.main.stem, config.durable_objects(project.config))
        (self.target / "main.mjs").write_text(main)

    def check(self) -> None:
        found = json.loads(self._workerd("check.mjs", {"module": self.project.main.stem}))
        problems = []
        if "error" in found:
            problems.append(f"The Worker cannot be imported.\n{found['error']}")
        problems += [
            f"Module {name} draws randomness while it is imported. Cloudflare refuses that: do it inside a request."
            for name in found["entropy"]
        ]
        problems += [
            f"{name} holds a JavaScript object when its module is imported. Cloudflare cannot snapshot that: make it"
            " inside a request."
            for name in found["objects"]
        ]
        if problems:
            raise PopError("\n".join(problems))

    def _workerd(self, main: str, body: Any, *bindings: str) -> bytes:
        """The answer of a build module, run in workerd among the modules of the host Worker."""
        modules = [p for p in sorted(self.target.iterdir()) if p.suffix in workerd.KINDS and p.name != "main.mjs"]
        question = json.dumps(body).encode()
        return workerd.ask(self.project.workerd, [HOST / "build" / main, *modules], question, bindings)


def _module_name(binary: Path) -> str:
    """`msgspec/_core.cpython-314-wasm32-emscripten.so` is the module `msgspec._core`."""
    return ".".join([*binary.parent.parts, binary.name.split(".")[0]])
