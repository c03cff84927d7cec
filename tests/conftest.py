"""For all tests: coroutine functions are tests too, on CPython and in Pyodide alike."""

import asyncio
import inspect
import sys
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from live import Issuer, Pop

if sys.platform == "emscripten":  # neither hypothesis nor httpx runs there
    collect_ignore_glob = ["*_properties.py", "*test_host.py"]
else:
    collect_ignore = ["pyodide/inside"]


LAYERS = ("unit", "conformance", "pyodide", "worker", "interop", "e2e")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick layers first. The browser last: while it is open, its event loop runs in this thread."""
    names = [set(item.path.parts) for item in items]
    order = [next((i for i, layer in enumerate(LAYERS) if layer in parts), 0) for parts in names]
    items[:] = [items[i] for i in sorted(range(len(items)), key=order.__getitem__)]


PATIENCE = 300
"""Seconds: a test that takes longer waits for something that does not come."""


async def in_time(coroutine: Coroutine[Any, Any, Any]) -> None:
    async with asyncio.timeout(PATIENCE):
        await coroutine


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
    run(in_time(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})))
    return True


@pytest.fixture(scope="session")
def issuer() -> "Iterator[Issuer]":
    """Where one signs in to the chat service."""
    from live import Issuer

    with Issuer() as issuer:
        yield issuer


@pytest.fixture(scope="session")
def chat_service(tmp_path_factory: pytest.TempPathFactory, issuer: "Issuer") -> "Iterator[Pop]":
    """The whole of `make dev`: page, Worker and local model, with a state and an issuer of its own."""
    from live import ROOT, Pop

    variables = (f"--var={name}:{value}" for name, value in issuer.variables.items())
    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("state"), *variables)
    pop.wait_for("Ready on")
    yield pop
    pop.stop()
