"""Changes of a chat, as they come to the page. The page itself is a fake."""

from typing import Any

import fake_dom
import pytest

from edgechat.chat.changes import (
    Change,
    MessageAdded,
    MessageChanged,
    MessagesSet,
    PartAdded,
    PartChanged,
    StatusChanged,
    TextAppended,
)
from edgechat.ui.messages import DataPart, Role, TextPart, UIMessage
from page import highlight
from page.figures import Felt
from page.view import ConversationView


class Actions:
    """Notes what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.places: dict[str, tuple[int, int]] = {}

    def copy(self, message: UIMessage) -> None:
        self.asked.append(("copy", message.id))

    def edit(self, message: UIMessage, text: str) -> None:
        self.asked.append(("edit", message.id, text))

    def regenerate(self, message: UIMessage) -> None:
        self.asked.append(("regenerate", message.id))

    def continue_answer(self, message: UIMessage) -> None:
        self.asked.append(("continue", message.id))

    def versions(self, message: UIMessage) -> tuple[int, int]:
        return self.places.get(message.id, (1, 1))

    def show_version(self, message: UIMessage, step: int) -> None:
        self.asked.append(("version", message.id, step))

    def read_aloud(self, message: UIMessage) -> None:
        self.asked.append(("read_aloud", message.id))

    def is_reading(self, message: UIMessage) -> bool:
        return False

    def approve(self, approval_id: str, approved: bool) -> None:
        self.asked.append(("approve", approval_id, approved))


class Screen:
    def __init__(self) -> None:
        main, self.log = fake_dom.Element("main"), fake_dom.Element("div")
        main.append(self.log)
        self.actions = Actions()
        self.felt: dict[str, Felt] = {}
        self.view = ConversationView(self.log, self.actions, lambda message: self.felt.get(message.id))

    def apply(self, *changes: Change) -> None:
        self.view.apply(changes)

    @property
    def articles(self) -> list[fake_dom.Element]:
        return list(self.log.all("article"))

    @property
    def is_waiting(self) -> bool:
        return not next(one for one in self.log.all("p") if one.className == "waiting").hidden

    @property
    def texts(self) -> list[str]:
        return self.said("body")

    def said(self, class_name: str) -> list[str]:
        """In the one element of this class, by article."""
        return [
            next(each for each in one.all("div") if each.className == class_name).textContent for one in self.articles
        ]

    def labels(self, article: fake_dom.Element) -> list[str]:
        return [button.attributes.get("aria-label", button.textContent) for button in article.all("button")]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    for name in ("colour", "forget"):
        monkeypatch.setattr(highlight, name, lambda block: None)
    fake_dom.frames.clear()
    return Screen()


def message(id: str, text: str, role: Role = "assistant", **fields: Any) -> UIMessage:
    return UIMessage(id=id, role=role, parts=[TextPart(text=text, state="done")], **fields)


def question(id: str = "q", text: str = "Why?") -> UIMessage:
    return message(id, text, "user")


def test_an_answer_grows(screen: Screen) -> None:
    part = TextPart(text="", state="streaming")
    answer = UIMessage(id="a", role="assistant")
    screen.apply(MessageAdded(question()), StatusChanged("submitted", None))
    assert screen.is_waiting
    screen.apply(MessageAdded(answer), StatusChanged("streaming", None))
    answer.parts.append(part)
    screen.apply(PartAdded(answer, 0))
    part.text = "One *two*"
    screen.apply(TextAppended(answer, 0, "One *two*"))
    assert screen.texts == ["Why?", "One two"]
    assert "data-busy" in screen.articles[1].attributes
    assert screen.labels(screen.articles[1]) == []
    part.text, part.state = "One *two* three", "done"
    screen.apply(PartChanged(answer, 0), StatusChanged("ready", None))
    assert screen.texts == ["Why?", "One two three"]
    assert "data-busy" not in screen.articles[1].attributes
    assert screen.labels(screen.articles[1]) == ["Copy", "Another answer", "Read aloud"]
    assert not screen.is_waiting


def test_who_answers_is_shown_as_soon_as_it_is_told(screen: Screen) -> None:
    answer = UIMessage(id="a", role="assistant", parts=[])
    screen.apply(MessageAdded(answer), StatusChanged("streaming", None))
    assert screen.said("route") == [""]
    answer.parts.append(DataPart(type="data-route", data={"side": "central", "stage": "signals", "reason": "code"}))
    screen.apply(PartAdded(answer, 0))
    assert screen.said("route") == ["Answered by: Central · code"]
    answer.parts.clear()
    screen.apply(MessageChanged(answer))
    assert screen.said("route") == [""]


def test_messages_that_stay_keep_their_place_on_the_page(screen: Screen) -> None:
    first, second, third = question("1"), message("2", "Two"), question("3")
    screen.apply(MessagesSet([first, second, third]))
    before = screen.articles
    screen.apply(MessagesSet([first, second, message("4", "Four")]))
    assert screen.articles[:2] == before[:2]
    assert screen.texts == ["Why?", "Two", "Four"]
    screen.apply(MessagesSet([message("0", "Zero"), first, second]))
    assert screen.texts == ["Zero", "Why?", "Two"]
    assert screen.articles[1:] == before[:2]


def test_the_same_messages_read_again_stay_as_they_are(screen: Screen) -> None:
    screen.apply(MessagesSet([question("1"), message("2", "Two")]))
    before = screen.articles
    again = [question("1"), message("2", "Two")]
    screen.apply(MessagesSet(again))
    assert screen.articles == before
    again[1].parts.append(TextPart(text="Three"))
    screen.apply(PartAdded(again[1], 1))
    assert screen.texts[1] == "TwoThree"


def test_what_came_with_the_list_is_shown(screen: Screen) -> None:
    """Nothing else is told of a message in a batch with the list."""
    answer = message("a", "Half")
    screen.apply(MessagesSet([answer]))
    answer.parts[0] = TextPart(text="Half an answer", state="done")
    screen.apply(MessageChanged(answer))
    assert screen.texts == ["Half an answer"]
    answer.parts.append(TextPart(text="And more", state="done"))
    screen.apply(MessagesSet([answer]))
    assert screen.texts == ["Half an answerAnd more"]
    answer.parts.pop()
    screen.apply(MessagesSet([answer]))
    assert screen.texts == ["Half an answer"]


def test_a_long_conversation_is_drawn_from_its_end_on(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("page.view.FIRST_SLICE", 0.0)
    monkeypatch.setattr("page.view.SLICE", 0.0)
    screen.apply(MessagesSet([message(str(number), f"Text {number}") for number in range(5)]))
    assert screen.texts == ["", "", "", "", "Text 4"]
    fake_dom.run_frames()
    assert screen.texts == [f"Text {number}" for number in range(5)]
    assert all(screen.labels(article) for article in screen.articles)


def test_the_line_below_an_answer_says_how_it_was(screen: Screen) -> None:
    answer = message("a", "Yes.")
    answer.parts.append(DataPart(type="data-figures", data={"model": "big", "ttftMs": 50.0, "tokensPerSecond": 40.0}))
    screen.apply(MessagesSet([answer]))
    line = next(span for span in screen.articles[0].all("span") if span.className == "figures")
    assert "40 tokens/s" in line.textContent
    assert list(screen.articles[0].all("details")) == []
    screen.felt["a"] = Felt(sent_at=0.0, first_text_at=80.0)
    screen.apply(StatusChanged("ready", None))
    assert next(screen.articles[0].all("details")).className == "timeline"


def test_versions_are_steps(screen: Screen) -> None:
    screen.actions.places["a"] = (2, 3)
    screen.apply(MessagesSet([message("a", "Yes.")]))
    assert screen.labels(screen.articles[0])[3:] == ["Previous version", "Next version"]
    assert "2/3" in screen.articles[0].textContent
    screen.actions.places["a"] = (3, 3)
    screen.apply(StatusChanged("ready", None))
    (after,) = [one for one in screen.articles[0].all("button") if one.attributes["data-action"] == "next"]
    assert "disabled" in after.attributes


@pytest.mark.parametrize(
    ("outcome", "said", "offered"),
    [
        ("stopped", "You stopped this answer.", ["Continue", "Try again"]),
        ("interrupted", "This answer broke off.", ["Continue", "Try again"]),
        ("failed", "This answer failed.", ["Try again"]),
    ],
)
def test_an_answer_that_is_not_whole_says_so(screen: Screen, outcome: str, said: str, offered: list[str]) -> None:
    answer = message("a", "Half", metadata={"outcome": outcome})
    screen.apply(MessagesSet([question(), answer]))
    assert said in screen.articles[1].textContent
    assert screen.labels(screen.articles[1])[: len(offered)] == offered
    screen.apply(MessageAdded(question("q2")))
    assert said in screen.articles[1].textContent
    assert screen.labels(screen.articles[1]) == ["Copy", "Another answer", "Read aloud"]


def test_a_question_without_an_answer_can_be_asked_again(screen: Screen) -> None:
    screen.apply(MessageAdded(question()), StatusChanged("error", None))
    assert screen.labels(screen.articles[0])[0] == "Try again"


def test_what_has_left_is_gone(screen: Screen) -> None:
    screen.apply(MessagesSet([question(), message("a", "Yes.")]))
    screen.apply(MessagesSet([]))
    assert screen.articles == []
    assert screen.view._by_number == {}
