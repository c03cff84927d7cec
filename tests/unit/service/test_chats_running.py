"""Who opens a conversation while an answer is being written in it."""

import msgspec
import pytest
from outages import Broken, lose_patience
from remembering import ANN, CHAT, said, turn
from taping import LocalTape
from test_chats import Env, ask, body_of, error_of

from edgechat.ui.messages import UIMessage
from service.auth import User
from service.auth.accounts import sign_in
from service.salvage import Announcement, Unsaved


class Talking(Env):
    """With the tape of one conversation."""

    def __init__(self) -> None:
        super().__init__()
        self.the_tape = LocalTape(self._save)

    async def _save(self, unsaved: Unsaved) -> None:
        raise AssertionError

    def tape(self, user_id: str, chat_id: str) -> LocalTape | None:
        return self.the_tape if (user_id, chat_id) == (ANN.id, CHAT) else None

    async def begin(self, question: UIMessage, parent_id: str | None, answer_id: str = "answer") -> int:
        answer = UIMessage(id=answer_id, role="assistant")
        return await self._announce(parent_id, [question], answer)

    async def go_on(self, answer: UIMessage, question_id: str) -> int:
        return await self._announce(question_id, [], answer)

    async def _announce(self, parent_id: str | None, new: list[UIMessage], answer: UIMessage) -> int:
        raw = [msgspec.Raw(msgspec.json.encode(value)) for value in (new, answer)]
        announced = Announcement(ANN.id, CHAT, parent_id, raw[0], raw[1], "key", False)
        begun = await self.the_tape.begin(msgspec.json.encode(announced).decode(), False)
        assert begun["status"] == "started"
        return int(begun["id"])

    async def shown(self) -> tuple[list[str], str | None]:
        opened = body_of(await ask(self, "GET", f"/api/chats/{CHAT}"))
        ids = [message["id"] for message in opened["messages"]]
        assert opened["headId"] == ids[-1]
        return ids, opened["running"]


async def test_the_question_is_shown_before_it_is_saved() -> None:
    env = Talking()
    await env.stores.talk(1)
    generation = await env.begin(said("u2"), "a1")
    assert await env.shown() == (["u1", "a1", "u2"], "answer")
    await env.stores.memory().history.save(turn(2, "a1", answer=said("answer", role="assistant")))
    await env.the_tape.finish(generation, "done", 0, b"", True)
    assert await env.shown() == (["u1", "a1", "u2", "answer"], None)


async def test_an_answer_whose_tape_has_not_heard_of_its_end_is_shown() -> None:
    env = Talking()
    await env.stores.talk(1)
    await env.begin(said("u2"), "a1")
    await env.stores.memory().history.save(turn(2, "a1", answer=said("answer", role="assistant")))
    assert await env.shown() == (["u1", "a1", "u2", "answer"], None)


async def test_so_is_the_first_one() -> None:
    env = Talking()
    await env.begin(said("u1", "Where to go?"), None)
    assert await env.shown() == (["u1"], "answer")
    assert body_of(await ask(env, "GET", f"/api/chats/{CHAT}"))["title"] == "Where to go?"


async def test_an_answer_that_is_generated_again_is_not_shown_with_the_old_one() -> None:
    env = Talking()
    await env.stores.talk(2)
    await env.begin(said("u2"), "a1")
    assert await env.shown() == (["u1", "a1", "u2"], "answer")


async def test_an_answer_that_goes_on_is_shown_as_far_as_it_had_come() -> None:
    env = Talking()
    await env.stores.talk(2)
    await env.go_on(said("a2"), "u2")
    assert await env.shown() == (["u1", "a1", "u2", "a2"], "a2")


async def test_what_runs_for_a_guest_is_shown_to_the_account_that_they_have_become() -> None:
    env = Talking()
    await env.begin(said("u1", "Where to go?"), None)
    account = User("user_1")
    await sign_in(env.db, account, ANN)
    opened = body_of(await ask(env, "GET", f"/api/chats/{CHAT}", user=account))
    assert (opened["title"], opened["running"]) == ("Where to go?", "answer")


async def test_the_first_question_edited_stands_alone() -> None:
    env = Talking()
    await env.stores.talk(2)
    await env.begin(said("u3"), None)
    assert await env.shown() == (["u3"], "answer")


async def test_what_came_before_may_still_wait_to_be_saved() -> None:
    env = Talking()
    await env.stores.talk(1)
    await env.stores.memory().outbox.add(ANN, turn(2, "a1"))
    await env.begin(said("u3"), "a2")
    assert await env.shown() == (["u1", "a1", "u2", "a2", "u3"], "answer")


async def test_a_question_that_follows_nothing_is_not_shown() -> None:
    env = Talking()
    await env.stores.talk(1)
    await env.begin(said("u3"), "gone")
    assert await env.shown() == (["u1", "a1"], None)


async def test_a_conversation_is_renamed_while_an_answer_is_written() -> None:
    env = Talking()
    await env.stores.talk(1)
    await env.begin(said("u2"), "a1")
    renamed = body_of(await ask(env, "PATCH", f"/api/chats/{CHAT}", {"title": "New"}))
    assert (renamed["title"], renamed["running"]) == ("New", "answer")


async def test_one_that_is_not_saved_yet_has_no_title_to_change() -> None:
    env = Talking()
    await env.begin(said("u1"), None)
    response = await ask(env, "PATCH", f"/api/chats/{CHAT}", {"title": "New"})
    assert error_of(response) == (404, "unknown_chat")


@pytest.mark.parametrize("fault", ["fails", "hangs"])
async def test_a_tape_that_does_not_answer_hides_nothing_that_is_saved(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_patience(monkeypatch, "tape")
    env = Talking()
    await env.stores.talk(1)
    await env.begin(said("u2"), "a1")
    monkeypatch.setattr(env, "tape", lambda *_: Broken(ConnectionError() if fault == "fails" else None))
    assert await env.shown() == (["u1", "a1"], None)
