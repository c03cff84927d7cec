"""What the build runs inside Pyodide: see the modules of `host/build/`."""

import asyncio
import gc
import importlib
import random
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

import pop_host
from pyodide.ffi import JsProxy, run_sync

APP = "/session/metadata"

# Imported into the memory snapshot: what a Worker of this SDK nearly always needs.
BASE = (
    "pop_host workers asyncio base64 calendar codecs collections contextlib dataclasses datetime decimal enum functools"
    " hashlib hmac inspect itertools json logging numbers random re secrets string time typing urllib.request uuid"
)


def import_base() -> None:
    for name in BASE.split():
        importlib.import_module(name)
    gc.collect()


def exercise(modules: Sequence[str]) -> None:
    """Imports binary modules and suspends once, so that Pyodide generates all the wasm it will need."""
    for name in modules:
        importlib.import_module(name)
    run_sync(asyncio.sleep(0.001))


class _Watch(MetaPathFinder):
    """Notes which modules of the Worker draw entropy while they are executed."""

    def __init__(self, draws: Any) -> None:
        self._draws = draws
        self._executing: list[str] = []
        self._last = self._state()
        self.guilty: list[str] = []

    def _state(self) -> tuple[int, object]:
        return self._draws.count, random.getstate()

    def _settle(self) -> None:
        """Charges what was drawn since the last call to the module that is being executed."""
        last, self._last = self._last, self._state()
        if last != self._last and self._executing and self._executing[-1] not in self.guilty:
            self.guilty.append(self._executing[-1])

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader and spec.origin and spec.origin.startswith(APP):
            execute = spec.loader.exec_module

            def exec_module(module: types.ModuleType) -> None:
                self._settle()
                self._executing.append(name)
                try:
                    execute(module)
                finally:
                    self._settle()
                    self._executing.pop()

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def import_watched(name: str, draws: Any) -> dict[str, Any]:
    """Imports the Worker and answers its import error, if any, and the modules that drew entropy."""
    watch = _Watch(draws)
    sys.meta_path.insert(0, watch)
    error = pop_host.load(name)
    sys.meta_path.remove(watch)
    return {"error": error, "entropy": watch.guilty}


def holders(offends: Callable[[Any], bool]) -> list[str]:
    """The globals of the Worker's modules, as "module.name", from which an offending JS object can be reached."""
    found = []
    for module_name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(APP):
            for name, value in vars(module).items():
                if any(offends(proxy) for proxy in _js_objects(value)):
                    found.append(f"{module_name}.{name}")
    return found


def _js_objects(root: Any) -> Iterator[Any]:
    """The JS objects that a value holds, without those it only reaches through a module or a function's globals."""
    seen, todo = {id(root)}, [root]
    while todo:
        value = todo.pop()
        if isinstance(value, JsProxy):
            yield value
        elif not isinstance(value, (types.ModuleType, types.FunctionType)):
            for inner in gc.get_referents(value):
                if id(inner) not in seen:
                    seen.add(id(inner))
                    todo.append(inner)
