import asyncio
from typing import Any

import pytest
from everything import Service
from outages import Broken, lose_patience

from edgechat.testing import FakeR2
from service import stores
from service.bindings import Env
from service.history.errors import UnknownParent, refusal_of
from service.objects import read_object
from service.stores import asked, within_reach
from service.web import HTTPError, Unavailable

FAILURE = ConnectionError("D1_ERROR: Network connection lost.")


def calls(env: Env) -> dict[str, Any]:
    statement = env.db.prepare("SELECT 1 AS one")
    session = env.db.withSession("first-primary")
    tape = env.tape("u", "c")
    assert tape
    return {
        "first": statement.first("one"),
        "all": statement.bind().all(),
        "batch": env.db.batch([statement]),
        "session": session.prepare("SELECT 1 AS one").all(),
        "session batch": session.batch([statement]),
        "kv get": env.kv.get("a"),
        "kv put": env.kv.put("a", "1", expirationTtl=60),
        "kv delete": env.kv.delete("a"),
        "kv list": env.kv.list(prefix="a"),
        "r2 get": env.r2.get("a"),
        "r2 put": env.r2.put("a", b"1"),
        "r2 delete": env.r2.delete(["a"]),
        "r2 list": env.r2.list(prefix="a"),
        "read": read_object(env.r2, "a"),
        "running": tape.running(),
        "follow": tape.follow(),
        "stop": tape.stop(),
        "forget": tape.forget(),
    }


async def test_stores_within_reach_answer_as_they_do() -> None:
    service = Service()
    env = within_reach(service)
    assert await env.db.prepare("SELECT ?1 AS n").bind(5).first("n") == 5
    assert (await env.db.batch([env.db.prepare("SELECT 1 AS n")]))[0]["results"] == [{"n": 1}]
    session = env.db.withSession("first-primary")
    assert session.getBookmark() is None
    assert (await session.prepare("SELECT 1 AS n").all())["results"] == [{"n": 1}]
    assert session.getBookmark()
    await env.kv.put("a", "1", expirationTtl=60)
    assert await env.kv.get("a") == "1"
    await env.r2.put("a", b"1")
    assert await read_object(env.r2, "a") == b"1"
    assert await read_object(env.r2, "b") is None
    assert env.session_secret == service.session_secret
    for call in calls(env).values():
        await call


@pytest.mark.parametrize("error", [FAILURE, None], ids=["fails", "hangs"])
async def test_a_store_that_is_out_of_reach_is_a_503_in_time(
    error: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_patience(monkeypatch, "db", "kv", "r2", "tape")
    service = Service()
    broken = Broken(error)
    service.stores = dict.fromkeys(service.stores, broken)
    monkeypatch.setattr(service, "tape", lambda *_: broken)
    answers = calls(within_reach(service))
    failed = await asyncio.gather(*answers.values(), return_exceptions=True)
    for name, unavailable in zip(answers, failed, strict=True):
        assert isinstance(unavailable, Unavailable), name
        assert (unavailable.status, unavailable.code, unavailable.headers) == (503, "unavailable", {"retry-after": "5"})
        assert type(unavailable.__cause__) is (type(error) if error else TimeoutError), name
        assert "D1" not in str(unavailable)


async def test_an_object_that_breaks_off_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    lose_patience(monkeypatch, "r2")

    class Cut(FakeR2):
        async def get(self, key: str, *_: Any, **__: Any) -> Any:
            return Broken()

    with pytest.raises(Unavailable):
        await read_object(Cut(), "a")


async def test_an_upload_takes_as_long_as_its_sender_does(monkeypatch: pytest.MonkeyPatch) -> None:
    lose_patience(monkeypatch, "r2")

    class Slow(FakeR2):
        async def put(self, *_: Any, **__: Any) -> Any:
            await asyncio.sleep(0.05)

    service = Service()
    service.stores["r2"] = Slow()
    await asked(within_reach(service).r2.put("a", object()), None)  # type: ignore[arg-type]


async def test_what_a_store_says_of_a_turn_is_still_understood() -> None:
    with pytest.raises(Unavailable) as caught:
        await stores.asked(_raise(Exception("D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT")), 1)
    assert isinstance(refusal_of(caught.value), UnknownParent)


async def test_a_refusal_stays_what_it_is() -> None:
    with pytest.raises(UnknownParent):
        await asked(_raise(UnknownParent()), 1)


async def test_who_gives_up_is_not_told_that_the_store_is_gone() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await asked(asyncio.Event().wait(), 1)


async def _raise(error: Exception | HTTPError) -> None:
    raise error
