import gzip
from typing import Any

import pytest
from remembering import ANN, BOB, CHAT, NOW, Stores, said, turn

from edgechat.model.parts import Usage
from edgechat.ui.messages import TextPart, ToolPart, UIMessage
from service.auth import User
from service.auth.accounts import sign_in
from service.history import Past, archive_idle, search
from service.history.archive import MAX_RUN
from service.history.errors import Archived
from service.history.memory import deliver_waiting
from service.web import Unavailable

LATER = NOW + 1_000_000
"""When conversations of `NOW` are idle."""

FAILURE = Exception("R2 or D1 failed")


async def old_chat() -> Stores:
    """Two branches, a tool, metadata, a summary."""
    stores = Stores()
    answer = UIMessage(
        id="a1",
        role="assistant",
        parts=[
            ToolPart(
                type="tool-t", tool_call_id="c", state="output-available", input={}, output=[1.0, None, "é\n\u2028"]
            ),
            TextPart(text='"Paris"\n\U0001f5fc', state="done"),
        ],
        metadata={"a": [None]},
    )
    history = stores.memory().history
    await history.save(turn(1, answer=answer))
    await history.save(turn(2, "a1", outcome="stopped"))
    await history.save(turn(3, "a1"))
    await history.save_summary(CHAT, "a1", "Notes", {}, NOW)
    return stores


async def everything(stores: Stores) -> list[dict[str, Any]]:
    """All rows of messages; their numbers may change."""
    rows = sorted(await stores.rows(), key=lambda row: (row["conversation_id"], row["seq"]))
    return [{name: value for name, value in row.items() if name != "number"} for row in rows]


async def objects(stores: Stores) -> list[str]:
    return [found.key for found in (await stores.r2.list())["objects"]]


async def archive(stores: Stores) -> None:
    await stores.memory().archive.archive_idle(LATER)


async def test_an_idle_conversation_goes_to_r2_and_leaves_its_place_in_the_list() -> None:
    stores = await old_chat()
    await archive(stores)
    assert await stores.rows() == []
    (left,) = await stores.catalogue().page()
    assert (left.id, left.title, left.is_archived) == (CHAT, "text of u1", True)
    (key,) = await objects(stores)
    assert key.startswith(f"archive/{ANN.id}/{CHAT}/")
    lines = gzip.decompress(bytes(await (await stores.r2.get(key)).arrayBuffer())).decode().split("\n")
    assert len(lines) == 1 + 6


async def test_opened_again_all_of_it_is_as_it_was() -> None:
    stores = await old_chat()
    before = await everything(stores)
    await archive(stores)
    await stores.memory().archive.restore(ANN, CHAT, LATER)
    assert await everything(stores) == before
    assert await stores.ids() == ["u1", "a1", "u3", "a3"]
    assert await objects(stores) == []
    assert [hit.message_id for hit in await search(stores.db, ANN, "paris")] == ["a1"]
    assert await stores.memory().history.is_saved(CHAT, None, said("u1"))
    await stores.db.exec("INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)")


async def test_what_is_asked_of_an_archived_conversation_brings_it_back() -> None:
    async def recall(stores: Stores) -> Any:
        return await stores.memory().recall(CHAT, "a3")

    async def is_new(stores: Stores) -> Any:
        return await stores.memory().is_new(CHAT, "a3", said("u4"))

    async def keep(stores: Stores) -> Any:
        return await stores.memory().keep(turn(4, "a3"), Past())

    async def keep_first(stores: Stores) -> Any:
        return await stores.memory().keep(turn(4, None), Past())

    for ask, expected in ((recall, None), (is_new, True), (keep, "saved"), (keep_first, "saved")):
        stores = await old_chat()
        before = await everything(stores)
        await archive(stores)
        answer = await ask(stores)
        assert expected is None or answer == expected
        assert (await everything(stores))[:6] == before, ask.__name__
        assert await objects(stores) == []


async def test_the_store_itself_tells_that_a_conversation_is_archived() -> None:
    stores = await old_chat()
    await archive(stores)
    history = stores.memory().history
    with pytest.raises(Archived):
        await history.recent(CHAT, "a3")
    with pytest.raises(Archived):
        await history.save(turn(4, None))
    with pytest.raises(Archived):
        await stores.catalogue().open(CHAT)


async def test_only_what_is_idle_is_archived_and_what_was_opened_is_not() -> None:
    stores = await old_chat()
    await stores.memory().history.save(turn(1, chat_id="new", at=LATER))
    await archive(stores)
    assert {row["conversation_id"] for row in await stores.rows()} == {"new"}
    await stores.memory().archive.restore(ANN, CHAT, LATER)
    await archive(stores)
    assert len(await stores.rows()) == 8


@pytest.mark.parametrize(
    ("store", "line"), [("r2", "put"), ("db", "DELETE FROM messages"), ("db", "UPDATE conversations")]
)
async def test_an_archive_that_breaks_off_loses_and_doubles_nothing(store: str, line: str) -> None:
    stores = await old_chat()
    before = await everything(stores)
    getattr(stores, store).fail_on(line, FAILURE)
    await archive(stores)
    assert await everything(stores) == before
    assert await stores.ids() == ["u1", "a1", "u3", "a3"]
    getattr(stores, store)._on.clear()
    await archive(stores)
    await archive(stores)
    assert len(await objects(stores)) == 1
    await stores.memory().archive.restore(ANN, CHAT, LATER)
    assert await everything(stores) == before


