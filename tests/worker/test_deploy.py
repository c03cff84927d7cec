"""What `wrangler deploy` would upload."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from live import ROOT


@pytest.fixture(scope="module")
def upload(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, list[str]]:
    """What wrangler says of a deploy that it does not do, and the files that it would send."""
    folder = tmp_path_factory.mktemp("upload")
    script = ROOT / "scripts" / "wrangler.py"
    command: list[str | Path] = [sys.executable, script, "deploy", "--dry-run", "--outdir", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    return done.stdout, files


def test_it_is_under_a_megabyte(upload: tuple[str, list[str]]) -> None:
    size = re.search(r"gzip: ([\d.]+) KiB", upload[0])
    assert size
    assert float(size[1]) < 1000


def test_all_that_the_worker_imports_is_in_it(upload: tuple[str, list[str]]) -> None:
    assert {
        "entry.py",
        "service/routes.py",
        "python_modules/edgechat/platform/cloudflare.py",
        "python_modules/msgspec/_core.cpython-314-wasm32-emscripten.so",
        "python_modules/jwt/__init__.py",
        "python_modules/workers/__init__.py",
        "python_modules/_workers_sdk_patch_loader.pth",
    } <= set(upload[1])


def test_no_test_cache_or_metadata_is_in_it(upload: tuple[str, list[str]]) -> None:
    odd = re.compile(r"test|__pycache__|\.pyc$|\.pyi$|dist-info|py\.typed|\.md$|\.dev\.vars|requirements")
    assert [file for file in upload[1] if odd.search(Path(file).as_posix()) and file != "README.md"] == []


def test_every_binding_is_there(upload: tuple[str, list[str]]) -> None:
    found = set(re.findall(r"^env\.(\w+)", upload[0], re.MULTILINE))
    assert found >= {"AI", "BURST", "DB", "KV", "LIMITS", "R2"}
