"""The wheel index: what is in it, and what it says of it."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from wheel_index import write_index

INFO = {"abi_version": "2026_0", "arch": "wasm32", "platform": "emscripten_5_0_3", "python": "3.14.2"}


def make_wheel(folder: Path, file_name: str, *requires: str) -> Path:
    name, version = file_name.split("-")[:2]
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    with zipfile.ZipFile(folder / file_name, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "")
        wheel.writestr(
            f"{name}-{version}.dist-info/METADATA", metadata + "".join(f"Requires-Dist: {each}\n" for each in requires)
        )
    return folder / file_name


@pytest.fixture
def index(tmp_path: Path) -> Path:
    lock = tmp_path / "pyodide-lock.json"
    lock.write_text(json.dumps({"info": INFO, "packages": {"numpy": {}}}))
    wheels = [
        make_wheel(tmp_path, "edgechat-0.1.0-py3-none-any.whl", "msgspec>=0.22", "httpx; extra == 'host'"),
        make_wheel(tmp_path, "msgspec-0.22.0-cp314-cp314-pyemscripten_2026_0_wasm32.whl"),
        make_wheel(tmp_path, "pyjwt-2.15.1-py3-none-any.whl"),
    ]
    write_index(wheels, lock, tmp_path / "wheels")
    return tmp_path / "wheels"


def test_the_lock_is_for_the_same_pyodide_and_knows_what_edgechat_needs(index: Path) -> None:
    lock: Any = json.loads((index / "pyodide-lock.json").read_text())
    assert lock["info"] == INFO
    assert list(lock["packages"]) == ["edgechat", "msgspec"]
    edgechat = lock["packages"]["edgechat"]
    assert edgechat["depends"] == ["msgspec"]
    assert edgechat["imports"] == ["edgechat"]
    wheel = index.parent / edgechat["file_name"].removeprefix("/")
    assert edgechat["sha256"] == hashlib.sha256(wheel.read_bytes()).hexdigest()


def test_the_pages_of_the_index_lead_to_the_wheels(index: Path) -> None:
    page = (index / "simple" / "edgechat" / "index.html").read_text()
    assert '<a href="/wheels/edgechat-0.1.0-py3-none-any.whl#sha256=' in page


def test_an_index_is_replaced_as_a_whole(index: Path) -> None:
    old = index / "edgechat-0.0.1-py3-none-any.whl"
    old.touch()
    wheel = make_wheel(index.parent, "micropip-0.11.1-py3-none-any.whl")
    write_index([wheel], index.parent / "pyodide-lock.json", index)
    assert sorted(path.name for path in index.iterdir()) == [wheel.name, "pyodide-lock.json", "simple"]