@pytest.mark.parametrize(
    ("store", "line"),
    [("r2", "get"), ("db", "UPDATE conversations"), ("db", "INSERT INTO messages"), ("r2", "delete")],
)
async def test_a_restore_that_breaks_off_loses_and_doubles_nothing(store: str, line: str) -> None:
    stores = await old_chat()
    before = await everything(stores)
    await archive(stores)
    getattr(stores, store).fail_on(line, FAILURE)
    if line == "delete":
        await stores.memory().archive.restore(ANN, CHAT, LATER)
    else:
        with pytest.raises(Exception, match=r"failed|cannot reach"):
            await stores.memory().archive.restore(ANN, CHAT, LATER)
        assert await stores.rows() == []
    getattr(stores, store)._on.clear()
    for _ in range(2):
        await stores.memory().archive.restore(ANN, CHAT, LATER)
    assert await everything(stores) == before


async def test_a_conversation_that_cannot_be_brought_back_is_a_503_and_stays_where_it_is() -> None:
    stores = await old_chat()
    await archive(stores)
    stores.r2.fail_on("get", FAILURE)
    with pytest.raises(Unavailable):
        await stores.memory().recall(CHAT, "a3")
    assert len(await objects(stores)) == 1


async def test_what_is_saved_while_the_archive_is_written_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = await old_chat()
    put = stores.r2.put

    async def put_slowly(key: str, value: Any) -> Any:
        await stores.memory().history.save(turn(4, "a3"))
        return await put(key, value)

    monkeypatch.setattr(stores.r2, "put", put_slowly)
    await archive(stores)
    assert await stores.ids() == ["u1", "a1", "u3", "a3", "u4", "a4"]


async def test_two_that_bring_it_back_at_once_do_not_double_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = await old_chat()
    before = await everything(stores)
    await archive(stores)
    get = stores.r2.get

    async def get_slowly(key: str) -> Any:
        found = await get(key)
        monkeypatch.setattr(stores.r2, "get", get)
        await stores.memory().archive.restore(ANN, CHAT, LATER)
        await stores.memory().history.save(turn(4, "a3"))
        return found

    monkeypatch.setattr(stores.r2, "get", get_slowly)
    await stores.memory().archive.restore(ANN, CHAT, LATER)
    assert (await everything(stores))[:6] == before
    assert await stores.ids() == ["u1", "a1", "u3", "a3", "u4", "a4"]


async def test_a_conversation_deleted_while_it_is_brought_back_stays_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    stores = await old_chat()
    await archive(stores)
    get = stores.r2.get

    async def get_slowly(key: str) -> Any:
        found = await get(key)
        await stores.catalogue().delete(CHAT)
        return found

    monkeypatch.setattr(stores.r2, "get", get_slowly)
    with pytest.raises(Exception, match="changed elsewhere"):
        await stores.memory().archive.restore(ANN, CHAT, LATER)
    assert await stores.rows() == []


async def test_a_turn_that_waited_finds_an_archived_conversation() -> None:
    stores = await old_chat()
    await archive(stores)
    await stores.memory().outbox.add(ANN, turn(4, "a3", usage={"small": Usage(input_tokens=1)}))
    env: Any = stores
    await deliver_waiting(env)
    assert await stores.ids() == ["u1", "a1", "u3", "a3", "u4", "a4"]
    assert await objects(stores) == []


async def test_a_guests_archive_passes_to_their_account() -> None:
    stores = await old_chat()
    await archive(stores)
    account = User("user_1")
    await sign_in(stores.db, account, ANN)
    await stores.memory(BOB).archive.restore(BOB, CHAT, LATER)
    assert await stores.rows() == []
    past = await stores.memory(account).recall(CHAT, "a3")
    assert (past.summary, [message.id for message in past.messages]) == ("Notes", ["u3", "a3"])
    assert await objects(stores) == []


async def test_a_large_conversation_is_moved_in_pieces() -> None:
    stores = Stores()
    parent_id = None
    for number in range(1, 41):
        each = turn(number, parent_id, answer=said(f"a{number}", "日" * 60_000))
        await stores.memory().history.save(each)
        parent_id = each.leaf_id
    before = await everything(stores)
    await archive(stores)
    await stores.memory().archive.restore(ANN, CHAT, LATER)
    assert await everything(stores) == before


async def test_a_run_takes_so_many_and_one_that_fails_does_not_stop_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stores = Stores()
    for number in range(MAX_RUN + 5):
        await stores.talk(1, chat_id=f"c{number}")
    stores.r2.fail_on("/c3/", FAILURE)
    await archive(stores)
    assert len(await objects(stores)) == MAX_RUN - 1
    assert "Chat c3 could not be archived" in caplog.text


async def test_how_long_is_idle_is_set_by_a_variable() -> None:
    class Env:
        def __init__(self, stores: Stores, days: str | None) -> None:
            self.db, self.r2, self._days = stores.db, stores.r2, days

        def var(self, name: str) -> str | None:
            return self._days if name == "ARCHIVE_AFTER_DAYS" else None

    day = 24 * 3600 * 1000
    for value, idle in ((None, 90), ("7", 7)):
        stores = await old_chat()
        env: Any = Env(stores, value)
        await archive_idle(env, NOW + 2 + idle * day)
        assert await objects(stores) == []
        await archive_idle(env, NOW + 9 + idle * day)
        assert len(await objects(stores)) == 1
