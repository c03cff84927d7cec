"""D1 on the SQLite of this Python, in memory. It may be older than D1's own, and then knows less SQL."""

import math
import re
import sqlite3
import warnings
import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from edgechat.testing.bindings import Failing, JsDict, JsException, check_sendable, js_value

# D1's limits are SQLite's own, and so are the texts of their errors.
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 2_000_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 100,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 50,
}
_MAX_SQL = 100_000
_BIGINT = 2**53 - 1  # from here on Pyodide makes a bigint of an int

_PRAGMAS = frozenset(
    """
    case_sensitive_like data_version defer_foreign_keys foreign_key_check foreign_key_list foreign_keys
    ignore_check_constraints index_info index_list index_xinfo legacy_alter_table optimize quick_check
    recursive_triggers reverse_unordered_selects table_info table_list table_xinfo
    """.split()
)

_COMMENTS = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_SCHEMA = re.compile(r"\s*(ALTER|CREATE|DROP)\b", re.IGNORECASE)
_TRANSACTION = re.compile(r"\s*(BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE)\b", re.IGNORECASE)
_NO_TRANSACTION = (
    "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync() APIs"
    " instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements. The JavaScript API is safer because it will"
    " automatically roll back on exceptions, and because it interacts correctly with Durable Objects' automatic atomic"
    " write coalescing."
)
_NOTHING = "No SQL statements detected."


class _Queries:
    """What a database and its sessions have in common."""

    def prepare(self, query: str) -> "FakeD1Statement":
        return FakeD1Statement(self._run, query)

    async def batch(self, statements: Sequence[Any]) -> list[JsDict]:
        """One transaction: all statements, or none."""
        check_sendable(statements)
        if not isinstance(statements, list):
            raise JsException("statements.map is not a function", "TypeError")
        return [answer.result() for answer in await self._run(statements)]

    async def _run(self, statements: "list[FakeD1Statement]") -> "list[_Answer]":
        raise NotImplementedError


class FakeD1(Failing, _Queries):
    """A D1 database. `schema` is SQL to begin with, such as the text of all migrations.

    The log, and so `fail_on`, has the SQL of each statement. Of the figures in `meta`, `rows_read` and `rows_written`
    only count rows that were given and changed.
    """

    def __init__(self, schema: str = "") -> None:
        super().__init__()
        # Garbage may be collected, and the database closed, in any thread.
        self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._db.text_factory = lambda text: text.decode(errors="replace")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(schema)
        weakref.finalize(self, self._db.close)
        self._db.set_authorizer(_authorize)
        for limit, value in _LIMITS.items():
            self._db.setlimit(limit, value)

    def withSession(self, constraint: str | None = None) -> "FakeD1Session":  # noqa: N802
        """By a bookmark, "first-primary" or "first-unconstrained". Logged as "session CONSTRAINT"."""
        constraint = (constraint or "").strip() or "first-unconstrained"
        self.log.append(f"session {constraint}")
        bookmark = None if constraint.startswith("first-") else constraint
        return FakeD1Session(self._run, lambda: f"{self._db.total_changes:032x}", bookmark)

    async def exec(self, query: str) -> JsDict:
        """Statements without parameters, in one transaction. A line break ends each of them."""
        await self._begin(query)
        first, *_ = query.strip().split("\n")
        lines = [line for line in query.split("\n") if _COMMENTS.sub("", line).strip()]
        with self._transaction(f"D1_EXEC_ERROR: Error in line 1: {first}"):
            for line in lines or [""]:
                self._execute(line, ())
        return JsDict(count=len(lines), duration=0)

    async def _run(self, statements: "list[FakeD1Statement]") -> "list[_Answer]":
        for statement in statements:
            await self._begin(statement.query)
        with self._transaction("D1_ERROR"):
            if not statements:
                raise sqlite3.ProgrammingError(_NOTHING)
            return [self._execute(statement.query, statement.values) for statement in statements]

    def _execute(self, query: str, values: Sequence[Any]) -> "_Answer":
        """What may be several statements. The last one has the values and gives the rows."""
        if len(query.encode()) > _MAX_SQL:
            raise sqlite3.ProgrammingError("statement too long: SQLITE_TOOBIG")
        statements = _statements(query)
        if not statements:
            raise sqlite3.ProgrammingError(_NOTHING)
        before = self._db.total_changes
        for statement in statements[:-1]:
            self._one(statement, ())
        cursor = self._one(statements[-1], values)
        columns = [column[0] for column in cursor.description or ()]
        rows = [[_result(value) for value in row] for row in cursor.fetchall()]
        changes = self._db.total_changes - before
        (last_row_id,) = self._db.execute("SELECT last_insert_rowid()").fetchone()
        meta = JsDict(
            served_by="edgechat.testing",
            duration=0,
            changes=changes,
            last_row_id=last_row_id,
            changed_db=changes > 0 or bool(_SCHEMA.match(query)),
            rows_read=len(rows),
            rows_written=changes,
        )
        return _Answer(columns, rows, meta)

    def _one(self, statement: str, values: Sequence[Any]) -> sqlite3.Cursor:
        if _TRANSACTION.match(statement):
            raise sqlite3.ProgrammingError(_NO_TRANSACTION)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # before 3.12.4 Python takes ?1 for a name
            return self._db.execute(statement, values)

    @contextmanager
    def _transaction(self, what: str) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise JsException(f"{what}: {_text(error)}") from None
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")


