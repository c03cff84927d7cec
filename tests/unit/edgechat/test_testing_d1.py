"""Texts and limits are held to the real ones in tests/worker/test_pop_runtime.py."""

import asyncio

import pytest

from edgechat.testing import FakeD1, JsException

SCHEMA = """
CREATE TABLE users (
  id INTEGER PRIMARY KEY, -- a comment; with a semicolon
  name TEXT NOT NULL UNIQUE,
  score REAL
) STRICT;
CREATE TRIGGER no_bob BEFORE INSERT ON users WHEN new.name = 'bob' BEGIN SELECT RAISE(ABORT, 'no; bob'); END;
"""
INSERT = "INSERT INTO users (name, score) VALUES (?1, ?2)"


async def names(db: FakeD1) -> list[str]:
    return [name for (name,) in await db.prepare("SELECT name FROM users ORDER BY id").raw()]


async def test_rows_go_in_and_come_out() -> None:
    db = FakeD1(SCHEMA)
    insert = db.prepare(INSERT)
    answer = await insert.bind("ann", 1).run()
    assert answer["success"]
    assert (answer["meta"]["changes"], answer["meta"]["last_row_id"]) == (1, 1)
    await insert.bind("cyd", None).run()
    rows = db.prepare("SELECT id, name, score FROM users ORDER BY id")
    assert (await rows.all())["results"] == [
        {"id": 1, "name": "ann", "score": 1},
        {"id": 2, "name": "cyd", "score": None},
    ]
    assert (await rows.first()).name == "ann"
    assert await rows.first("score") == 1
    assert await rows.raw(columnNames=True) == [["id", "name", "score"], [1, "ann", 1], [2, "cyd", None]]
    assert await db.prepare("SELECT 1 WHERE 0").first() is None


async def test_numbers_are_those_of_javascript() -> None:
    row = await FakeD1().prepare("SELECT ?1 AS n, ?1 / 2 AS half, typeof(?1) AS type").bind(5).first()
    assert row == {"n": 5, "half": 2.5, "type": "real"}
    assert isinstance(row["n"], int)


async def test_a_batch_is_one_transaction() -> None:
    db = FakeD1(SCHEMA)
    insert = db.prepare(INSERT)
    with pytest.raises(JsException, match=r"D1_ERROR: UNIQUE constraint failed: users\.name: SQLITE_CONSTRAINT"):
        await db.batch([insert.bind("ann", 1), insert.bind("ann", 2)])
    assert await names(db) == []
    answers = await db.batch([insert.bind("ann", 1), db.prepare("SELECT count(*) AS n FROM users")])
    assert [answer["results"] for answer in answers] == [[], [{"n": 1}]]


async def test_operations_do_not_get_into_a_batch() -> None:
    db = FakeD1(SCHEMA)
    insert = db.prepare(INSERT)
    batch = db.batch([insert.bind("ann", 1), insert.bind("bob", 2)])
    outcomes = await asyncio.gather(batch, insert.bind("cyd", 3).run(), return_exceptions=True)
    assert "no; bob" in str(outcomes[0])
    assert await names(db) == ["cyd"]


async def test_several_statements_at_once() -> None:
    db = FakeD1(SCHEMA)
    answer = (
        await db.prepare("INSERT INTO users (name) VALUES ('a;b'); SELECT name, ? AS x FROM users;").bind("y").all()
    )
    assert answer["results"] == [{"name": "a;b", "x": "y"}]
    assert answer["meta"]["changes"] == 1


async def test_a_line_of_exec_is_a_statement() -> None:
    db = FakeD1()
    assert await db.exec("CREATE TABLE t (a);\n\nINSERT INTO t VALUES (1)") == {"count": 2, "duration": 0}
    with pytest.raises(JsException, match=r"D1_EXEC_ERROR: Error in line 1: CREATE TABLE u .: incomplete input"):
        await db.exec("CREATE TABLE u (\n  a\n)")


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("BEGIN", "To execute a transaction"),
        ("rollback", "To execute a transaction"),
        ("PRAGMA journal_mode = WAL", "not authorized: SQLITE_AUTH"),
        ("ATTACH ':memory:' AS x", "not authorized: SQLITE_AUTH"),
        ("SELECT zeroblob(2000001)", "string or blob too big: SQLITE_TOOBIG"),
        ("INSERT INTO users (name, score) VALUES ('x', 'y')", r"\(extended: SQLITE_CONSTRAINT_DATATYPE\)"),
        ("/* nothing */ -- at all", r"No SQL statements detected\."),
    ],
)
async def test_what_d1_refuses_is_refused(sql: str, text: str) -> None:
    with pytest.raises(JsException, match=f"Error: D1_ERROR: .*{text}") as caught:
        await FakeD1(SCHEMA).prepare(sql).run()
    assert (caught.value.name, f"Error: {caught.value.message}") == ("Error", str(caught.value))


async def test_it_fails_when_told() -> None:
    db = FakeD1(SCHEMA)
    db.fail_on("INSERT", JsException("D1_ERROR: Network connection lost."))
    with pytest.raises(JsException, match="lost"):
        await db.batch([db.prepare("DELETE FROM users"), db.prepare(INSERT).bind("ann", 1)])
    assert await names(db) == []
    assert db.log == ["DELETE FROM users", INSERT, "SELECT name FROM users ORDER BY id"]


async def test_databases_are_apart() -> None:
    one, other = FakeD1(SCHEMA), FakeD1(SCHEMA)
    await one.prepare(INSERT).bind("ann", 1).run()
    assert (await names(one), await names(other)) == (["ann"], [])


async def test_a_session_has_a_bookmark_after_its_first_query() -> None:
    db = FakeD1(SCHEMA)
    session = db.withSession("first-primary")
    assert session.getBookmark() is None
    await session.prepare(INSERT).bind("ann", 1).run()
    bookmark = session.getBookmark()
    assert bookmark
    later = db.withSession(bookmark)
    assert later.getBookmark() == bookmark
    await later.batch([later.prepare(INSERT).bind("cyd", 2)])
    assert (later.getBookmark() or "") > bookmark
    assert db.log[0] == "session first-primary"
    assert await names(db) == ["ann", "cyd"]
