"""What the page asks of the browser, beside elements: tasks, what is kept, files, the time."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import js
from pyodide.ffi import JsException, create_once_callable, to_js

_tasks: set[asyncio.Future[None]] = set()  # asyncio itself holds no reference to a running task


def spawn(work: Coroutine[Any, Any, None]) -> None:
    """Starts at once: waiting for a turn of the loop could take a frame."""
    task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def next_frame(callback: Callable[[], None]) -> None:
    """Before the next paint; in a page that nobody sees, soon."""
    if js.document.hidden:
        js.setTimeout(create_once_callable(callback), 100)
    else:
        js.requestAnimationFrame(create_once_callable(lambda _time: callback()))


def local_now() -> datetime:
    """In the zone of the reader."""
    offset = timedelta(minutes=-js.Date.new().getTimezoneOffset())
    return datetime.now(UTC).astimezone(timezone(offset))


class LocalStorage(MutableMapping[str, str]):
    """`localStorage`, for all tabs. Where the browser keeps nothing, or no more, this page still does."""

    def __init__(self) -> None:
        self._rest: dict[str, str] = {}

    def __getitem__(self, key: str) -> str:
        if key in self._rest:
            return self._rest[key]
        try:
            kept = js.localStorage.getItem(key)
        except JsException:
            kept = None
        if not isinstance(kept, str):
            raise KeyError(key)
        return kept

    def __setitem__(self, key: str, value: str) -> None:
        try:
            js.localStorage.setItem(key, value)
            self._rest.pop(key, None)
        except JsException:
            self._rest[key] = value

    def __delitem__(self, key: str) -> None:
        self[key]
        self._rest.pop(key, None)
        try:
            js.localStorage.removeItem(key)
        except JsException:
            return

    def __iter__(self) -> Iterator[str]:
        try:
            kept = js.Object.keys(js.localStorage).to_py()
        except JsException:
            kept = []
        return iter({*kept, *self._rest})

    def __len__(self) -> int:
        return len(list(iter(self)))


def download(name: str, text: str, media_type: str) -> None:
    """Saves a text as a file."""
    blob = js.Blob.new(to_js([text]), to_js({"type": media_type}, dict_converter=js.Object.fromEntries))
    url = js.URL.createObjectURL(blob)
    follow(url, name)
    js.setTimeout(create_once_callable(lambda: js.URL.revokeObjectURL(url)), 10_000)


def follow(url: str, name: str = "") -> None:
    """Saves what is at an address."""
    link = js.document.createElement("a")
    link.href, link.download = url, name
    link.click()


async def copy_text(text: str) -> bool:
    try:
        await js.navigator.clipboard.writeText(text)
    except JsException:  # the browser forbids it, or knows no clipboard, without HTTPS
        return False
    return True
