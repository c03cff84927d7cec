import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from edgechat.chat import Change, EdgeChatTransport
from edgechat.errors import APICallError
from edgechat.testing.fetch import FakeFetch, FakeRequest, FetchAnswer, HTTPAnswer
from edgechat.testing.script import drop
from edgechat.ui import chunks as ui
from edgechat.ui.messages import TextPart, UIMessage
from page.api import API
from page.conversation import Conversation
from page.drafts import Drafts, Outgoing

HEADERS = {"content-type": "text/event-stream"}


def message(id: str, role: Any, text: str) -> UIMessage:
    return UIMessage(id=id, role=role, parts=[TextPart(text=text)])


SAVED = [message("q", "user", "Hi"), message("a", "assistant", "Hello")]


def answer(id: str, text: str = "Well") -> HTTPAnswer:
    chunks: list[ui.UIChunk] = [
        ui.Start(message_id=id),
        ui.TextStart(id="t"),
        ui.TextDelta(id="t", delta=text),
        ui.TextEnd(id="t"),
        ui.Finish(finish_reason="stop"),
    ]
    return HTTPAnswer(ui.encode(chunks) + b"data: [DONE]\n\n", headers=HEADERS)


def saved(messages: Sequence[UIMessage], **more: object) -> bytes:
    return msgspec.json.encode(
        {"id": "c", "title": "A title", "updatedAt": 1, "versions": [], "messages": messages} | more
    )


def refused(status: int, code: str) -> HTTPAnswer:
    return HTTPAnswer(msgspec.json.encode({"error": {"code": code, "message": "No."}}), status=status)


class Service:
    """What it has, and what it answers to one question after the other."""

    def __init__(self, *answers: FetchAnswer) -> None:
        self.answers = list(answers)
        self.chat: FetchAnswer = HTTPAnswer(status=404)
        self.stream: FetchAnswer = HTTPAnswer(status=204)
        self.asked: list[Any] = []

    def __call__(self, request: FakeRequest) -> FetchAnswer:
        if request.url.endswith("/stream"):
            return self.stream
        if request.url == "/api/chat":
            self.asked.append(request.json())
            return self.answers.pop(0)
        return self.chat


class Desk:
    """A conversation with what is told of it."""

    def __init__(self, service: Service, chat_id: str | None = "c", store: dict[str, str] | None = None) -> None:
        fetch = FakeFetch(service)
        self.drafts = Drafts({} if store is None else store)
        self.told: list[str] = []
        self.waiting: list[str] = []
        self.returned_texts: list[str] = []
        self.on_started: Callable[[], object] = lambda: None
        self.conversation = Conversation(
            chat_id,
            api=API(fetch),
            drafts=self.drafts,
            transport=EdgeChatTransport(fetch),
            frames=None,
            events=self,
            clock=lambda: 1.0,
        )

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.conversation.chat.messages]

    def changed(self, conversation: Conversation, changes: Sequence[Change]) -> None:
        pass

    def queue_changed(self) -> None:
        self.waiting = [one.text for one in self.conversation.waiting]

    def started(self, conversation: Conversation, question: Outgoing, parent_id: str | None) -> None:
        self.told.append(f"started {question.text} after {parent_id}")
        self.on_started()

    def ended(self, conversation: Conversation) -> None:
        self.told.append("ended")

    def returned(self, conversation: Conversation, outgoing: Outgoing) -> None:
        self.returned_texts.append(outgoing.text)


async def test_what_is_sent_at_once_does_not_wait_in_sight() -> None:
    desk = Desk(Service(answer("a1")))
    sending = asyncio.Task(
        desk.conversation.submit(Outgoing("m1", "Hi")), loop=asyncio.get_running_loop(), eager_start=True
    )
    assert desk.waiting == []  # before anything is painted
    await sending
    assert desk.texts == ["Hi", "Well"]


