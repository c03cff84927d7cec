import asyncio

import pytest
from fakes import database
from hypothesis import given, settings
from hypothesis import strategies as st
from remembering import ANN, BOB, CHAT, Stores, said, turn

from service.auth import User
from service.auth.accounts import sign_in
from service.history import search
from service.history.search import MAX_RESULTS, MAX_WORDS, words_of

EMPTY = database()


async def library() -> Stores:
    stores = Stores()
    answers = {
        1: "Paris is the capital of France.",
        2: "Über den Flüssen von Köln: naïve café.",
        3: "C++ and C# cost $5; see foo_bar() in a-b.txt.",
    }
    for number, text in answers.items():
        parent_id = f"a{number - 1}" if number > 1 else None
        await stores.memory().history.save(turn(number, parent_id, answer=said(f"a{number}", text)))
    await stores.memory(BOB).history.save(turn(1, answer=said("a1", "Paris is mine. secretword")))
    return stores


async def found(stores: Stores, text: str, user: User = ANN) -> list[str]:
    return [hit.message_id for hit in await search(stores.db, user, text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("paris", ["a1"]),
        ("PARIS capital", ["a1"]),
        ("capital paris", ["a1"]),
        ("par", ["a1"]),
        ("par capital", []),
        ("capital par", ["a1"]),
        ("uber", ["a2"]),
        ("koln", ["a2"]),
        ("Köln Café", ["a2"]),
        ("foo_bar", ["a3"]),
        ("a-b.txt", ["a3"]),
        ("c++", ["a3", "a2", "a1"]),  # as a beginning: café, capital
        ("c++ cost", ["a3"]),
        ("nothing", []),
        ("text of u2", ["u2"]),
        ("", []),
        ("  ", []),
        ("!? ...", []),
        ("paris !?", ["a1"]),
    ],
)
async def test_messages_with_all_the_words_are_found(text: str, expected: list[str]) -> None:
    assert await found(await library(), text) == expected


async def test_a_hit_tells_where_it_is_and_marks_the_words_in_plain_text() -> None:
    stores = await library()
    (hit,) = await search(stores.db, ANN, "capital fra")
    assert (hit.chat_id, hit.title, hit.message_id, hit.role) == (CHAT, "text of u1", "a1", "assistant")
    assert [(piece.text, piece.mark) for piece in hit.snippet] == [
        ("Paris is the ", False),
        ("capital", True),
        (" of ", False),
        ("France", True),
        (".", False),
    ]


async def test_a_snippet_is_short_and_never_markup() -> None:
    stores = Stores()
    text = "word " * 200 + "<b>needle</b> & <script>" + " word" * 200
    await stores.memory().history.save(turn(1, answer=said("a1", text)))
    (hit,) = await search(stores.db, ANN, "needle")
    shown = "".join(piece.text for piece in hit.snippet)
    assert len(shown) < 300
    assert "<b>needle</b>" in shown
    assert [piece.text for piece in hit.snippet if piece.mark] == ["needle"]


@pytest.mark.parametrize("text", ["secretword", "mine paris", 'x" OR user_id : "guest_bob', "guest_bob", "bob"])
async def test_what_others_wrote_is_not_found(text: str) -> None:
    assert await found(await library(), text) == []
    assert await found(await library(), "secretword", BOB) == ["a1"]


async def test_users_whose_ids_look_alike_to_the_index_are_told_apart() -> None:
    stores = await library()
    for other in ("Guest_Ann", "guest ann", "guest-ann", "guest", "ann", '"guest_ann"', "guest_ann*", ""):
        assert await found(stores, "paris", User(other)) == []


@pytest.mark.parametrize(
    "text",
    [
        '"', '""', '"paris', "paris*", "* paris", "^paris", "NEAR(paris france)", "paris AND", "NOT paris", "(", ")",
        "text : paris", "user_id:x", "-paris", "paris + france", "{text} : paris", "'; DROP TABLE messages; --", "a\0b",
        "\0", "\x01\x02\x03", "%_", "\ud83d",
    ],
)  # fmt: skip
async def test_nothing_in_a_query_is_syntax(text: str) -> None:
    stores = await library()
    await search(stores.db, ANN, text)
    assert await found(stores, "paris") == ["a1"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet='"*^()+-:{}ANDORT \0', max_size=30))
def test_no_query_fails(text: str) -> None:
    asyncio.run(search(EMPTY, ANN, text))


async def test_the_newest_come_first_and_not_too_many() -> None:
    stores = Stores()
    for number in range(1, 41):
        await stores.memory().history.save(turn(number))
    hits = await found(stores, "text")
    assert len(hits) == MAX_RESULTS
    assert hits[:3] == ["a40", "u40", "a39"]


async def test_what_was_deleted_is_not_found_and_leaves_the_index_sound() -> None:
    stores = await library()
    await stores.talk(1, chat_id="other")
    await stores.catalogue().delete(CHAT)
    assert await found(stores, "paris") == []
    assert await found(stores, "text") == ["a1", "u1"]
    await stores.db.exec("INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)")


async def test_a_guests_messages_are_found_by_their_account_and_only_there() -> None:
    stores = await library()
    await sign_in(stores.db, User("user_1"), ANN)
    assert await found(stores, "paris", User("user_1")) == ["a1"]
    assert await found(stores, "paris") == []
    await stores.db.exec("INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)")


async def test_an_answer_that_replaces_an_interrupted_one_is_found_by_its_own_words() -> None:
    stores = Stores()
    await stores.memory().history.save(turn(1, answer=said("a1", "begun"), outcome="interrupted"))
    await stores.memory().history.save(turn(1, answer=said("a1", "finished")))
    assert await found(stores, "begun") == []
    assert await found(stores, "finished") == ["a1"]


def test_a_query_has_so_many_words() -> None:
    assert len(words_of("word " * 100)) == MAX_WORDS
    assert words_of("a - b\0c !") == ["a", "b", "c"]
