import pytest
from remembering import ANN, BOB, CHAT, NOW, Applied, Stores, said, turn

from edgechat.model.parts import Usage
from edgechat.ui.messages import DataPart, FilePart, TextPart, ToolPart, UIMessage
from service.auth import User
from service.auth.accounts import sign_in
from service.history import History, Turn
from service.history.bounds import MAX_PARTS, parts_of, title_of
from service.history.errors import MessageConflict, UnknownParent
from service.outcome import Outcome
from service.web import Unavailable


async def test_a_conversation_is_read_as_it_was_written() -> None:
    stores = Stores()
    answer = UIMessage(
        id="a1",
        role="assistant",
        parts=[
            ToolPart(
                type="tool-weather", tool_call_id="c", state="output-available", input={}, output=[1.5, None, "é"]
            ),
            TextPart(text='It "rains".\n\U0001f327', state="done"),
        ],
        metadata={"model": "small"},
    )
    first, second = turn(1, answer=answer), turn(2, "a1")
    await stores.memory().history.save(first)
    await stores.memory().history.save(second)
    assert await stores.memory().history.load(CHAT) == [*first.messages, *second.messages]
    assert await stores.memory().history.load(CHAT, "a1") == first.messages


async def test_what_does_not_exist_is_told_apart() -> None:
    stores = Stores()
    await stores.talk(1)
    assert await stores.memory().history.load("other") is None
    assert await stores.memory().history.load(CHAT, "nowhere") == []


async def test_the_same_turn_saved_twice_is_saved_once() -> None:
    stores = Stores()
    cost = {"small": Usage(input_tokens=3, output_tokens=5)}
    for _ in range(3):
        await stores.memory().history.save(turn(1, usage=cost))
    assert await stores.ids() == ["u1", "a1"]
    assert len(await stores.rows("usage")) == 1


async def test_a_turn_whose_commit_was_not_confirmed_is_saved_once() -> None:
    stores = Stores()
    history = History(Applied(stores.db), ANN)
    with pytest.raises(Exception, match="connection lost"):
        await history.save(turn(1))
    await history.save(turn(1))
    assert await stores.ids() == ["u1", "a1"]


@pytest.mark.parametrize("line", ["INSERT INTO conversations", "INSERT INTO messages", "INSERT INTO usage"])
async def test_a_turn_is_saved_whole_or_not_at_all(line: str) -> None:
    stores = Stores()
    stores.db.fail_on(line, Exception("D1_ERROR: overloaded"))
    with pytest.raises(Unavailable):
        await stores.memory().history.save(turn(1, usage={"small": Usage()}))
    assert [await stores.rows(table) for table in ("conversations", "messages", "usage")] == [[], [], []]


async def test_another_message_under_the_same_id_is_a_conflict() -> None:
    stores = Stores()
    await stores.talk(2)
    history = stores.memory().history
    with pytest.raises(MessageConflict):
        await history.save(Turn(CHAT, None, [said("u1", "something else"), said("a9")]))
    with pytest.raises(MessageConflict):
        await history.save(Turn(CHAT, "a2", [said("u1"), said("a9")]))  # at another place
    with pytest.raises(MessageConflict):
        await history.save(Turn(CHAT, "a2", [said("a1", role="user"), said("a9")]))
    assert await stores.ids() == ["u1", "a1", "u2", "a2"]
    assert len(await stores.rows()) == 4


async def test_a_message_follows_only_what_is_there() -> None:
    stores = Stores()
    await stores.talk(1)
    await stores.talk(1, chat_id="other")
    history = stores.memory().history
    await history.save(Turn("third", None, [said("u7"), said("a7")]))
    for chat_id, parent_id in ((CHAT, "nowhere"), (CHAT, "a7"), ("new", "a1")):
        with pytest.raises(UnknownParent):
            await history.save(Turn(chat_id, parent_id, [said("u2"), said("a2")]))
    assert await history.load("new") is None


async def test_a_turn_of_a_conversation_that_was_deleted_meanwhile_does_not_bring_it_back() -> None:
    stores = Stores()
    await stores.talk(1)
    await stores.catalogue().delete(CHAT)
    with pytest.raises(UnknownParent):
        await stores.memory().history.save(turn(2, "a1"))
    assert await stores.memory().history.load(CHAT) is None


async def test_users_may_have_the_same_ids_and_share_nothing() -> None:
    stores = Stores()
    await stores.talk(2)
    bobs = stores.memory(BOB).history
    assert await bobs.load(CHAT) is None
    with pytest.raises(UnknownParent):
        await bobs.save(turn(2, "a1"))
    await bobs.save(Turn(CHAT, None, [said("u1", "Bob's"), said("a1", "for Bob")]))
    assert [message.text for message in await bobs.load(CHAT) or []] == ["Bob's", "for Bob"]
    assert await stores.ids() == ["u1", "a1", "u2", "a2"]


