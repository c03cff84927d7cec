"""Builds the chat page: `web/src` and what it loads become `web/dist`, each file under a path that names its content.

Pyodide's standard library and all Python of the page are compiled to .pyc (by Pyodide itself, `compile.mjs`): that more
than halves the time until Python is ready. Zips are deflated here, because a CDN may not compress them.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import highlighter
import markdown_it
import mdurl

from pop.errors import PopError
from pop.project import node

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "web" / "src"
TARGET = ROOT / "web" / "dist"
BUILD = ROOT / "build"
VENDOR = BUILD / "page-vendor"
COMPILE = ROOT / "pop" / "src" / "pop" / "node" / "compile.mjs"
PYODIDE = ROOT / "node_modules" / "pyodide"
PYSCRIPT = ROOT / "node_modules" / "@pyscript" / "core" / "dist"

KEPT_BUILDS = 3

STYLES = (  # in this order
    "base",
    "app",
    "sidebar",
    "stage",
    "composer",
    "menu",
    "layout",
    "message",
    "text",
    "details",
    "ending",
    "timeline",
    "dialog",
)

# Parts of PyScript that this page never asks for: an editor, a terminal, and their source maps.
UNUSED_SCRIPTS = ("codemirror", "xterm", "service-worker")

# Parts of the standard library that make no sense in a page, or that nothing in it imports.
UNUSED_MODULES = frozenset(
    """
    __hello__ __phello__ _aix_support _android_support _apple_support _compat_pickle _ios_support _osx_support
    _py_abc _pydatetime _pyio _pyrepl _strptime _sysconfigdata__emscripten_wasm32-emscripten antigravity argparse
    bdb cProfile cmd code colorsys compileall configparser csv ctypes curses dbm difflib doctest email ensurepip
    filecmp fileinput fractions ftplib getopt getpass gettext graphlib gzip http idlelib imaplib lzma mailbox
    mimetypes modulefinder multiprocessing netrc nturl2path optparse pdb pickle pickletools pkgutil platform
    plistlib poplib pprint profile profiling pstats pty py_compile pyclbr pydoc pydoc_data queue quopri
    rlcompleter runpy sched shelve shlex smtplib socketserver sqlite3 statistics symtable sysconfig tabnanny
    tarfile test this timeit tkinter tomllib trace tracemalloc tty turtle turtledemo unittest venv wave webbrowser
    wsgiref xml xmlrpc zipapp zoneinfo
    """.split()
)
# The same inside packages; what belongs to other systems; and `ssl`, which takes long to import and has nothing to do.
UNUSED_PARTS = frozenset(
    """
    _ast_unparse asyncio/proactor_events asyncio/windows_events asyncio/windows_utils calendar
    concurrent/futures/process importlib/metadata logging/config logging/handlers pyodide/console ssl
    urllib/request
    """.split()
)
# These are in the interpreter itself.
FROZEN = frozenset(
    """
    _collections_abc _sitebuiltins abc codecs genericpath importlib/_bootstrap importlib/_bootstrap_external
    importlib/machinery importlib/util io ntpath os posixpath site stat zipimport
    """.split()
)
# UTF-8 and what Python itself, `zipfile` (cp437) and URLs (idna, punycode) need.
ENCODINGS = frozenset(
    """
    __init__ aliases ascii cp437 idna latin_1 punycode raw_unicode_escape unicode_escape utf_16 utf_16_le utf_8
    utf_8_sig
    """.split()
)

# The parts of edgechat that are for servers.
SERVER_SIDE = (
    "edgechat/generate/",
    "edgechat/model/",
    "edgechat/platform/cloudflare",
    "edgechat/platform/host",
    "edgechat/routing/",
    "edgechat/testing/",
    "edgechat/ui/convert",
    "edgechat/ui/prune",
    "edgechat/ui/stream",
    "edgechat/ui/validate",
)


def build_vendor() -> None:
    """Pyodide, its pruned and compiled standard library, and PyScript."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    pyodide, pyscript = VENDOR / "pyodide", VENDOR / "pyscript"
    pyodide.mkdir(parents=True)
    pyscript.mkdir()
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"):
        shutil.copyfile(PYODIDE / name, pyodide / name)
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text())
    (pyodide / "pyodide-lock.json").write_text(json.dumps({"info": lock["info"], "packages": {}}))
    with zipfile.ZipFile(PYODIDE / "python_stdlib.zip") as library:
        files = {name: library.read(name) for name in library.namelist() if _is_used(name)}
    _compile(files, pyodide / "python_stdlib.zip", "/lib/python314.zip/")
    for script in PYSCRIPT.glob("*.js"):
        if not script.name.startswith(UNUSED_SCRIPTS):
            shutil.copyfile(script, pyscript / script.name)


def _is_used(name: str) -> bool:
    package, _, rest = name.partition("/")
    if package == "encodings":
        return rest.removesuffix(".py") in ENCODINGS
    if name.endswith("/") or package.removesuffix(".py") in UNUSED_MODULES:
        return False
    return (UNUSED_PARTS | FROZEN).isdisjoint((name.removesuffix(".py"), name.rpartition("/")[0]))


