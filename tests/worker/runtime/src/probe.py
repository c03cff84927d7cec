"""Asks bindings many things and tells what came of each: the real ones, and those of `edgechat.testing`."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

R2_FIELDS = ("key", "size", "etag", "httpEtag")


async def probe(kv: Any, db: Any, bucket: Any) -> list[list[Any]]:
    """Pairs of a question and its answer, as JSON values."""
    answers: list[list[Any]] = []

    async def ask(question: str, call: Callable[[], Awaitable[Any]]) -> None:
        try:
            answers.append([question, plain(await call())])
        except Exception as error:
            # SQLite tells Python nothing of the place.
            answers.append([question, re.sub(r" at offset \d+", "", str(error))])

    await ask_kv(kv, ask)
    await ask_d1(db, ask)
    await ask_r2(bucket, ask)
    return answers


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, memoryview):
        return value.tobytes().hex()
    if hasattr(value, "etag"):
        return {name: getattr(value, name) for name in R2_FIELDS}
    return value


async def ask_kv(kv: Any, ask: Callable[..., Awaitable[None]]) -> None:
    await ask("nothing", lambda: kv.get("a"))
    await ask("text", lambda: kv.put("a", "é"))
    await ask("text again", lambda: kv.get("a"))
    await ask("bytes", lambda: kv.get("a", "arrayBuffer"))
    await ask("no such type", lambda: kv.get("a", "x"))
    await ask("a binary value", lambda: kv.put("b", b"\x00\xff"))
    await ask("as text", lambda: kv.get("b"))
    for value in (5, 5.0, 5.5, True, None):
        await ask(f"put {value}", lambda value=value: kv.put("n", value))
        await ask(f"get {value}", lambda: kv.get("n"))
    for other in ({"a": 1}, [1], (1,), bytearray(b"a")):
        await ask(f"put {other}", lambda other=other: kv.put("n", other))
    await ask("JSON", lambda: kv.put("j", '{"x": [1, null, 2.0, true]}'))
    await ask("JSON again", lambda: kv.get("j", "json"))
    await ask("several", lambda: kv.get(["j", "zz"]))
    await ask("several as JSON", lambda: kv.get(["j", "zz"], {"type": "json"}))
    await ask("several, one is no JSON", lambda: kv.get(["j", "a"], type="json"))
    await ask("several as bytes", lambda: kv.get(["j"], "arrayBuffer"))
    await ask("too many", lambda: kv.get([str(number) for number in range(101)]))
    await ask("too few", lambda: kv.get([]))
    await ask("metadata", lambda: kv.put("m", "x", metadata={"a": 1, "b": None}))
    await ask("metadata again", lambda: kv.getWithMetadata("m"))
    await ask("no metadata", lambda: kv.getWithMetadata("j", "json"))
    await ask("metadata of nothing", lambda: kv.getWithMetadata("zz"))
    await ask("large metadata", lambda: kv.put("m", "x", metadata="x" * 1023))
    for ttl in (-1, 0, 59, 60, 60.5):
        await ask(f"TTL {ttl}", lambda ttl=ttl: kv.put("t", "x", {"expirationTtl": ttl}))
    await ask("expired", lambda: kv.put("t", "x", expiration=1000))
    await ask("cached", lambda: kv.get("a", cacheTtl=29))
    for key in ("", ".", "..", "k" * 513, "é" * 257):
        await ask(f"put key {key}", lambda key=key: kv.put(key, "x"))
        await ask(f"get key {key}", lambda key=key: kv.get(key))
        await ask(f"delete key {key}", lambda key=key: kv.delete(key))
    await ask("a long key", lambda: kv.put("k" * 512, "x"))
    await ask("a large value", lambda: kv.put("v", "x" * (25 * 1024 * 1024 + 1)))
    for key in ("k" * 512, "a", "b", "n", "m", "t", "nothing"):
        await ask(f"delete {key}", lambda key=key: kv.delete(key))
    await ask("one left", lambda: kv.list())
    for key in ("p:1", "p:2", "p:3", "Z", "é", "\ufffd", "\U0001f600"):
        await kv.put(key, "x", metadata={"key": key} if key == "p:2" else None, expiration=2_000_000_000)
    await ask("list", lambda: kv.list())
    await ask("prefix", lambda: kv.list(prefix="p:", limit=3))
    page = await kv.list({"prefix": "p:", "limit": 2})
    await ask("page", lambda: kv.list(prefix="p:", limit=2, cursor=page["cursor"]))
    await ask("no limit", lambda: kv.list(limit=0))
    await ask("too high a limit", lambda: kv.list(limit=1001))


async def ask_d1(db: Any, ask: Callable[..., Awaitable[None]]) -> None:
    def query(sql: str, *values: Any) -> Callable[[], Awaitable[Any]]:
        async def results() -> Any:
            answer = await db.prepare(sql).bind(*values).all()
            figures = {name: answer["meta"][name] for name in ("changes", "last_row_id", "changed_db")}
            return [answer["success"], figures, answer["results"]]

        return results

    def lines(sql: str) -> Callable[[], Awaitable[Any]]:
        async def count() -> Any:
            return (await db.exec(sql))["count"]

        return count

    def values(*bound: Any) -> Callable[[], Awaitable[Any]]:
        return query("SELECT ?1 AS value, typeof(?1) AS type", *bound)

    await ask("schema", lines("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, x)"))
    await ask("two lines", lines("CREATE TABLE c (t INTEGER REFERENCES t (id))\n\n-- no more\nSELECT 1;"))
    await ask("strict", lines("CREATE TABLE s (n INTEGER CHECK (n > 0)) STRICT"))
    await ask("a broken line", lines("CREATE TABLE b (\n a INTEGER\n)"))
    await ask("no line", lines(""))
    await ask("all or no lines", lines("INSERT INTO c VALUES (NULL);\nNONSENSE"))
    await ask("still empty", query("SELECT * FROM c"))
    for bound in ("é", "a\0b", "\ud83d", None, True, 5, -5.5, 5.0, 2**53 - 2, 2**53 - 1, -(2**70), float("inf")):
        await ask(f"value {bound!r}", values(bound))
    for other in (b"\x00\xff", memoryview(b"a"), [1, 2], {"a": 1}, (1,), bytearray(b"a")):
        await ask(f"value {type(other)}", values(other))
    await ask("numbers", query("SELECT 2.0, 1e300, 9007199254740993, x'0102', -0.0, ?/2", 5))
    for sql, given in (
        ("INSERT INTO t VALUES (1, ?, ?)", ("a", 1)),
        ("INSERT INTO t (name) VALUES (?2), (?1) RETURNING id, name", ("b", "c")),
        ("UPDATE t SET x = 2", ()),
        ("UPDATE t SET x = 2 WHERE id = 99", ()),
        ("DELETE FROM t WHERE id = 3", ()),
        ("INSERT INTO t (name) VALUES ('a')", ()),
        ("INSERT INTO t (id, name) VALUES (1, 'z')", ()),
        ("INSERT INTO t (name) VALUES (NULL)", ()),
        ("INSERT INTO c VALUES (99)", ()),
        ("INSERT INTO s VALUES (0)", ()),
        ("INSERT INTO s VALUES ('x')", ()),
        ("SELECT 1; SELECT ?", (2,)),
        ("SELECT 1 AS x, 2 AS x", ()),
        ("CREATE TABLE d (a)", ()),
        ("DROP TABLE d", ()),
        ("SELECT * FROM nothing", ()),
        ("SELECT nothing FROM t", ()),
        ("SELEKT 1", ()),
        ("SELECT (", ()),
        ("", ()),
        ("-- nothing", ()),
        ("SELECT ?, ?", (1,)),
        ("SELECT ?", (1, 2)),
        ("SELECT 1" + ", 1" * 100, ()),
        ("SELECT ?" + ", ?" * 100, tuple(range(101))),
        ("SELECT 'a' LIKE ?", ("x" * 51,)),
        ("BEGIN", ()),
        ("ATTACH ':memory:' AS other", ()),
        ("PRAGMA journal_mode = WAL", ()),
        ("PRAGMA foreign_keys", ()),
    ):
        await ask(f"{sql[:50]} {given[:3]}", query(sql, *given))
    await ask("a long statement", query("SELECT 1 -- " + "x" * 100_000))
    rows = db.prepare("SELECT id, name FROM t ORDER BY id")
    none = db.prepare("SELECT * FROM t WHERE id = ?").bind(99)
    await ask("first", rows.first)
    await ask("a column", lambda: rows.first("name"))
    await ask("no such column", lambda: rows.first("nothing"))
    await ask("no row", none.first)
    await ask("a column of no row", lambda: none.first("nothing"))
    await ask("raw", rows.raw)
    await ask("raw with names", lambda: rows.raw({"columnNames": True}))

    async def batch(*statements: str) -> Any:
        return [answer["results"] for answer in await db.batch([db.prepare(sql) for sql in statements])]

    await ask("batch", lambda: batch("INSERT INTO t (name) VALUES ('d')", "SELECT count(*) AS n FROM t"))
    await ask("all or nothing", lambda: batch("INSERT INTO t (name) VALUES ('e')", "INSERT INTO t (name) VALUES ('a')"))
    await ask("an empty batch", batch)
    await ask("a tuple", lambda: db.batch((rows,)))
    await ask("in the end", query("SELECT * FROM t"))

    async def session(constraint: str | None) -> Any:
        session = db.withSession(constraint)
        before = session.getBookmark()
        await session.prepare("SELECT 1").first()
        await session.batch([session.prepare("INSERT INTO t (name) VALUES (?)").bind(constraint)])
        bookmark = session.getBookmark()
        again = db.withSession(bookmark)
        kept = again.getBookmark() == bookmark
        n = await again.prepare("SELECT count(*) AS n FROM t").first("n")
        return [before, bookmark > "", kept, n, again.getBookmark() >= bookmark]

    await ask("a session from the primary on", lambda: session("first-primary"))
    await ask("a session from anywhere on", lambda: session("first-unconstrained"))
    await ask("an old bookmark", lambda: session("00000000-00000000-00000000-00000000000000000000000000000000"))


async def ask_r2(bucket: Any, ask: Callable[..., Awaitable[None]]) -> None:
    metadata = {"httpMetadata": {"contentType": "text/plain"}, "customMetadata": {"a": "1"}}

    def read(**options: Any) -> Callable[[], Awaitable[Any]]:
        async def text() -> Any:
            found = await bucket.get("a", **options)
            body = await found.text() if hasattr(found, "text") else None
            return [body, found.range, found.httpMetadata, found.customMetadata]

        return text

    async def twice() -> Any:
        found = await bucket.get("a")
        return [await found.bytes(), found.bodyUsed, await found.bytes()]

    async def names(**options: Any) -> Any:
        page = await bucket.list(**options)
        return dict(page) | {"objects": [found.key for found in page["objects"]]}

    await ask("nothing", lambda: bucket.get("a"))
    await ask("no head", lambda: bucket.head("a"))
    for value in ("hello", b"\x00\xff", None, "", 5, {"a": 1}, (1,)):
        await ask(f"put {value!r}", lambda value=value: bucket.put("a", value))
    await ask("put", lambda: bucket.put("a", "hello", metadata))
    await ask("head", lambda: bucket.head("a"))
    await ask("get", read())
    await ask("twice", twice)
    for span in (
        {"offset": 1, "length": 2},
        {"offset": 3},
        {"offset": 3, "length": 9},
        {"length": 3},
        {"suffix": 2},
        {"suffix": 9},
        {"offset": 5},
        {"length": 0},
        {"offset": -1},
    ):
        await ask(f"range {span}", read(range=span))
    etag = (await bucket.head("a")).etag
    for condition in (
        {"etagMatches": etag},
        {"etagMatches": "other"},
        {"etagDoesNotMatch": etag},
        {"etagDoesNotMatch": "other"},
        {"etagMatches": f'"{etag}"'},
    ):
        await ask(f"get if {condition}", read(onlyIf=condition))
        await ask(f"put if {condition}", lambda condition=condition: bucket.put("a", "hello", onlyIf=condition))
        await ask(f"put new if {condition}", lambda condition=condition: bucket.put("n", "x", onlyIf=condition))
        await bucket.delete("n")
    await ask("only if new", lambda: bucket.put("a", "new", onlyIf={"etagDoesNotMatch": "*"}))
    await ask("checksum", lambda: bucket.put("a", "hello", md5="5d41402abc4b2a76b9719d911017c592"))
    await ask("wrong checksum", lambda: bucket.put("a", "hello", md5="5d41402abc4b2a76b9719d911017c593"))
    await ask("a long key", lambda: bucket.put("k" * 1025, "x"))
    await ask("delete", lambda: bucket.delete(["a", "nothing"]))
    for key in ("d/1", "d/2", "d/sub/3", "e", "D", "é"):
        await bucket.put(key, "x")
    await ask("list", names)
    await ask("prefix", lambda: names(prefix="d/", delimiter="/"))
    await ask("delimiter", lambda: names(delimiter="/", limit=2))
    page = await bucket.list(limit=2)
    await ask("page", lambda: names(limit=2, cursor=page["cursor"]))
    await ask("start", lambda: names(startAfter="d/2"))
    await ask("too low a limit", lambda: names(limit=0))
    await ask("too high a limit", lambda: names(limit=1001))