async def test_an_answer_generated_again_is_shown_instead_of_the_old_one() -> None:
    stores = Stores()
    await stores.talk(2)
    again = turn(2, "a1", answer=said("a2b"), at=NOW + 5)
    await stores.memory().history.save(again)
    assert await stores.ids() == ["u1", "a1", "u2", "a2b"]
    assert len(await stores.rows()) == 5


async def test_an_edited_first_message_begins_the_conversation_anew() -> None:
    stores = Stores()
    await stores.talk(2)
    await stores.memory().history.save(turn(3, None))
    assert await stores.ids() == ["u3", "a3"]
    assert [row["title"] for row in await stores.rows("conversations")] == ["text of u1"]


async def test_a_turn_that_is_saved_again_later_does_not_change_what_is_shown() -> None:
    stores = Stores()
    await stores.talk(2)
    await stores.memory().history.save(turn(1))
    assert await stores.ids() == ["u1", "a1", "u2", "a2"]


async def test_of_two_tabs_the_later_question_is_shown_whichever_answer_comes_last() -> None:
    for order in ((2, 3), (3, 2)):
        stores = Stores()
        await stores.talk(1)
        for number in order:
            await stores.memory().history.save(turn(number, "a1"))
        assert await stores.ids() == ["u1", "a1", "u3", "a3"]


async def test_a_clock_that_was_ahead_does_not_hide_the_next_turn() -> None:
    stores = Stores()
    await stores.memory().history.save(turn(1, at=NOW + 3_600_000))
    await stores.memory().history.save(turn(2, "a1", at=NOW))
    assert await stores.ids() == ["u1", "a1", "u2", "a2"]


async def test_an_interrupted_answer_gives_way_to_the_whole_one_but_not_the_other_way_round() -> None:
    stores = Stores()
    history = stores.memory().history
    part, estimated = said("a1", "Par"), {"small": Usage(output_tokens=1, is_estimated=True)}
    whole, counted = said("a1", "Paris"), {"small": Usage(output_tokens=2)}
    await history.save(turn(1, answer=part, outcome="interrupted", usage=estimated))
    assert [message.text for message in await history.load(CHAT) or []] == ["text of u1", "Par"]
    await history.save(turn(1, answer=whole, usage=counted))
    await history.save(turn(1, answer=part, outcome="interrupted", usage=estimated))
    assert [message.text for message in await history.load(CHAT) or []] == ["text of u1", "Paris"]
    (used,) = await stores.rows("usage")
    assert (used["output_tokens"], used["is_estimated"]) == (2, 0)
    assert [row["outcome"] for row in await stores.rows()] == [None, "done"]


async def test_a_later_try_replaces_what_broke_off_if_it_has_text() -> None:
    stores = Stores()
    history = stores.memory().history

    async def save(text: str, outcome: Outcome, at: int) -> str:
        answer = UIMessage(id="a1", role="assistant", parts=[TextPart(text=text)])
        await history.save(turn(1, answer=answer, outcome=outcome, at=at))
        return (await history.load(CHAT) or [])[-1].text

    assert await save("Par", "interrupted", NOW) == "Par"
    assert await save("", "failed", NOW + 1) == "Par"
    assert await save("Pa", "interrupted", NOW) == "Par", "the same try, told again"
    assert await save("Lon", "interrupted", NOW + 2) == "Lon"
    assert await save("Par", "interrupted", NOW) == "Lon", "an earlier try"
    assert await save("London", "stopped", NOW + 3) == "London"


async def test_an_answer_that_goes_on_is_saved_once_and_counted_beside_what_it_had_cost() -> None:
    stores = Stores()
    history = stores.memory().history
    await history.save(turn(1, answer=said("a1", "Par"), outcome="stopped", usage={"small": Usage(output_tokens=1)}))
    longer = UIMessage(id="a1", role="assistant", parts=[TextPart(text="Par"), TextPart(text="is")])
    more = Turn(CHAT, "u1", [longer], "done", {"small": Usage(output_tokens=2)}, NOW + 9, continues=1)
    for _ in range(2):
        await history.save(more)
        assert [message.text for message in await history.load(CHAT) or []] == ["text of u1", "Paris"]
    other = UIMessage(id="a1", role="assistant", parts=[TextPart(text="Par"), TextPart(text="ty")])
    await history.save(Turn(CHAT, "u1", [other], "done", {}, NOW + 10, continues=1))
    assert (await history.load(CHAT) or [])[-1].text == "Paris", "it had gone on already"
    assert sum(row["output_tokens"] for row in await stores.rows("usage")) == 3


