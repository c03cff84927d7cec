import pytest
from remembering import ANN, BOB, CHAT, Stores, said, turn

from edgechat.errors import APICallError
from edgechat.model.parts import Usage
from edgechat.model.prompt import SystemMessage, text_of
from edgechat.testing import FakeModel
from service.auth import User
from service.auth.accounts import sign_in
from service.history import Past, Summarise, Summary, Turn, summarise_with
from service.history.summary import split

BUDGET = 500
"""Tokens: five turns of the ones below."""


class Summariser:
    def __init__(self, text: str = "Notes") -> None:
        self.text = text
        self.asked: list[Past] = []

    async def __call__(self, past: Past) -> Summary:
        self.asked.append(past)
        return Summary(f"{self.text} {len(self.asked)}", "small", Usage(input_tokens=7, output_tokens=3))


async def talk(stores: Stores, summarise: Summarise, turns: int) -> Past:
    """As a conversation goes: each turn is recalled, kept, and summed up. The past of the next one."""
    memory, past, parent_id = stores.memory(), Past(), None
    for number in range(1, turns + 1):
        each = Turn(CHAT, parent_id, [said(f"u{number}"), said(f"a{number}", "x" * 280)], at=number)
        await memory.keep(each, past)
        await memory.compact(each, past, summarise, BUDGET)
        past, parent_id = await memory.recall(CHAT, each.leaf_id, BUDGET), each.leaf_id
    return past


def ids(past: Past) -> list[str]:
    return [message.id for message in past.messages]


async def test_a_short_conversation_needs_no_summary() -> None:
    stores, summarise = Stores(), Summariser()
    past = await talk(stores, summarise, 4)
    assert past.summary is None
    assert summarise.asked == []
    assert not any("RECURSIVE" in line for line in stores.db.log), "and no look at the database"


async def test_what_falls_out_of_the_window_is_summed_up_with_what_was_before() -> None:
    stores, summarise = Stores(), Summariser()
    past = await talk(stores, summarise, 12)
    assert len(summarise.asked) >= 2
    told = [message.id for asked in summarise.asked for message in asked.messages]
    assert told + ids(past) == [name for number in range(1, 13) for name in (f"u{number}", f"a{number}")]
    summaries = [*(asked.summary for asked in summarise.asked), past.summary]
    assert summaries == [None, *(f"Notes {number}" for number in range(1, len(summaries)))]
    assert past.tokens <= BUDGET


async def test_the_database_tells_the_same_as_kv() -> None:
    stores = Stores()
    past = await talk(stores, Summariser(), 12)
    assert past.summary
    await stores.kv.delete(f"tail:{ANN.id}/{CHAT}")
    assert await stores.memory().recall(CHAT, "a12", BUDGET) == past


async def test_an_edited_conversation_is_not_told_what_was_said_after_the_edit() -> None:
    stores = Stores()
    await talk(stores, Summariser(), 12)
    early = await stores.memory().recall(CHAT, "a2", BUDGET)
    assert (early.summary, ids(early)) == (None, ["u1", "a1", "u2", "a2"])


async def test_each_version_of_a_conversation_has_its_own_summary() -> None:
    stores = Stores()
    await talk(stores, Summariser("Old"), 6)
    memory, past = stores.memory(), await stores.memory().recall(CHAT, "a1", BUDGET)
    for number in range(7, 13):
        each = turn(number, past.messages[-1].id, answer=said(f"a{number}", "x" * 280))
        await memory.keep(each, past)
        await memory.compact(each, past, Summariser("New"), BUDGET)
        past = await memory.recall(CHAT, each.leaf_id, BUDGET)
    assert (past.summary or "").startswith("New")
    assert ((await memory.recall(CHAT, "a6", BUDGET)).summary or "").startswith("Old")


async def test_a_summary_counts_in_what_is_used() -> None:
    stores = Stores()
    await talk(stores, Summariser(), 5)
    (used,) = await stores.rows("usage")
    assert used["turn_id"].startswith("summary-")
    assert (used["model"], used["input_tokens"], used["output_tokens"]) == ("small", 7, 3)


async def test_without_a_summary_the_newest_messages_are_told_and_the_next_try_covers_all() -> None:
    stores = Stores()

    async def fail(_past: Past) -> Summary:
        raise APICallError("The model could not be reached.")

    past = await talk(stores, fail, 12)
    assert past.summary is None
    assert ids(past)[-1] == "a12"
    summarise, last = Summariser(), turn(13, "a12", answer=said("a13", "x" * 280))
    await stores.memory().keep(last, past)
    await stores.memory().compact(last, past, summarise, BUDGET)
    assert ids(summarise.asked[0])[0] == "u1"


async def test_a_summary_without_text_is_none() -> None:
    async def nothing(_past: Past) -> Summary:
        return Summary("", "small", Usage())

    assert (await talk(Stores(), nothing, 8)).summary is None


async def test_a_summary_is_kept_within_bounds() -> None:
    async def verbose(_past: Past) -> Summary:
        return Summary("y" * 50_000, "small", Usage())

    stores = Stores()
    await talk(stores, verbose, 6)
    assert {len(row["summary"]) for row in await stores.rows() if row["summary"]} == {4000}


async def test_a_summary_that_comes_after_sign_in_finds_the_conversation() -> None:
    stores = Stores()
    await stores.talk(2)
    await sign_in(stores.db, User("user_1"), ANN)
    await stores.memory(ANN).history.save_summary(CHAT, "a1", "Notes", {}, 0)
    assert await stores.memory(User("user_1")).history.recent(CHAT, "a2") == Past(turn(2).messages, "Notes")
    await stores.memory(BOB).history.save_summary(CHAT, "a2", "Bob's", {}, 0)
    assert [row["summary"] for row in await stores.rows()] == [None, "Notes", None, None]


@pytest.mark.parametrize("size", [10, 280, 5000])
def test_the_last_turn_is_always_left(size: int) -> None:
    past = Past([said(name, "x" * size) for number in range(9) for name in (f"u{number}", f"a{number}")])
    parts = split(past, 100)
    assert parts
    old, left = parts
    assert [*old.messages, *left.messages] == past.messages
    assert left.messages[0].role == "user"
    assert ids(left)[-2:] == ["u8", "a8"]


def test_one_turn_alone_is_not_summed_up() -> None:
    assert split(Past([said("u1", "x" * 5000), said("a1")]), 100) is None
    assert split(Past([said("a1", "x" * 5000)]), 100) is None


async def test_a_model_sums_up() -> None:
    model = FakeModel(" She is called Ann. ", model_id="small", usage=Usage(input_tokens=9, output_tokens=5))
    past = Past([said("u1", "I am Ann."), said("a1", "Hello, Ann!")], "They speak of names.")
    summary = await summarise_with(model)(past)
    assert summary == Summary("She is called Ann.", "small", Usage(input_tokens=9, output_tokens=5))
    (call,) = model.calls
    system, asked = call.messages
    assert isinstance(system, SystemMessage)
    assert "Ann" not in system.content
    assert text_of(asked).startswith(
        "Notes so far:\nThey speak of names.\n\nUser: I am Ann.\n\nAssistant: Hello, Ann!\n\n"
    )
