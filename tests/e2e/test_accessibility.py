"""An audit of the page by axe-core: in each state, with all its rules, no violation."""

import re

import pytest
from live import ROOT
from page_stream import PageStream, written
from playwright.sync_api import Page, expect

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FOUND = """
async () => (await axe.run()).violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} (${help}): ${target.join(" ")}\\n${failureSummary}`))
"""
SIZES = {"phone": (360, 740), "desktop": (1280, 800)}

MARKDOWN = """\
# A heading

Some **bold** words, `code`, and [a link](https://example.org/).

- one
- two

| Name | Age |
| --- | ---: |
| Ada | 36 |

```python
def area(radius: float) -> float:
    return 3.14 * radius**2  # roughly
```

> A quotation.
"""


def violations(page: Page) -> list[str]:
    # By the debugger, which the policy does not bind.
    page.evaluate(AXE.read_text())
    # A colour on its way from one to another is neither.
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null))).then(() => null)")
    found: list[str] = page.evaluate(FOUND)
    return found


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest, page: Page) -> str:
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    return str(request.param)


@pytest.fixture(params=SIZES)
def size(request: pytest.FixtureRequest, page: Page) -> str:
    width, height = SIZES[request.param]
    page.set_viewport_size({"width": width, "height": height})
    return str(request.param)


@pytest.fixture
def stream(page: Page, scheme: str, size: str) -> PageStream:
    return PageStream(page)


def converse(stream: PageStream) -> None:
    stream.answer(
        {"type": "data-route", "data": {"side": "central", "stage": "signals", "reason": "code", "ms": 900}},
        {"type": "reasoning-start", "id": "r"},
        {"type": "reasoning-delta", "id": "r", "delta": "Let me think."},
        {"type": "reasoning-end", "id": "r"},
        {"type": "source-url", "sourceId": "s", "url": "https://example.org/", "title": "An example"},
        *written(MARKDOWN),
        {"type": "data-figures", "data": {"model": "tiny", "ttftMs": 20.0, "tokensPerSecond": 50.0}},
    )


def test_the_empty_page(stream: PageStream, page: Page) -> None:
    stream.open()
    assert violations(page) == []


def test_before_python_is_there(stream: PageStream, page: Page) -> None:
    page.route("**/app.zip", lambda route: None)
    page.goto("/", wait_until="commit")
    expect(page.get_by_label("Message", exact=True)).to_be_visible()
    assert violations(page) == []


def test_a_conversation(stream: PageStream, page: Page) -> None:
    stream.open()
    converse(stream)
    expect(page.get_by_role("log").get_by_role("table")).to_be_visible()
    assert violations(page) == []
    page.locator(".timeline summary").click()
    expect(page.locator(".timeline")).to_have_attribute("open", "")
    page.get_by_role("log").locator("details").first.locator("summary").click()
    assert violations(page) == []


def test_while_an_answer_comes(stream: PageStream, page: Page) -> None:
    stream.open()
    stream.ask()
    stream.begin()
    stream.send({"type": "text-start", "id": "text"})
    stream.text("Half an ans")
    expect(page.get_by_role("log")).to_contain_text("Half an ans")
    assert violations(page) == []
    stream.finish()


def test_an_error(stream: PageStream, page: Page) -> None:
    stream.open()
    stream.ask()
    stream.begin()
    stream.send({"type": "error", "errorText": "The model is asleep."})
    stream.close()
    expect(page.get_by_role("alert")).to_contain_text("asleep")
    assert violations(page) == []


def test_a_tool_that_asks_first(stream: PageStream, page: Page) -> None:
    stream.open()
    stream.answer(
        {"type": "tool-input-available", "toolCallId": "c", "toolName": "send_mail", "input": {"to": "Ada"}},
        {"type": "tool-approval-request", "approvalId": "a", "toolCallId": "c"},
    )
    expect(page.get_by_role("log")).to_contain_text("send_mail")
    assert violations(page) == []


def test_the_list_of_chats(stream: PageStream, page: Page, size: str) -> None:
    stream.open()
    converse(stream)
    if size == "phone":
        page.get_by_role("button", name="Open the list of chats").click()
    chats = page.get_by_role("navigation", name="Chats")
    expect(chats.locator("li a")).to_have_accessible_name(re.compile(r"\S"))
    assert violations(page) == []


def test_the_settings(stream: PageStream, page: Page, size: str) -> None:
    stream.open()
    if size == "phone":
        page.get_by_role("button", name="Open the list of chats").click()
    page.get_by_role("button", name="Settings").click()
    expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("button", ["Account", "More about this chat"])
def test_the_menus(stream: PageStream, page: Page, size: str, button: str) -> None:
    stream.open()
    converse(stream)
    if button == "Account":
        if size == "phone":
            page.get_by_role("button", name="Open the list of chats").click()
        page.locator("#account").click()
    else:
        page.locator("#chat-actions").click()
    expect(page.get_by_role("menu")).to_be_visible()
    assert violations(page) == []


def test_axe_finds_what_is_wrong(stream: PageStream, page: Page) -> None:
    stream.open()
    page.evaluate("document.getElementById('prompt').labels[0].remove()")
    page.evaluate("document.getElementById('prompt').removeAttribute('placeholder')")
    assert any("label" in violation for violation in violations(page))