async def test_what_is_saved_is_shown() -> None:
    service = Service()
    service.chat = saved(SAVED, versions=[["a0", "a"]])
    desk = Desk(service)
    assert await desk.conversation.load()
    assert desk.texts == ["Hi", "Hello"]
    assert desk.conversation.title == "A title"
    assert desk.conversation.versions.place("a") == (2, 2)


async def test_of_what_is_not_there_one_hears() -> None:
    assert not await Desk(Service()).conversation.load()


async def test_a_message_is_sent_and_told_of() -> None:
    service = Service(answer("a2"))
    service.chat = saved(SAVED)
    desk = Desk(service)
    await desk.conversation.load()
    await desk.conversation.submit(Outgoing("m", "And?"))
    assert desk.texts == ["Hi", "Hello", "And?", "Well"]
    assert desk.told == ["started And? after a", "ended"]
    assert service.asked[0]["parentId"] == "a"
    assert desk.drafts.read("c").queue == ()


async def test_a_new_conversation_gets_its_title_from_the_first_message() -> None:
    desk = Desk(Service(answer("a")), chat_id=None)
    assert desk.conversation.is_new
    await desk.conversation.submit(Outgoing("m", "How deep is the sea?"))
    assert desk.conversation.title == "How deep is the sea?"
    assert not desk.conversation.is_new


async def test_messages_wait_for_the_answers_before_them() -> None:
    desk = Desk(Service(answer("a1", "One"), answer("a2", "Two")), chat_id=None)
    waiting: list[list[str]] = []

    def submit_another() -> None:
        if not waiting:
            task = asyncio.ensure_future(desk.conversation.submit(Outgoing("m2", "Second")))
            task.add_done_callback(lambda _: None)
            waiting.append([one.text for one in desk.conversation.waiting])

    desk.on_started = submit_another
    await desk.conversation.submit(Outgoing("m1", "First"))
    await asyncio.sleep(0)
    assert desk.texts == ["First", "One", "Second", "Two"]
    assert desk.conversation.waiting == []


async def test_a_message_that_is_refused_is_given_back() -> None:
    service = Service(refused(413, "message_too_long"))
    service.chat = saved(SAVED)
    desk = Desk(service)
    await desk.conversation.load()
    await desk.conversation.submit(Outgoing("m", "Too long"))
    assert desk.returned_texts == ["Too long"]
    assert desk.texts == ["Hi", "Hello"]
    assert desk.drafts.read("c").queue == ()
    assert desk.conversation.chat.status == "error"


@pytest.mark.parametrize("failure", [drop(), refused(429, "too_fast"), refused(401, "unauthorized"), refused(503, "x")])
async def test_a_message_that_did_not_arrive_is_sent_again_as_the_same(failure: FetchAnswer) -> None:
    service = Service(failure, answer("a"))
    desk = Desk(service, chat_id=None)
    await desk.conversation.submit(Outgoing("m", "Hi"))
    assert desk.texts == ["Hi"]
    assert desk.conversation.chat.error is not None
    await desk.conversation.retry()
    assert desk.texts == ["Hi", "Well"]
    assert [asked["message"]["id"] for asked in service.asked] == ["m", "m"]
    assert desk.conversation.chat.error is None


async def test_a_message_that_did_not_arrive_is_sent_by_the_next_page() -> None:
    store: dict[str, str] = {}
    failed = Desk(Service(drop()), chat_id=None, store=store)
    await failed.conversation.submit(Outgoing("m", "Hi"))
    desk = Desk(Service(answer("a")), chat_id=failed.conversation.id, store=store)
    assert await desk.conversation.load()
    await desk.conversation.go_on()
    assert desk.texts == ["Hi", "Well"]
    assert store == {}


async def test_what_has_arrived_after_all_is_not_sent_again() -> None:
    service = Service()
    service.chat = saved(SAVED)
    desk = Desk(service)
    desk.drafts.enqueue("c", Outgoing("q", "Hi"))
    await desk.conversation.load()
    await desk.conversation.go_on()
    assert service.asked == []
    assert desk.texts == ["Hi", "Hello"]


