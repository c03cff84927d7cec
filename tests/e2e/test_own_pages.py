"""Pages that others write with edgechat: the one of `docs/page.md`, to the letter, against a server of the AI SDK."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from live import ROOT
from playwright.sync_api import Browser, Page, expect
from sdk_server import HERE, sdk_server
from watching import Complaints, watch

DOCS = (ROOT / "docs" / "page.md").read_text()
WHEELS = ROOT / "web" / "dist" / "wheels"
START = 60_000

type Open = Callable[[dict[str, str]], Page]


def block(language: str, heading: str = "") -> str:
    """The first example in that language, after a heading."""
    found = re.search(rf"^```{language}\n(.*?)^```$", DOCS[DOCS.index(heading) :], re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def write_site(folder: Path, files: dict[str, str]) -> None:
    """What the documentation has one copy, and the files of a page. `pyodide/` has a lock only if it is among them."""
    pyodide = folder / "pyodide"
    pyodide.mkdir()
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"):
        if f"pyodide/{name}" not in files:
            (pyodide / name).symlink_to(ROOT / "node_modules" / "pyodide" / name)
    (folder / "pyscript").symlink_to(ROOT / "node_modules" / "@pyscript" / "core" / "dist")
    (folder / "wheels").symlink_to(WHEELS)
    for name, text in ({"favicon.ico": ""} | files).items():
        (folder / name).write_text(text)


@pytest.fixture
def open_site(browser: Browser, tmp_path: Path, complaints: Complaints) -> Iterator[Open]:
    with ExitStack() as stack:

        def open_site(files: dict[str, str]) -> Page:
            url = stack.enter_context(sdk_server(tmp_path))
            write_site(tmp_path, {name: text.replace("https://example.org", url) for name, text in files.items()})
            context = stack.enter_context(browser.new_context(base_url=url))
            page = context.new_page()
            watch(page, url, complaints)
            page.goto("/")
            return page

        yield open_site
    assert complaints == []


def lock_with(*names: str) -> str:
    lock = json.loads((WHEELS / "pyodide-lock.json").read_text())
    lock["packages"] = {name: lock["packages"][name] for name in names}
    return json.dumps(lock)


DOCUMENTED = {"index.html": block("html"), "chat.py": block("py"), "pyscript.mjs": block("js")}
LOCKS = {
    "By file": {},
    "By name": {"pyodide/pyodide-lock.json": lock_with("edgechat", "micropip", "msgspec")},
    "By micropip": {"pyodide/pyodide-lock.json": lock_with("micropip")},
}


def test_the_example_has_20_lines() -> None:
    assert len([line for line in DOCUMENTED["chat.py"].splitlines() if line.strip()]) <= 20


@pytest.mark.parametrize("way", LOCKS)
def test_the_documented_page_chats(open_site: Open, way: str) -> None:
    page = open_site(DOCUMENTED | {"pyscript.json": block("json", f"### {way}\n")} | LOCKS[way])
    question = page.get_by_label("Question")
    question.fill("How is Zürich?")
    expect(page.get_by_role("button", name="Send")).to_be_enabled(timeout=START)
    question.press("Enter")
    expect(page.get_by_role("log").locator("p")).to_have_text(
        ["How is Zürich?", re.compile("^Zürich ist schön.*end$", re.DOTALL)]
    )
    expect(question).to_have_value("")
    expect(page.get_by_role("alert")).to_be_empty()


CONVERSE = """
import json
from conversations import converse
from edgechat.platform.browser import fetch
from pyscript import document
document.getElementById("log").textContent = json.dumps(await converse(fetch, ""))
"""


def test_a_page_sees_what_cpython_sees(open_site: Open, complaints: Complaints) -> None:
    config = json.loads(block("json", "### By file\n"))
    config["files"]["/conversations.py"] = "./conversations.py"
    page = open_site(
        DOCUMENTED
        | {
            "chat.py": CONVERSE,
            "conversations.py": (HERE / "conversations.py").read_text(),
            "pyscript.json": json.dumps(config),
        }
    )
    expect(page.get_by_role("log")).not_to_be_empty(timeout=START)
    seen = comparable(page.get_by_role("log").inner_text())
    url = page.url.rstrip("/")
    command: list[str | Path] = [sys.executable, HERE / "conversations.py", url]
    expected = comparable(subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout)
    assert seen["texts"] == expected["texts"]
    for name in expected["chats"]:
        assert seen["chats"][name] == expected["chats"][name], name
    complaints.expect("429", "ERR_INCOMPLETE_CHUNKED_ENCODING")  # refused, and cut off


def comparable(text: str) -> Any:
    """Without the random ids of the server."""
    return json.loads(re.sub(r'"aitxt-\w+"', '"random"', text))
