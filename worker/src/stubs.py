"""Bindings that are asked often, as they are in JavaScript: through the SDK, each call would cost three times as much.

What comes back crosses at once, as JSON, where it is more than one value.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Self

import js
import msgspec
from pyodide.ffi import jsnull, to_js
from workers import python_to_rpc

from edgechat.platform.cloudflare import js_object
from service.outcome import Outcome
from service.tape import Order


def _values(answer: Any) -> Any:
    return msgspec.json.decode(js.JSON.stringify(answer))


class Statement:
    """Of D1."""

    def __init__(self, statement: Any) -> None:
        self.statement = statement

    def bind(self, *values: str | int | float | None) -> Self:
        return type(self)(self.statement.bind(*(jsnull if value is None else value for value in values)))

    async def first(self, column: str) -> Any:
        value = await self.statement.first(column)
        return None if value is jsnull else value

    async def all(self) -> Any:
        return _values(await self.statement.all())


class Session:
    """Of D1."""

    def __init__(self, db: Any) -> None:
        self._db = python_to_rpc(db)

    def prepare(self, query: str) -> Statement:
        return Statement(self._db.prepare(query))

    async def batch(self, statements: Sequence[Any]) -> Any:
        return _values(await self._db.batch(to_js([each.statement for each in statements])))

    def getBookmark(self) -> str | None:  # noqa: N802
        bookmark = self._db.getBookmark()
        return None if bookmark is jsnull else str(bookmark)


class Database(Session):
    """D1."""

    def withSession(self, constraint: str) -> Session:  # noqa: N802
        return Session(self._db.withSession(constraint))


class KV:
    def __init__(self, kv: Any) -> None:
        self._kv = python_to_rpc(kv)

    async def get(self, key: str) -> str | None:
        value = await self._kv.get(key)
        return None if value is jsnull else str(value)

    async def put(self, key: str, value: str, **options: int) -> None:
        await self._kv.put(key, value, js_object(options))

    async def delete(self, key: str) -> None:
        await self._kv.delete(key)

    async def list(self, **options: str) -> Any:
        return _values(await self._kv.list(js_object(options)))


class RateLimit:
    def __init__(self, limiter: Any) -> None:
        self._limiter = python_to_rpc(limiter)

    async def limit(self, options: Mapping[str, str]) -> Any:
        return _values(await self._limiter.limit(js_object(options)))


class Tape:
    """Reaches the methods of a `Tape`."""

    def __init__(self, stub: Any) -> None:
        self._stub = python_to_rpc(stub)

    async def begin(self, announcement: str, waits: bool) -> dict[str, Any]:
        begun: dict[str, Any] = (await self._stub.begin(announcement, waits)).to_py()
        return begun

    async def append(self, id: int, first_seq: int, data: bytes) -> Order:
        order: Order = await self._stub.append(id, first_seq, to_js(data))
        return order

    async def watch(self, id: int) -> Order:
        order: Order = await self._stub.watch(id)
        return order

    async def finish(self, id: int, outcome: Outcome, first_seq: int, data: bytes, is_saved: bool) -> bool:
        is_whole: bool = await self._stub.finish(id, outcome, first_seq, to_js(data), is_saved)
        return is_whole

    async def discard(self, id: int) -> None:
        await self._stub.discard(id)

    async def running(self) -> str | None:
        announcement: str | None = await self._stub.running()
        return announcement

    async def stop(self) -> bool:
        has_ended: bool = await self._stub.stop()
        return has_ended

    async def forget(self) -> None:
        await self._stub.forget()

    async def follow(self, cursor: int | None = None, id: int | None = None) -> Any:
        headers = {} if cursor is None else {"last-event-id": str(cursor)}
        response = await self._stub.fetch(f"https://tape/{id or ''}", js_object({"headers": js_object(headers)}))
        return None if response.status == HTTPStatus.NO_CONTENT else response.body
