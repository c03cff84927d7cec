"""For all tests: coroutine functions are tests too, on CPython and in Pyodide alike."""

import asyncio
import inspect
import sys
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from live import Pop

if sys.platform == "emscripten":  # neither hypothesis nor httpx runs there
    collect_ignore_glob = ["*_properties.py", "*test_host.py"]
else:
    collect_ignore = ["pyodide/inside"]


def run(coroutine: Coroutine[Any, Any, Any]) -> None:
    if sys.platform == "emscripten":
        from pyodide.ffi import run_sync

        run_sync(coroutine)
    else:
        asyncio.run(coroutine)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(scope="session")
def chat_service(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Pop]":
    """The whole of `make dev`: page, Worker and local model, with a state of its own."""
    from live import ROOT, Pop

    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("state"))
    pop.wait_for("Ready on")
    yield pop
    pop.stop()
