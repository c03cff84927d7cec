"""Between workerd's JavaScript entry points (`entry.mjs`) and the classes of a Python Worker.

JavaScript starts every handler through `start`, which runs it as an eager task: a handler that never suspends answers
without a turn of the event loop.
"""

import asyncio
import importlib
import inspect
import random
import traceback
from collections.abc import Callable
from typing import Any

import js
from pyodide.code import relaxed_call
from workers import DurableObject, Request, WorkerEntrypoint, python_from_rpc, python_to_rpc

# Called by the platform itself: with an event, `env` and `ctx`, or with its own arguments. All other public methods are
# RPC methods, whose arguments and results are converted.
EVENTS = frozenset({"scheduled", "queue"})
HANDLERS = frozenset({"alarm", "webSocketMessage", "webSocketClose", "webSocketError"})

type Settle = Callable[[Any], None]

_classes: dict[str, type] = {}


def load(module_name: str) -> str | None:
    """Imports the Worker and finds its entry point classes. Answers the traceback if that fails."""
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        return _traceback(error)
    entrypoints = inspect.getmembers(module, inspect.isclass)
    _classes.update((name, cls) for name, cls in entrypoints if issubclass(cls, (WorkerEntrypoint, DurableObject)))
    return None


def _traceback(error: BaseException) -> str:
    """From the first frame of the Worker on: those of this module and of the import machinery say nothing."""
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename.startswith(("<", "/lib/")):
        tb = tb.tb_next
    return "".join(traceback.format_exception(type(error), error, tb)).rstrip()


def _js_error(text: str) -> Any:
    error = js.Error.new(text)
    error.stack = text  # where it was made is of no use to anybody
    return error


def methods(class_name: str) -> list[str]:
    """What JavaScript may call on an instance of the class: its handlers and its public methods."""
    cls = _classes.get(class_name)
    if cls is None:
        return []
    return [name for name, _ in inspect.getmembers(cls, inspect.isfunction) if not name.startswith("_")]


def create(class_name: str, ctx: Any, env: Any) -> Any:
    cls = _classes.get(class_name)
    if cls is None:
        raise TypeError(f"The Worker has no class {class_name}.")
    return cls(ctx, env)


def reseed() -> None:
    """Isolates restored from one snapshot share the state of `random`: called by the first event of each."""
    random.seed()


async def _fetch(instance: Any, request: Any) -> Any:
    response = await instance.fetch(Request(request))
    if not hasattr(response, "js_object"):
        raise TypeError(f"fetch returned {type(response).__name__}, not a Response.")
    return response.js_object


async def _handle(instance: Any, name: str, args: tuple[Any, ...]) -> Any:
    if name == "fetch":
        return await _fetch(instance, args[0])
    method = getattr(instance, name)
    if name in EVENTS:
        result = relaxed_call(method, args[0], instance.env, instance.ctx)
    elif name in HANDLERS:
        result = relaxed_call(method, *args)
    else:
        result = method(*(python_from_rpc(arg) for arg in args))
    if inspect.isawaitable(result):
        result = await result
    return None if name in EVENTS | HANDLERS else python_to_rpc(result)


def start(resolve: Settle, reject: Settle, instance: Any, name: str, *args: Any) -> None:
    """Runs handler `name` of a Durable Object and settles a JS promise with its outcome."""

    def settle(task: asyncio.Task[Any]) -> None:
        if task.cancelled():
            reject(_js_error(f"{name} was cancelled"))
        elif error := task.exception():
            reject(_js_error(_traceback(error)))
        else:
            resolve(task.result())

    task = asyncio.Task(_handle(instance, name, args), loop=asyncio.get_event_loop(), eager_start=True)
    if task.done():
        settle(task)
    else:
        task.add_done_callback(settle)


def start_entrypoint(
    resolve: Settle, reject: Settle, class_name: str, ctx: Any, env: Any, name: str, *args: Any
) -> None:
    """The same for a Worker entry point, which lives for one event."""
    start(resolve, reject, create(class_name, ctx, env), name, *args)
