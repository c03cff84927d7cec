"""An answer while it comes, and when it is there."""

import re

import pytest
from page_stream import PageStream, written
from playwright.sync_api import BrowserContext, Locator, Page, expect

START = {"type": "text-start", "id": "text"}
END = {"type": "text-end", "id": "text"}
LONG = "".join(f"Paragraph {number} of many, with some words in it.\n\n" for number in range(60))


@pytest.fixture
def stream(page: Page) -> PageStream:
    stream = PageStream(page)
    stream.open()
    return stream


def answer(page: Page) -> Locator:
    return page.locator("article[data-role=assistant]").last


def mark(element: Locator) -> None:
    """To be recognized: what is replaced by its like has no mark."""
    element.evaluate("element => (element.isTheSame = true)")


def is_marked(element: Locator) -> bool:
    return bool(element.evaluate("element => element.isTheSame === true"))


def distance_from_end(page: Page) -> int:
    return int(page.locator("#log").evaluate("log => log.scrollHeight - log.clientHeight - log.scrollTop"))


def test_text_is_added_to_what_is_there(page: Page, stream: PageStream) -> None:
    stream.ask()
    stream.begin()
    stream.send(START)
    stream.text("# Title\n\nOne **two** th")
    paragraph = answer(page).locator("p")
    expect(paragraph).to_have_text("One two th")
    mark(paragraph)
    mark(answer(page).locator("strong"))
    stream.text("ree\n\n- four")
    expect(answer(page).locator("li")).to_have_text("four")
    expect(paragraph).to_have_text("One two three")
    assert is_marked(paragraph)
    assert is_marked(answer(page).locator("strong"))
    stream.send(END)
    stream.finish()
    expect(page.locator("article[data-busy]")).to_have_count(0)
    assert is_marked(paragraph)


def test_a_selection_outlives_what_comes_after(page: Page, stream: PageStream) -> None:
    stream.ask()
    stream.begin()
    stream.send(START)
    stream.text("First words. ")
    expect(answer(page).locator("p")).to_have_text("First words.")
    answer(page).locator("p").evaluate("p => getSelection().selectAllChildren(p)")
    stream.text("And *more* of them.\n\nAnother paragraph")
    expect(answer(page).locator("p")).to_have_count(2)
    assert page.evaluate("() => getSelection().toString()").startswith("First words.")
    stream.finish()


def test_code_has_its_language_a_button_that_copies_and_colours(
    page: Page, context: BrowserContext, stream: PageStream
) -> None:
    asked_for: list[str] = []
    page.on("request", lambda request: asked_for.append(request.url))
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    stream.answer(*written("No code."))
    assert not any(url.endswith("highlight.js") for url in asked_for)
    stream.answer(*written("```python\nprint('hello')\n```\n"))
    expect(answer(page).locator(".language")).to_have_text("python")
    expect(answer(page).locator("pre code")).to_have_text("print('hello')")
    answer(page).locator(".code").get_by_role("button", name="Copy").click()
    assert page.evaluate("() => navigator.clipboard.readText()") == "print('hello')"
    painted = 0
    for _ in range(50):
        painted = page.evaluate("() => [...CSS.highlights.values()].reduce((all, one) => all + one.size, 0)")
        if painted:
            break
        page.wait_for_timeout(100)
    assert painted
    assert any(url.endswith("highlight.js") for url in asked_for)


def test_code_that_leaves_takes_its_colours_along(page: Page, stream: PageStream) -> None:
    painted = "() => [...CSS.highlights.values()].reduce((all, one) => all + one.size, 0)"
    stream.answer(*written("```python\nprint('hello')\n```\n\nAnd then:\n\n```python\nprint('again')\n```\n"))
    for _ in range(50):
        if page.evaluate(painted) > 2:
            break
        page.wait_for_timeout(100)
    assert page.evaluate(painted) > 2
    page.get_by_role("link", name="New chat").first.click()
    expect(page.locator("article")).to_have_count(0)
    assert page.evaluate(painted) == 0


