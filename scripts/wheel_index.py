"""Builds `web/dist/wheels`: what a PyScript page that somebody else writes needs for `import edgechat`.

- the wheels of edgechat, of msgspec, and of micropip, which the npm package of Pyodide has not;
- `pyodide-lock.json`, by which Pyodide finds them by name, to lie beside `pyodide.mjs`;
- `simple/NAME/index.html`, an index for micropip and pip (PEP 503).
"""

import html
import json
import shutil
import tempfile
from pathlib import Path

from pyodide_lock import PyodideLockSpec
from pyodide_lock.utils import add_wheels_to_spec

URL = "/wheels/"
NAMES = ("edgechat", "micropip", "msgspec")


def write_index(wheels: list[Path], pyodide_lock: Path, target: Path) -> None:
    """Replaces `target`. Of the wheels it takes those in `NAMES`."""
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        folder = Path(temporary) / target.name
        folder.mkdir()
        for wheel in wheels:
            if wheel.name.startswith(NAMES):
                shutil.copyfile(wheel, folder / wheel.name)
        lock = _lock(sorted(folder.iterdir()), pyodide_lock)
        lock.to_json(folder / "pyodide-lock.json")
        for name, package in lock.packages.items():
            page = folder / "simple" / name / "index.html"
            page.parent.mkdir(parents=True)
            page.write_text(_links(package.file_name, package.sha256))
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)


def _lock(wheels: list[Path], pyodide_lock: Path) -> PyodideLockSpec:
    info = json.loads(pyodide_lock.read_text())["info"]
    lock = PyodideLockSpec.from_dict({"info": info, "packages": {}})
    # Wheels for Pyodide 314 are tagged with its ABI; pyodide-lock 0.2.1 still looks for the version of Emscripten.
    lock.info.platform = f"pyemscripten_{lock.info.abi_version}"
    lock = add_wheels_to_spec(lock, wheels, base_url=URL)
    lock.info.platform = info["platform"]
    return lock


def _links(url: str, sha256: str) -> str:
    name = html.escape(url.removeprefix(URL))
    return f'<!doctype html>\n<title>{name}</title>\n<a href="{html.escape(url)}#sha256={sha256}">{name}</a>\n'
