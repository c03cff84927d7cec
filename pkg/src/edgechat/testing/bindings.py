"""What the fake bindings have in common.

They take and give what bindings do in a Python Worker, behind `workers-runtime-sdk` 1.9.5: options as keywords or as a
trailing dict, results as `JsDict`, null as None. Texts of errors are those of workerd and miniflare of wrangler 4.86.
"""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

type Options = Mapping[str, Any]


class JsException(Exception):
    """Stands for `pyodide.ffi.JsException`, which there is only in Pyodide: an error that a binding throws."""

    def __init__(self, message: str, name: str = "Error") -> None:
        super().__init__(f"{name}: {message}")
        self.message = message
        self.name = name


class JsDict(dict[str, Any]):
    """A JavaScript object: a dict whose keys are attributes too, as in `workers.rpc`."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def js_value(value: Any) -> Any:
    """JSON as a binding gives it."""
    match value:
        case Mapping():
            return JsDict({key: js_value(item) for key, item in value.items()})
        case list():
            return [js_value(item) for item in value]
        case int() | float() if not isinstance(value, bool):
            # JavaScript has one kind of number, and Python sees an int wherever one is exact.
            is_exact = abs(value) < 2**53 and value == int(value)
            return int(value) if is_exact else float(value)
    return value


def check_sendable(value: Any) -> None:
    """The SDK refuses some Python types before the binding sees them."""
    if isinstance(value, tuple | bytearray):
        raise TypeError(f"{type(value)} cannot be sent over RPC.")


def bytes_to_store(value: Any, refusal: str) -> bytes:
    """Of a text or of bytes. Raises `JsException` for all else."""
    check_sendable(value)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    raise JsException(refusal, "TypeError")


def cursor_after(name: str) -> str:
    """Where the next page of a list begins."""
    return base64.b64encode(name.encode()).decode()


def last_name(cursor: str) -> str:
    """The name that a cursor stands for."""
    return base64.b64decode(cursor).decode()


class Failing:
    """Operations that can be told to fail, and that are logged.

    `log` has a line for each operation, such as "put user:1" or the SQL. `fail_next(error)` makes the next one fail,
    `fail_on(text, error)` each one whose line contains the text.
    """

    def __init__(self) -> None:
        self.log: list[str] = []
        self._next: list[Exception] = []
        self._on: list[tuple[str, Exception]] = []

    def fail_next(self, error: Exception) -> None:
        self._next.append(error)

    def fail_on(self, text: str, error: Exception) -> None:
        self._on.append((text, error))

    async def _begin(self, line: str) -> None:
        self.log.append(line)
        await asyncio.sleep(0)  # as every real operation lets others run
        if self._next:
            raise self._next.pop(0)
        for text, error in self._on:
            if text in line:
                raise error
