"""The Worker, on bindings that fail as a test says: `PUT /api/faults` (see ../failing.py).

The product is as it is. Only what it gets from the platform is wrapped: D1, KV, R2, the tape and the clock.
"""

import asyncio
import importlib
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Literal

import entry
import msgspec
from workers import Response

import stubs
import tape
from service.circuits import circuits

_time = time.time


class Fault(msgspec.Struct):
    at: str
    """A call, such as `kv.put`."""
    text: str = ""
    """Only where this stands in the SQL."""
    how: Literal["fail", "fail late", "hang", "ignore"] = "fail"
    """Late: when it is done. Ignored: nothing is done, and nobody hears of it."""
    times: int = 1_000_000
    error: str = "it fails"
    hits: int = 0

    def strikes(self, call: str, text: str) -> bool:
        return self.at == call and self.text in text and self.hits < self.times


class Faults(msgspec.Struct):
    faults: list[Fault] = []
    clock: float = 0
    """Seconds by which it is ahead."""
    constants: dict[str, Any] = {}
    """Those of the product that would keep a test waiting, such as `service.tape.RETRY`."""
    forgets: bool = False
    """What the isolate knows of the models, as if it were another one."""


_current = Faults()
_originals: dict[str, Any] = {}


def use(faults: Faults) -> list[int]:
    """Answers how often each of those until now has struck."""
    global _current
    hits = [fault.hits for fault in _current.faults]
    _current = faults
    time.time = lambda: _time() + faults.clock
    if faults.forgets:
        circuits.__init__()  # type: ignore[misc]
    for name, value in (_originals | faults.constants).items():
        module_name, _, constant = name.rpartition(".")
        module = importlib.import_module(module_name)
        _originals.setdefault(name, getattr(module, constant))
        setattr(module, constant, value)
    return hits


async def faulty(call: str, work: Callable[..., Awaitable[Any]], *arguments: Any, text: str = "", **named: Any) -> Any:
    fault = next((fault for fault in _current.faults if fault.strikes(call, text)), None)
    if fault is None:
        return await work(*arguments, **named)
    fault.hits += 1
    match fault.how:
        case "ignore":
            return None
        case "hang":
            await asyncio.Event().wait()
        case "fail late":
            await work(*arguments, **named)
    raise RuntimeError(fault.error)


class FaultyStatement:
    def __init__(self, statement: Any, query: str) -> None:
        self.statement = statement
        self.query = query

    def bind(self, *values: Any) -> "FaultyStatement":
        return FaultyStatement(self.statement.bind(*values), self.query)

    async def first(self, column: str) -> Any:
        return await faulty("d1.first", self.statement.first, column, text=self.query)

    async def all(self) -> Any:
        return await faulty("d1.all", self.statement.all, text=self.query)


class FaultyD1:
    def __init__(self, db: Any) -> None:
        self._db = db

    def prepare(self, query: str) -> FaultyStatement:
        return FaultyStatement(self._db.prepare(query), query)

    async def batch(self, statements: Sequence[FaultyStatement]) -> Any:
        text = "\n".join(statement.query for statement in statements)
        return await faulty("d1.batch", self._db.batch, [each.statement for each in statements], text=text)

    def withSession(self, constraint: str) -> "FaultyD1":  # noqa: N802
        return FaultyD1(self._db.withSession(constraint))

    def getBookmark(self) -> Any:  # noqa: N802
        return self._db.getBookmark()


class FaultyBinding:
    """Of which all methods are asynchronous."""

    def __init__(self, name: str, binding: Any) -> None:
        self._name = name
        self._binding = binding

    def __getattr__(self, method: str) -> Any:
        return partial(faulty, f"{self._name}.{method}", getattr(self._binding, method))


class FaultyEnv:
    def __init__(self, env: Any) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        binding = getattr(self._env, name)
        return FaultyBinding("r2", binding) if name == "R2" else binding


def _wrap_stubs() -> None:
    database, kv, tape_stub = stubs.Database, stubs.KV, stubs.Tape
    names = vars(stubs)
    names["Database"] = lambda db: FaultyD1(database(db))
    names["KV"] = lambda namespace: FaultyBinding("kv", kv(namespace))
    names["Tape"] = lambda stub: FaultyBinding("tape", tape_stub(stub))


_wrap_stubs()


class Default(entry.Default):
    env: Any

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.env = FaultyEnv(self.env)

    async def fetch(self, request: Any) -> Response:
        if request.url.endswith("/api/faults"):
            hits = use(msgspec.json.decode(await request.text(), type=Faults))
            return Response.from_json(hits)
        return await super().fetch(request)


class Tape(tape.Tape):
    env: Any

    def __init__(self, ctx: Any, env: Any) -> None:
        super().__init__(ctx, env)
        self.env = FaultyEnv(self.env)
