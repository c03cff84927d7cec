"""Builds what a deploy needs: the wheel, `python_modules/` and the page. The [build] command of wrangler.toml."""

import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import build_page
import highlighter
import wheel_index

from pop.errors import PopError
from pop.steps import Step, run_steps

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
VENDORED = BUILD / "vendored"
PYTHON_MODULES = ROOT / "python_modules"
REQUIREMENTS = ROOT / "worker" / "requirements.txt"
PAGE_REQUIREMENTS = ROOT / "web" / "requirements.txt"
PAGE_WHEELS = BUILD / "page-wheels"
WHEEL_INDEX = build_page.TARGET / "wheels"

# Pyodide 314. With a wrong tag pip does not fail, it takes older releases: hence the pins, the hashes, and the look
# at what was installed.
PLATFORM = ["--platform=pyemscripten_2026_0_wasm32", "--python-version=3.14", "--implementation=cp"]
ABIS = ["--abi=cp314", "--abi=abi3", "--abi=none"]
PIP_OPTIONS = ["--quiet", "--only-binary=:all:", "--require-hashes", "--no-deps", *PLATFORM, *ABIS]


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PopError(f"{' '.join(map(str, command))} failed:\n{(done.stdout + done.stderr).strip()}")


def build_wheel() -> None:
    for old in BUILD.glob("*.whl"):
        old.unlink()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", BUILD, cwd=ROOT / "pkg")


def vendor() -> None:
    shutil.rmtree(VENDORED, ignore_errors=True)
    options = [*PIP_OPTIONS, "--no-compile"]
    run(sys.executable, "-m", "pip", "install", *options, "-r", REQUIREMENTS, "--target", VENDORED)
    wanted = {line.split()[0].lower() for line in REQUIREMENTS.read_text().splitlines() if "==" in line}
    found = {f"{dist.name}=={dist.version}".lower() for dist in distributions(path=[str(VENDORED)])}
    if wanted != found:
        raise PopError(f"pip installed {sorted(found)} for the Worker instead of {sorted(wanted)}.")


def assemble() -> None:
    """Makes `python_modules/` what was fetched and our wheel, and touches only what changes: pop watches it."""
    files = {path.relative_to(VENDORED): path.read_bytes() for path in VENDORED.rglob("*") if path.is_file()}
    (wheel,) = BUILD.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        files |= {Path(name): archive.read(name) for name in archive.namelist()}
    for old in [path for path in PYTHON_MODULES.rglob("*") if path.is_file()]:
        if old.relative_to(PYTHON_MODULES) not in files:
            old.unlink()
    for name, data in files.items():
        file = PYTHON_MODULES / name
        if not file.exists() or file.read_bytes() != data:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def fetch_page_wheels() -> None:
    shutil.rmtree(PAGE_WHEELS, ignore_errors=True)
    requirements: list[str | Path] = ["-r", REQUIREMENTS, "-r", PAGE_REQUIREMENTS]
    run(sys.executable, "-m", "pip", "download", *PIP_OPTIONS, *requirements, "-d", PAGE_WHEELS)


def index_wheels() -> None:
    WHEEL_INDEX.parent.mkdir(parents=True, exist_ok=True)
    wheels = [*BUILD.glob("*.whl"), *PAGE_WHEELS.glob("*.whl")]
    wheel_index.write_index(wheels, build_page.PYODIDE / "pyodide-lock.json", WHEEL_INDEX)


STEPS = [
    Step("Building the wheel", build_wheel, inputs=[ROOT / "pkg"], outputs=[BUILD]),
    Step("Fetching the Worker's packages", vendor, inputs=[REQUIREMENTS], outputs=[VENDORED]),
    Step("Assembling python_modules", assemble, inputs=[ROOT / "pkg", REQUIREMENTS], outputs=[PYTHON_MODULES]),
    Step(
        "Preparing Pyodide for the page",
        build_page.build_vendor,
        inputs=[
            build_page.PYODIDE / "package.json",
            build_page.PYSCRIPT.parent / "package.json",
            Path(build_page.__file__),
            build_page.COMPILE,
        ],
        outputs=[build_page.VENDOR],
    ),
    Step(
        "Building the page",
        build_page.build_page,
        inputs=[
            build_page.SOURCE,
            *build_page.edgechat_modules(),
            REQUIREMENTS,
            ROOT / "uv.lock",
            ROOT / "package-lock.json",
            Path(highlighter.__file__),
            Path(build_page.__file__),
            build_page.COMPILE,
        ],
        outputs=[build_page.TARGET],
    ),
    Step(
        "Fetching wheels for other pages",
        fetch_page_wheels,
        inputs=[REQUIREMENTS, PAGE_REQUIREMENTS],
        outputs=[PAGE_WHEELS],
    ),
    Step(
        "Writing the wheel index",
        index_wheels,
        inputs=[
            ROOT / "pkg",
            REQUIREMENTS,
            PAGE_REQUIREMENTS,
            build_page.PYODIDE / "package.json",
            Path(wheel_index.__file__),
        ],
        outputs=[WHEEL_INDEX],
    ),
]

if __name__ == "__main__":
    try:
        run_steps(STEPS, BUILD / "stamps")
    except PopError as error:
        sys.exit(str(error))
