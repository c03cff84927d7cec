import pytest
from remembering import ANN, BOB, CHAT, NOW, Stores, said, turn

from service.auth import User
from service.auth.accounts import sign_in
from service.history.catalogue import PAGE, Conversation


async def test_the_list_has_the_newest_first_a_page_at_a_time() -> None:
    stores = Stores()
    history = stores.memory().history
    for number in range(75):
        await history.save(turn(1, chat_id=f"c{number}", at=NOW + number // 10))  # ten at the same time
    await stores.memory(BOB).history.save(turn(1, chat_id="bobs"))
    seen: list[Conversation] = []
    after = None
    while page := await stores.catalogue().page(after):
        assert len(page) == PAGE or len(seen) + len(page) == 75
        seen += page
        after = page[-1].updated_at, page[-1].id
    assert len({chat.id for chat in seen}) == len(seen) == 75
    assert [chat.updated_at for chat in seen] == sorted((chat.updated_at for chat in seen), reverse=True)
    assert {chat.id async for chat in stores.catalogue().all()} == {f"c{number}" for number in range(75)}


async def test_a_new_turn_moves_a_conversation_to_the_top() -> None:
    stores = Stores()
    await stores.talk(1)
    await stores.memory().history.save(turn(1, chat_id="other", at=NOW + 5))
    assert [chat.id for chat in await stores.catalogue().page()] == ["other", CHAT]
    await stores.memory().history.save(turn(2, "a1", at=NOW + 6))
    assert [chat.id for chat in await stores.catalogue().page()] == [CHAT, "other"]


async def tree() -> Stores:
    """u1 - a1 - u2 - a2 - u3 - a3, another answer a1b to u1 with u4 - a4 below, another u2 (u5 - a5)."""
    stores = Stores()
    await stores.talk(3)
    history = stores.memory().history
    await history.save(turn(1, answer=said("a1b"), at=NOW + 10))
    await history.save(turn(4, "a1b", at=NOW + 11))
    await history.save(turn(5, "a1", at=NOW + 12))
    return stores


async def test_an_open_conversation_tells_of_which_messages_there_are_versions() -> None:
    stores = await tree()
    opened = await stores.catalogue().open(CHAT)
    assert opened
    assert [message.id for message in opened.messages] == ["u1", "a1", "u5", "a5"]
    assert opened.head_id == "a5"
    assert sorted(opened.versions) == [["a1", "a1b"], ["u2", "u5"]]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("a1b", ["u1", "a1b", "u4", "a4"]),
        ("u2", ["u1", "a1", "u2", "a2", "u3", "a3"]),
        ("a3", ["u1", "a1", "u2", "a2", "u3", "a3"]),
        ("a1", ["u1", "a1", "u5", "a5"]),
        ("u1", ["u1", "a1b", "u4", "a4"]),
    ],
)
async def test_another_version_is_shown_with_what_followed_it_last(message: str, shown: list[str]) -> None:
    stores = await tree()
    assert await stores.catalogue().show(CHAT, message)
    assert await stores.ids() == shown


async def test_what_is_shown_is_where_the_conversation_goes_on() -> None:
    stores = await tree()
    await stores.catalogue().show(CHAT, "a1b")
    await stores.memory().history.save(turn(6, "a4", at=NOW + 13))
    assert await stores.ids() == ["u1", "a1b", "u4", "a4", "u6", "a6"]


async def test_a_message_that_is_not_there_is_not_shown() -> None:
    stores = await tree()
    await stores.talk(1, chat_id="other")
    before = await stores.rows("conversations")
    assert not await stores.catalogue().show(CHAT, "nowhere")
    assert not await stores.catalogue().show("nowhere", "a1")
    assert not await stores.catalogue().show("other", "a2")
    assert not await stores.catalogue(BOB).show(CHAT, "a1b")
    assert await stores.rows("conversations") == before


async def test_a_new_title_stays_and_moves_nothing() -> None:
    stores = Stores()
    await stores.talk(1)
    await stores.memory().history.save(turn(1, chat_id="other", at=NOW + 5))
    assert await stores.catalogue().rename(CHAT, "A title")
    await stores.memory().history.save(turn(2, "a1", at=NOW + 2))
    assert [(chat.id, chat.title) for chat in await stores.catalogue().page()] == [
        ("other", "text of u1"),
        (CHAT, "A title"),
    ]
    assert not await stores.catalogue().rename("nowhere", "x")
    assert not await stores.catalogue(BOB).rename(CHAT, "x")


async def test_a_deleted_conversation_is_gone_with_its_messages() -> None:
    stores = await tree()
    await stores.talk(1, user=BOB)
    assert not await stores.catalogue(User("guest_eve")).delete(CHAT)
    assert await stores.catalogue().delete(CHAT)
    assert not await stores.catalogue().delete(CHAT)
    assert {row["user_id"] for row in await stores.rows()} == {BOB.id}


async def test_a_whole_tree_passes_to_an_account_under_a_new_id_if_it_must() -> None:
    stores = await tree()
    account = User("user_1")
    await stores.talk(1, user=account)
    await sign_in(stores.db, account, ANN)
    chats = await stores.catalogue(account).page()
    (moved,) = [chat for chat in chats if chat.id != CHAT]
    assert await stores.ids(moved.id, account) == ["u1", "a1", "u5", "a5"]
    assert await stores.ids(CHAT, account) == ["u1", "a1"]
    assert await stores.catalogue().page() == []
