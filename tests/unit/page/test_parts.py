"""What stands for a part of a message; the rest of the page is a fake."""

from typing import Any

import fake_dom
import pytest

from edgechat.ui.messages import (
    DataPart,
    FilePart,
    ReasoningPart,
    SourceDocumentPart,
    SourceURLPart,
    StepStartPart,
    TextPart,
    ToolApproval,
    ToolPart,
    UIPart,
)
from page import highlight
from page.parts import PartView, part_view
from page.sources import sources_of


@pytest.fixture(autouse=True)
def colourless(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("colour", "forget"):
        monkeypatch.setattr(highlight, name, lambda block: None)


def shown(part: UIPart, role: Any = "assistant") -> PartView:
    view = part_view(part, role)
    assert view
    assert isinstance(view.element, fake_dom.Element)
    return view


def tool(**fields: Any) -> ToolPart:
    return ToolPart(type="tool-weather", tool_call_id="c1", **fields)


def buttons(view: PartView) -> list[str]:
    return [button.textContent for button in view.element.all("button")]


def test_an_answer_is_markdown_and_a_question_is_not() -> None:
    assert next(shown(TextPart(text="*a*")).element.all("em")).textContent == "a"
    question = shown(TextPart(text="*a*"), "user").element
    assert question.html == '<p class="said" dir="auto">*a*</p>'


def test_what_a_part_has_more_than_was_told_is_shown_too() -> None:
    part = TextPart(text="One", state="streaming")
    view = shown(part)
    part.text += " two"
    view.append(" two")
    part.text, part.state = "One two three", "done"
    view.update(part)
    assert view.element.textContent == "One two three"


def test_thoughts_are_folded_when_they_have_ended() -> None:
    part = ReasoningPart(text="Hm", state="streaming")
    view = shown(part)
    assert view.element.open
    assert next(view.element.all("summary")).textContent == "Thinking …"
    part.state = "done"
    view.update(part)
    assert not view.element.open
    assert next(view.element.all("summary")).textContent == "Thought for 1 s"


def test_nobody_knows_how_long_thoughts_of_an_earlier_visit_took() -> None:
    view = shown(ReasoningPart(text="Hm", state="done"))
    assert next(view.element.all("summary")).textContent == "Thoughts"


@pytest.mark.parametrize(
    ("part", "state"),
    [
        (tool(state="input-streaming", raw_input='{"ci'), "Preparing"),
        (tool(state="input-available", input={}), "Running"),
        (tool(state="output-available", input={}, output=1, preliminary=True), "Running"),
        (tool(state="output-available", input={}, output=1), "Done"),
        (tool(state="output-error", input={}, error_text="no"), "Failed"),
        (tool(state="output-denied", input={}), "Denied"),
        (tool(state="approval-responded", input={}, approval=ToolApproval(id="a", approved=True)), "Allowed"),
        (tool(state="approval-responded", input={}, approval=ToolApproval(id="a", approved=False)), "Denied"),
    ],
)
def test_a_tool_says_how_far_it_is(part: ToolPart, state: str) -> None:
    assert next(shown(part).element.all("summary")).textContent == f"weather{state}"


def test_a_tool_shows_what_went_in_and_what_came_out() -> None:
    view = shown(tool(state="output-available", input={"city": "Lisbon"}, output="sunny"))
    assert [one.textContent for one in view.element.all("dt")] == ["Input", "Output"]
    assert [one.textContent for one in view.element.all("dd")] == ['{\n  "city": "Lisbon"\n}', "sunny"]


def test_an_output_without_end_is_cut() -> None:
    view = shown(tool(state="output-available", input={}, output="x" * 100_000))
    assert len(view.element.textContent) < 30_000


def test_who_is_asked_has_two_buttons_until_they_have_answered() -> None:
    part = tool(state="approval-requested", input={}, approval=ToolApproval(id="a", request_reason="It deletes."))
    view = shown(part)
    assert buttons(view) == ["Allow", "Deny"]
    assert "It deletes." in view.element.textContent
    part.state = "approval-responded"
    view.update(part)
    assert buttons(view) == []


def test_own_pictures_are_shown_and_those_of_others_are_links() -> None:
    own = shown(FilePart(media_type="image/png", url="/api/attachments/a1", filename="cat.png")).element
    assert next(own.all("img")).attributes["src"] == "/api/attachments/a1"
    other = shown(FilePart(media_type="image/png", url="https://one.example/cat.png", filename="cat.png")).element
    assert list(other.all("img")) == []
    assert other.attributes["href"] == "https://one.example/cat.png"


@pytest.mark.parametrize("url", ["/api/chats", "/api/attachments/../session", "data:text/html,x", "javascript:x"])
def test_a_file_from_nowhere_good_is_only_named(url: str) -> None:
    chip = shown(FilePart(media_type="image/png", url=url, filename="cat.png")).element
    assert (chip.name, chip.textContent) == ("span", "cat.png")


def test_a_picture_that_a_model_made_is_shown() -> None:
    assert shown(FilePart(media_type="image/png", url="data:image/png;base64,AAAA")).element.name == "img"


@pytest.mark.parametrize("part", [StepStartPart(), DataPart(type="data-figures", data={})])
def test_some_parts_are_not_shown(part: UIPart) -> None:
    assert part_view(part, "assistant") is None


def test_each_source_is_named_once() -> None:
    cited = {"source": {"type": "source-url", "url": "https://two.example/x", "title": "Two"}}
    parts: list[UIPart] = [
        TextPart(text="", citations=[cited, {"source": {"url": 5}}, {}]),
        SourceURLPart(source_id="1", url="https://one.example/x"),
        SourceURLPart(source_id="2", url="https://one.example/x", title="Again"),
        SourceDocumentPart(source_id="3", media_type="application/pdf", title="A paper"),
    ]
    assert sources_of(parts) == [
        ("one.example", "https://one.example/x"),
        ("A paper", ""),
        ("Two", "https://two.example/x"),
    ]
