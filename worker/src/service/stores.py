"""Outages, in one place: within a request each store answers in time, or `Unavailable` is raised, which is a 503.

So whatever needs a store says so, and what goes on without one catches `Unavailable` where it does: users who have
signed in are let in by what KV knows (`auth.revocation`), are not counted (`limits`), and go on from KV (`history`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from service.bindings import D1Database, D1Session, D1Statement, Env
from service.web import HTTPError, Unavailable

DATABASE = 3.0
"""Seconds that D1 may take for a query or a batch. It may do later what it was told: all of it can be told again."""
FILES = 10.0
"""Seconds for R2, whose objects are larger. An upload takes as long as its sender does."""

_KV = dict.fromkeys(("get", "put", "delete", "list"), 2.0)
_R2 = dict.fromkeys(("get", "delete", "list"), FILES)
# What else a tape is told, `generations` minds.
_TAPE = {"running": 1.0, "follow": 5.0, "stop": 5.0, "forget": 5.0}


def within_reach(env: Env) -> Env:
    """The bindings of a request, whose stores raise `Unavailable`."""
    return cast(Env, _Env(env))


async def asked[T](answer: Awaitable[T], patience: float | None) -> T:
    """What a store answers within so many seconds. Raises `Unavailable`, whose cause says why."""
    try:
        async with asyncio.timeout(patience):
            return await answer
    except HTTPError:
        raise
    except Exception as error:
        raise Unavailable from error


class _Env:
    def __init__(self, env: Env) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        return getattr(self._env, name)

    @property
    def db(self) -> "Database":
        return Database(self._env.db)

    @property
    def kv(self) -> Any:
        return _Calls(self._env.kv, _KV)

    @property
    def r2(self) -> Any:
        return _Bucket(self._env.r2, _R2)

    def tape(self, user_id: str, chat_id: str) -> Any:
        tape = self._env.tape(user_id, chat_id)
        return _Calls(tape, _TAPE) if tape else None


class _Calls:
    """A binding. Of its methods, some have to answer within so many seconds."""

    def __init__(self, binding: Any, patience: Mapping[str, float]) -> None:
        self._binding = binding
        self._patience = patience

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._binding, name)
        patience = self._patience.get(name)
        if patience is None:
            return method
        return lambda *values, **options: asked(method(*values, **options), patience)


class _Bucket(_Calls):
    def put(self, key: str, value: Any, *options: Any) -> Awaitable[Any]:
        putting: Awaitable[Any] = self._binding.put(key, value, *options)
        return asked(putting, FILES) if isinstance(value, bytes) else putting


class _Statement:
    def __init__(self, statement: D1Statement) -> None:
        self.statement = statement

    def bind(self, *values: str | int | float | None) -> "_Statement":
        return _Statement(self.statement.bind(*values))

    async def first(self, column: str) -> Any:
        return await asked(self.statement.first(column), DATABASE)

    async def all(self) -> Any:
        return await asked(self.statement.all(), DATABASE)


class _Session:
    def __init__(self, session: D1Session) -> None:
        self._session: Any = session

    def prepare(self, query: str) -> _Statement:
        return _Statement(self._session.prepare(query))

    async def batch(self, statements: Sequence[Any]) -> Any:
        return await asked(self._session.batch([each.statement for each in statements]), DATABASE)

    def getBookmark(self) -> str | None:  # noqa: N802
        bookmark: str | None = self._session.getBookmark()
        return bookmark


class Database(_Session):
    """D1."""

    def __init__(self, db: D1Database) -> None:
        super().__init__(db)

    def withSession(self, constraint: str) -> _Session:  # noqa: N802
        return _Session(self._session.withSession(constraint))