def test_what_is_wide_scrolls_in_itself(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 600})
    stream = PageStream(page)
    stream.open()
    head, rule, row = (" | ".join([text] * 12) for text in ("A heading", "--", "a cell"))
    stream.answer(*written(f"{head}\n{rule}\n{row}\n\n```\n{'long ' * 100}\n```\n\n{'word' * 100}\n\n`{'code' * 100}`"))
    wide = page.evaluate(
        """() => [...document.querySelectorAll("#log *")]
          .filter((one) => !one.closest("pre, .table") && one.getBoundingClientRect().right > innerWidth + 1)
          .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert wide == []
    for inner in (".table", "pre"):
        assert answer(page).locator(inner).evaluate("element => element.scrollWidth > element.clientWidth")


def test_thoughts_are_open_while_they_come_and_folded_after(page: Page, stream: PageStream) -> None:
    stream.ask()
    stream.begin()
    stream.send(
        {"type": "reasoning-start", "id": "r"}, {"type": "reasoning-delta", "id": "r", "delta": "Let me *see*."}
    )
    thoughts = answer(page).locator("details.reasoning")
    expect(thoughts.locator("em")).to_have_text("see")
    expect(thoughts).to_have_attribute("open", "")
    expect(thoughts.locator("summary")).to_have_text("Thinking …")
    stream.send({"type": "reasoning-end", "id": "r"}, *written("Now I know."))
    expect(thoughts.locator("summary")).to_have_text(re.compile(r"Thought for \d+ s"))
    expect(thoughts).not_to_have_attribute("open", "")
    stream.finish()


def test_a_tool_shows_what_went_in_and_what_came_out(page: Page, stream: PageStream) -> None:
    call = {"toolCallId": "c1", "toolName": "weather"}
    stream.ask()
    stream.begin()
    stream.send({"type": "tool-input-start", **call})
    card = answer(page).locator(".tool")
    expect(card.locator("summary")).to_contain_text("Preparing")
    stream.send({"type": "tool-input-available", **call, "input": {"city": "Lisbon"}, "providerExecuted": True})
    expect(card.locator("summary")).to_contain_text("Running")
    stream.send(
        {"type": "tool-output-available", "toolCallId": "c1", "output": {"sky": "clear"}, "providerExecuted": True}
    )
    expect(card.locator("summary")).to_have_text("weatherDone")
    card.locator("summary").click()
    expect(card).to_contain_text('"city": "Lisbon"')
    expect(card).to_contain_text('"sky": "clear"')
    stream.finish()


@pytest.mark.parametrize(("button", "state"), [("Allow", "Allowed"), ("Deny", "Denied")])
def test_a_tool_that_asks_is_answered_by_a_button(page: Page, stream: PageStream, button: str, state: str) -> None:
    call = {"toolCallId": "c1", "toolName": "delete_file"}
    stream.ask()
    stream.begin()
    stream.send(
        {"type": "tool-input-available", **call, "input": {"path": "a.txt"}},
        {"type": "tool-approval-request", "approvalId": "ap1", "toolCallId": "c1"},
    )
    stream.finish()
    card = answer(page).locator(".tool")
    expect(card.locator("summary")).to_contain_text("May it run?")
    card.get_by_role("button", name=button).click()
    expect(card.locator("summary")).to_contain_text(state)
    expect(card.get_by_role("button")).to_have_count(0)


def test_sources_are_a_list_of_safe_links(page: Page, stream: PageStream) -> None:
    sources = [("One", "https://one.example/"), ("Bad", "javascript:alert(1)"), ("Again", "https://one.example/")]
    stream.answer(
        *written("According to sources."),
        *(
            {"type": "source-url", "sourceId": str(number), "url": url, "title": title}
            for number, (title, url) in enumerate(sources)
        ),
        {"type": "source-document", "sourceId": "d", "mediaType": "application/pdf", "title": "A paper"},
    )
    rows = answer(page).locator(".sources li")
    expect(rows).to_have_text(["One", "Bad", "A paper"])
    link = answer(page).locator(".sources a")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_attribute("target", "_blank")


def test_a_picture_from_elsewhere_is_a_link(page: Page, stream: PageStream) -> None:
    stream.answer(
        *written("![a **cat**](https://pictures.example/cat.png)"),
        {"type": "file", "mediaType": "image/png", "url": "https://pictures.example/dog.png"},
    )
    expect(answer(page).locator("img")).to_have_count(0)
    expect(answer(page).get_by_role("link", name="a cat")).to_have_attribute("href", "https://pictures.example/cat.png")


def test_each_paragraph_goes_the_way_of_its_language(page: Page, stream: PageStream) -> None:
    stream.answer(*written("Left to right.\n\nمن اليمين إلى اليسار"))
    directions = answer(page).locator("p").evaluate_all("all => all.map((p) => getComputedStyle(p).direction)")
    assert directions == ["ltr", "rtl"]


def test_an_answer_that_was_stopped_can_go_on(page: Page, stream: PageStream) -> None:
    stream.answer({"type": "message-metadata", "messageMetadata": {"outcome": "stopped"}}, *written("Half of it"))
    expect(answer(page)).to_contain_text("You stopped this answer.")
    expect(answer(page).get_by_role("button", name="Try again")).to_be_visible()
    answer(page).get_by_role("button", name="Continue").click()
    expect(page.locator(".ending button")).to_have_count(0)


def test_the_log_follows_until_the_reader_goes_elsewhere(page: Page, stream: PageStream) -> None:
    stream.ask()
    stream.begin()
    stream.send(START)
    stream.text(LONG)
    expect(answer(page).locator("p")).to_have_count(60)
    assert distance_from_end(page) < 5
    jump = page.get_by_role("button", name="Jump to latest")
    expect(jump).to_be_hidden()

    page.locator("#log").hover()
    page.mouse.wheel(0, -500)
    expect(jump).to_be_visible()
    top = page.locator("#log").evaluate("log => log.scrollTop")
    stream.text(LONG)
    expect(answer(page).locator("p")).to_have_count(120)
    assert page.locator("#log").evaluate("log => log.scrollTop") == top

    jump.click()
    expect(jump).to_be_hidden()
    stream.text(LONG)
    expect(answer(page).locator("p")).to_have_count(180)
    assert distance_from_end(page) < 5
    stream.finish()


def test_a_message_is_edited_in_its_place(page: Page, stream: PageStream) -> None:
    stream.answer(*written("Yes."))
    question = page.locator("article[data-role=user]")
    question.hover()
    question.get_by_role("button", name="Edit").click()
    box = page.get_by_label("Edit message")
    expect(box).to_be_focused()
    expect(box).to_have_value("A question")
    box.press("Escape")
    expect(box).to_have_count(0)
    expect(question.get_by_role("button", name="Edit")).to_be_focused()
    question.get_by_role("button", name="Edit").click()
    box.fill("Another question")
    box.press("Enter")
    expect(page.locator("article[data-role=user]")).to_have_text(re.compile("Another question"))


def test_the_browser_skips_what_is_far_above(page: Page, stream: PageStream) -> None:
    for _ in range(2):
        stream.answer(*written(LONG))
    first, last = page.locator("article").first, page.locator("article").last
    shown = "one => one.querySelector('p').checkVisibility({ contentVisibilityAuto: true })"
    assert not first.evaluate(shown)
    assert last.evaluate(shown)