async def test_nothing_is_sent_while_nobody_knows_what_it_follows() -> None:
    service = Service(answer("a2"))
    service.chat = HTTPAnswer(status=503)
    desk = Desk(service)
    with pytest.raises(APICallError):
        await desk.conversation.submit(Outgoing("m", "And?"))
    assert service.asked == []
    service.chat = saved(SAVED)
    await desk.conversation.retry()
    assert service.asked[0]["parentId"] == "a"
    assert desk.texts == ["Hi", "Hello", "And?", "Well"]


async def test_an_answer_that_is_being_written_is_followed() -> None:
    service = Service()
    service.chat = saved([*SAVED, message("m", "user", "And?")], running="a2")
    service.stream = answer("a2")
    desk = Desk(service)
    await desk.conversation.load()
    await desk.conversation.go_on()
    assert desk.texts == ["Hi", "Hello", "And?", "Well"]
    assert desk.told == []


async def test_what_another_tab_asks_is_followed() -> None:
    service = Service()
    service.chat = saved(SAVED)
    desk = Desk(service)
    await desk.conversation.load()
    service.stream = answer("a2")
    await desk.conversation.follow(Outgoing("m", "And?"), "a", "A title")
    assert desk.texts == ["Hi", "Hello", "And?", "Well"]


async def test_an_edited_question_is_a_version_of_the_old_one() -> None:
    service = Service(answer("a2"))
    service.chat = saved(SAVED)
    desk = Desk(service)
    await desk.conversation.load()
    await desk.conversation.edit(desk.conversation.chat.messages[0], "Hello?")
    question = desk.conversation.chat.messages[0]
    assert desk.texts == ["Hello?", "Well"]
    assert service.asked[0]["parentId"] is None
    assert desk.conversation.versions.place(question.id) == (2, 2)
    assert desk.conversation.versions.step(question.id, -1) == "q"


async def test_another_answer_is_a_version_of_the_old_one() -> None:
    service = Service(answer("a2"))
    service.chat = saved(SAVED)
    desk = Desk(service)
    await desk.conversation.load()
    await desk.conversation.regenerate(desk.conversation.chat.messages[1])
    assert desk.texts == ["Hi", "Well"]
    assert desk.conversation.versions.place("a2") == (2, 2)
    assert desk.told == ["started Hi after None", "ended"]


async def test_when_there_is_no_other_answer_the_old_one_stays() -> None:
    service = Service(refused(429, "daily_messages"))
    service.chat = saved(SAVED)
    desk = Desk(service)
    await desk.conversation.load()
    await desk.conversation.regenerate(desk.conversation.chat.messages[1])
    assert desk.texts == ["Hi", "Hello"]
    assert desk.conversation.chat.status == "error"


async def test_another_version_is_shown() -> None:
    service = Service()
    service.chat = saved(SAVED, versions=[["a", "b"]])
    desk = Desk(service)
    await desk.conversation.load()
    service.chat = saved([SAVED[0], message("b", "assistant", "Welcome")], versions=[["a", "b"]])
    await desk.conversation.show_version(desk.conversation.chat.messages[1], 1)
    assert desk.texts == ["Hi", "Welcome"]
    assert desk.told == ["ended"]


async def test_the_first_text_is_noted_also_if_it_comes_in_one_piece() -> None:
    chunks: list[ui.UIChunk] = [ui.Start(message_id="a1"), ui.Data(type="data-figures", data={})]
    text: list[ui.UIChunk] = [
        ui.TextStart(id="t"),
        ui.TextDelta(id="t", delta="Well"),
        ui.TextEnd(id="t"),
        ui.Finish(finish_reason="stop"),
    ]
    body = ui.encode(chunks), ui.encode(text) + b"data: [DONE]\n\n"
    desk = Desk(Service(HTTPAnswer(*body, headers=HEADERS)))
    await desk.conversation.submit(Outgoing("m1", "Hi"))
    assert desk.conversation.felt["a1"].first_text_at == 1.0