def build_page() -> None:
    """Changes `web/dist` in place, with the index last: wrangler may be serving it."""
    TARGET.mkdir(parents=True, exist_ok=True)
    vendor = _publish("vendor", lambda folder: shutil.copytree(VENDOR, folder, dirs_exist_ok=True))
    app = _publish("app", lambda folder: _write_app(folder, vendor))
    _write("_headers", (SOURCE / "_headers").read_text())
    index = (SOURCE / "index.html").read_text().replace("{preload}", _preloads(vendor, app))
    index = index.replace("{app}", app).replace("{vendor}", vendor)
    _write("service-worker.js", _service_worker(index, vendor, app))
    _write("index.html", index)
    for name in ("vendor", "app"):
        # A page that is open may still ask for a file of the build before.
        for old in sorted((TARGET / name).iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT_BUILDS]:
            shutil.rmtree(old)


def _write(name: str, text: str) -> None:
    """Writes what has changed: wrangler reloads for each file that is touched."""
    file = TARGET / name
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def _publish(name: str, fill: Callable[[Path], object]) -> str:
    """Fills a folder of files that may be cached for ever, and gives its URL, which names their content."""
    with tempfile.TemporaryDirectory(dir=BUILD) as temporary:
        folder = Path(temporary) / name
        folder.mkdir()
        fill(folder)
        sha = hashlib.sha256()
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            sha.update(f"{file.relative_to(folder)}\0".encode() + file.read_bytes())
        url = f"/{name}/{sha.hexdigest()[:12]}"
        target = TARGET / url[1:]
        if not target.exists():
            target.parent.mkdir(exist_ok=True)
            folder.rename(target)
        os.utime(target)
    return url


def _write_app(folder: Path, vendor: str) -> None:
    for name in (*(path.name for path in SOURCE.glob("icon*")), "main.py", "manifest.webmanifest"):
        shutil.copyfile(SOURCE / name, folder / name)
    (folder / "style.css").write_text("\n".join((SOURCE / "styles" / f"{name}.css").read_text() for name in STYLES))
    strings = json.dumps(json.loads((SOURCE / "strings.json").read_text()), ensure_ascii=False, separators=(",", ":"))
    (folder / "shell.js").write_text((SOURCE / "shell.js").read_text().replace("{strings}", strings))
    for name in ("pyscript.json", "pyscript.mjs"):
        (folder / name).write_text((SOURCE / name).read_text().replace("{vendor}", vendor))
    highlighter.bundle(folder / "highlight.js")
    _compile(_python_files(), folder / "app.zip", "/home/pyodide/")


def edgechat_modules() -> list[Path]:
    """The page's half of edgechat."""
    package = ROOT / "pkg" / "src"
    files = sorted(package.rglob("*.py"))
    return [path for path in files if not path.relative_to(package).as_posix().startswith(SERVER_SIDE)]


def _python_files() -> dict[str, bytes]:
    """The page's own modules, its half of edgechat, msgspec, and the parser of Markdown."""
    files = {f"page/{path.name}": path.read_bytes() for path in (SOURCE / "page").glob("*.py")}
    for path in edgechat_modules():
        files[path.relative_to(ROOT / "pkg" / "src").as_posix()] = path.read_bytes()
    vendored = BUILD / "vendored"
    for path in (vendored / "msgspec").rglob("*"):
        if path.suffix in (".py", ".so"):
            files[path.relative_to(vendored).as_posix()] = path.read_bytes()
    for package in map(Path, (*markdown_it.__path__, *mdurl.__path__)):
        for path in package.rglob("*.py"):
            files[path.relative_to(package.parent).as_posix()] = path.read_bytes()
    return files


def _compile(files: dict[str, bytes], target: Path, prefix: str) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        source, compiled = Path(temporary) / "source.zip", Path(temporary) / "compiled.zip"
        with zipfile.ZipFile(source, "w") as archive:
            for name, data in sorted(files.items()):
                archive.writestr(zipfile.ZipInfo(name), data)
        command: list[str | Path] = [node(), COMPILE, source, compiled, prefix, "2"]
        stdlib = VENDOR / "pyodide" / "python_stdlib.zip"
        environment = os.environ | ({"STDLIB": str(stdlib)} if stdlib.exists() else {})
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise PopError(f"Compiling {target.name} failed:\n{done.stderr.strip()}")
        with zipfile.ZipFile(compiled) as archive, zipfile.ZipFile(target, "w") as deflated:
            for name in archive.namelist():
                deflated.writestr(zipfile.ZipInfo(name), archive.read(name), zipfile.ZIP_DEFLATED, compresslevel=9)


def _service_worker(index: str, vendor: str, app: str) -> str:
    """It keeps all that the page can ask for. Another build is another text, which tells a browser to fetch it anew."""
    files = [path for url in (vendor, app) for path in sorted((TARGET / url[1:]).rglob("*")) if path.is_file()]
    urls = ["/", *(f"/{path.relative_to(TARGET).as_posix()}" for path in files)]
    version = hashlib.sha256(index.encode()).hexdigest()[:12]
    text = (SOURCE / "service-worker.js").read_text()
    return text.replace("{version}", version).replace("{files}", json.dumps(urls, indent=2))


def _preloads(vendor: str, app: str) -> str:
    """What PyScript will ask for one after the other, asked for at once. Its file names carry hashes."""
    scripts = ["pyodide/pyodide.mjs", "pyodide/pyodide.asm.mjs"]
    scripts += [f"pyscript/{path.name}" for path in sorted(PYSCRIPT.glob("core*.js"))]
    data = [f"{vendor}/pyodide/{name}" for name in ("pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")]
    data += [f"{app}/{name}" for name in ("pyscript.json", "main.py", "app.zip")]
    links = [f'<link rel="modulepreload" href="{vendor}/{name}">' for name in scripts]
    links += [f'<link rel="preload" as="fetch" crossorigin="anonymous" href="{url}">' for url in data]
    return "\n    ".join(links)