async def test_an_interrupted_answer_that_is_found_late_does_not_displace_what_came_after() -> None:
    stores = Stores()
    await stores.talk(1)
    history = stores.memory().history
    await history.save(turn(3, "a1"))
    await history.save(turn(2, "a1", outcome="interrupted"))
    assert await stores.ids() == ["u1", "a1", "u3", "a3"]


async def test_what_is_used_can_be_asked_by_user_model_and_day() -> None:
    stores = Stores()
    both = {"small": Usage(input_tokens=10, output_tokens=20), "large": Usage(input_tokens=1, output_tokens=2)}
    await stores.memory().history.save(turn(1, usage=both))
    await stores.memory().history.save(turn(2, "a1", usage=both, at=NOW + 24 * 3600 * 1000))
    await stores.memory(BOB).history.save(turn(1, usage=both))
    used = (
        await stores.db.prepare(
            "SELECT user_id, model, day, input_tokens, output_tokens FROM usage WHERE user_id = ? ORDER BY day, model"
        )
        .bind(ANN.id)
        .raw()
    )
    assert used == [
        [ANN.id, "large", "2027-01-15", 1, 2],
        [ANN.id, "small", "2027-01-15", 10, 20],
        [ANN.id, "large", "2027-01-16", 1, 2],
        [ANN.id, "small", "2027-01-16", 10, 20],
    ]


async def test_what_was_used_outlives_the_conversation() -> None:
    stores = Stores()
    await stores.memory().history.save(turn(1, usage={"small": Usage(input_tokens=1)}))
    await stores.catalogue().delete(CHAT)
    assert len(await stores.rows("usage")) == 1


async def test_an_answer_that_a_guest_was_still_getting_belongs_to_their_account() -> None:
    stores = Stores()
    await stores.talk(1)
    account = User("user_1")
    await sign_in(stores.db, account, ANN)
    await stores.memory(ANN).history.save(turn(2, "a1", usage={"small": Usage()}))
    await stores.memory(ANN).history.save(turn(1, chat_id="first"))
    assert await stores.ids(user=account) == ["u1", "a1", "u2", "a2"]
    assert await stores.ids("first", account) == ["u1", "a1"]
    assert await stores.memory(ANN).history.load(CHAT) is None
    assert [row["user_id"] for row in await stores.rows("usage")] == [account.id]


async def test_a_long_conversation_can_pass_to_an_account() -> None:
    stores = Stores()
    history = stores.memory().history
    parent_id = None
    for number in range(1, 1101):  # more than SQLite's triggers may be nested
        await history.save(Turn(CHAT, parent_id, [said(f"u{number}")]))
        parent_id = f"u{number}"
    await sign_in(stores.db, User("user_1"), ANN)
    assert len(await stores.ids(user=User("user_1"))) == 1100
    assert await stores.catalogue(User("user_1")).delete(CHAT)
    assert await stores.rows() == []


async def test_what_is_too_large_for_a_row_is_left_out_and_the_rest_is_kept() -> None:
    stores = Stores()
    image = FilePart(media_type="image/png", url="data:image/png;base64," + "A" * MAX_PARTS)
    message = UIMessage(
        id="a1", role="assistant", parts=[TextPart(text="Here:"), image, DataPart(type="data-x", data="y" * 1000)]
    )
    await stores.memory().history.save(turn(1, answer=message))
    saved = (await stores.memory().history.load(CHAT) or [])[1]
    assert saved.parts == [message.parts[0], message.parts[2]]


def test_parts_that_fit_are_all_kept() -> None:
    data = DataPart(type="data-x", data="y" * (MAX_PARTS - 100))
    assert '"data-x"' in parts_of(UIMessage(id="a", role="assistant", parts=[TextPart(text="a"), data]))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", ""),
        ("  Hello,\n\tworld  ", "Hello, world"),
        ("word " * 50, "word " * 10 + "word…"),
        ("x" * 100, "x" * 59 + "…"),
        ("日本語" * 40, ("日本語" * 20)[:59] + "…"),
    ],
)
def test_a_title_is_the_first_words(text: str, title: str) -> None:
    found = title_of(said("u1", text or " "))
    assert found == title
    assert len(found) <= 60


def test_where_nothing_was_written_the_title_names_a_file() -> None:
    unnamed, cat = (
        FilePart(media_type="image/png", url="/api/attachments/a", filename=name) for name in (None, "cat.png")
    )
    assert title_of(UIMessage(id="u1", role="user", parts=[unnamed, cat])) == "cat.png"
    assert title_of(UIMessage(id="u1", role="user", parts=[cat, TextPart(text="My cat")])) == "My cat"
    assert title_of(UIMessage(id="u1", role="user", parts=[unnamed])) == ""
