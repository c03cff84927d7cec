"""The Python examples of the documentation run: those of a page one after the other, in one namespace.

`<!-- test: ... -->` holds Python that readers do not see: fakes before an example, assertions after it.
"""

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from docs_fakes import Cloudflare

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$|^<!-- test:\n(.*?)^-->$", re.MULTILINE | re.DOTALL)


def blocks_of(page: Path) -> list[tuple[int, str]]:
    """The line each block begins at, and its code."""
    text = page.read_text()
    return [(text.count("\n", 0, match.start()) + 1, "".join(match.groups(""))) for match in BLOCK.finditer(text)]


@pytest.mark.parametrize("page", [page for page in PAGES if blocks_of(page)], ids=lambda page: page.name)
async def test_the_examples_of_the_documentation_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "edgechat.platform.cloudflare", Cloudflare("edgechat.platform.cloudflare"))
    namespace: dict[str, Any] = {"__name__": "docs", "__file__": str(page)}
    for line, code in blocks_of(page):
        # Errors are to name the line of the page.
        compiled = compile("\n" * line + code, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(compiled, namespace)
        if inspect.iscoroutine(result):
            await result