class FakeD1Session(_Queries):
    """What it reads is never stale: there is one database."""

    def __init__(self, run: "_Run", new_bookmark: Callable[[], str], bookmark: str | None) -> None:
        self._run_statements = run
        self._new_bookmark = new_bookmark
        self._bookmark = bookmark

    def getBookmark(self) -> str | None:  # noqa: N802
        """The one that the session began with, or None, until its first query."""
        return self._bookmark

    async def _run(self, statements: "list[FakeD1Statement]") -> "list[_Answer]":
        answers = await self._run_statements(statements)
        self._bookmark = max(self._bookmark or "", self._new_bookmark())
        return answers


class FakeD1Statement:
    """A prepared statement. `bind` gives another one, with values."""

    def __init__(self, run: "_Run", query: str, values: Sequence[Any] = ()) -> None:
        self.query = query
        self.values = values
        self._run = run

    def bind(self, *values: Any) -> "FakeD1Statement":
        return FakeD1Statement(self._run, self.query, [_bound(value) for value in values])

    async def all(self) -> JsDict:
        """`{success, meta, results}`, with the rows as dicts."""
        (answer,) = await self._run([self])
        return answer.result()

    async def run(self) -> JsDict:
        return await self.all()

    async def first(self, column: str | None = None) -> Any:
        """The first row, or one column of it; None if there is no row."""
        (answer,) = await self._run([self])
        if not answer.rows:
            return None
        row = answer.row(answer.rows[0])
        if column is None:
            return row
        if column not in row:
            raise JsException(f"D1_COLUMN_NOTFOUND: Column not found ({column})")
        return row[column]

    async def raw(self, options: Mapping[str, Any] | None = None, **more: Any) -> list[list[Any]]:
        """The rows as lists; with `columnNames=True` the names come first."""
        (answer,) = await self._run([self])
        return [*([answer.columns] if {**(options or {}), **more}.get("columnNames") else []), *answer.rows]


class _Answer(NamedTuple):
    columns: list[str]
    rows: list[list[Any]]
    meta: JsDict

    def row(self, values: list[Any]) -> JsDict:
        return JsDict(zip(self.columns, values, strict=True))

    def result(self) -> JsDict:
        return JsDict(success=True, meta=self.meta, results=[self.row(values) for values in self.rows])


type _Run = Callable[[list[FakeD1Statement]], Awaitable[list[_Answer]]]


def _authorize(action: int, name: str | None, *_more: Any) -> int:
    is_attaching = action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH)
    is_forbidden = is_attaching or (action == sqlite3.SQLITE_PRAGMA and name not in _PRAGMAS)
    return sqlite3.SQLITE_DENY if is_forbidden else sqlite3.SQLITE_OK


def _statements(query: str) -> list[str]:
    """The statements of a text, without what is only comment."""
    found: list[str] = []
    start = 0
    for end in [match.end() for match in re.finditer(";", query)]:
        if sqlite3.complete_statement(query[start:end]):
            found.append(query[start:end])
            start = end
    return [statement for statement in [*found, query[start:]] if _COMMENTS.sub("", statement).strip("; \t\r\n")]


def _bound(value: Any) -> Any:
    """What SQLite is given for a value. A number is JavaScript's: all of them are REAL."""
    check_sendable(value)
    match value:
        case None | bytes():
            return value
        case str():
            return value.encode(errors="surrogatepass").decode(errors="replace")
        case int() if abs(value) >= _BIGINT:
            raise _wrong_type("bigint", value)
        case int() | float():
            return float(value) if math.isfinite(value) else None
        case memoryview():
            return bytes(value)
        case list() if all(isinstance(item, int) for item in value):
            return bytes(item % 256 for item in value)
    raise _wrong_type("object", "[object Object]" if isinstance(value, dict) else value)


def _wrong_type(name: str, value: Any) -> JsException:
    return JsException(f"D1_TYPE_ERROR: Type '{name}' not supported for value '{value}'")


def _result(value: Any) -> Any:
    return list(value) if isinstance(value, bytes) else js_value(value)


def _text(error: sqlite3.Error) -> str:
    name: str | None = getattr(error, "sqlite_errorname", None)
    if name is None:
        is_count = "binding" in str(error)
        return "Wrong number of parameter bindings for SQL query." if is_count else str(error)
    if error.sqlite_errorcode == 3091:  # unknown to Python 3.14
        name = "SQLITE_CONSTRAINT_DATATYPE"
    primary = "_".join(name.split("_")[:2])
    return f"{error}: {primary}" if name == primary else f"{error}: {primary} (extended: {name})"
