"""The chat page as its user meets it, with the strict Content Security Policy on."""

import re

import httpx
import pytest
from live import Pop
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from watching import Complaints

QUESTION = "What is the capital of France?"
STORY = "Write a long story about the sea."
ANSWER_TIME = 30_000


def open_page(page: Page, path: str = "/") -> None:
    page.goto(path)
    expect(page.get_by_role("status").first).to_have_text("Ready", timeout=30_000)


def ask(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send").click()


def answers(page: Page) -> Locator:
    return page.get_by_role("log").locator("article[data-role=assistant]")


def finished(page: Page, number: int = 1) -> Locator:
    """The last of so many answers, once its figures stand below it."""
    expect(answers(page)).to_have_count(number, timeout=ANSWER_TIME)
    expect(answers(page).last.locator("footer")).to_contain_text("tokens/s", timeout=ANSWER_TIME)
    return answers(page).last


def test_the_policy_is_strict(chat_service: Pop) -> None:
    headers = httpx.get(chat_service.url).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["connect-src"] == "'self'"
    assert policy["trusted-types"] == "service-worker"  # the address of the service worker, and nothing else
    assert headers["x-content-type-options"] == "nosniff"


def test_a_question_is_answered_with_its_figures(page: Page) -> None:
    open_page(page)
    ask(page, QUESTION)
    answer = finished(page)
    expect(answer).to_contain_text("Paris")
    expect(answer.locator("footer")).to_contain_text(
        re.compile(r"first token after \d+ ms, \d+ at the edge · \d+ tokens/s · .*SmolLM2.* in place of llama")
    )
    expect(page.get_by_label("Message", exact=True)).to_be_focused()


def test_a_message_typed_before_python_is_ready_waits_for_it(page: Page) -> None:
    held: list[Route] = []
    page.route("**/app.zip", lambda route: held.append(route))
    page.goto("/", wait_until="commit")
    box = page.get_by_label("Message", exact=True)
    box.fill(QUESTION)
    box.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("your message will be sent")
    for route in held:
        route.continue_()
    page.unroute("**/app.zip")
    expect(finished(page)).to_contain_text("Paris")


def test_the_text_grows_while_it_streams(page: Page) -> None:
    open_page(page)
    ask(page, STORY)
    text = answers(page)
    lengths = set()
    for _ in range(20):
        expect(text.locator("p").first).not_to_be_empty(timeout=ANSWER_TIME)
        lengths.add(len(text.inner_text()))
        page.wait_for_timeout(50)
    assert len(lengths) > 5
    page.get_by_role("button", name="Stop").click()


def test_stop_keeps_the_text_and_one_can_go_on(page: Page) -> None:
    open_page(page)
    ask(page, STORY)
    text = answers(page).locator("p").first
    expect(text).not_to_be_empty(timeout=ANSWER_TIME)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(answers(page).locator("footer")).not_to_be_empty()
    kept = text.inner_text()
    assert kept
    page.wait_for_timeout(300)
    assert text.inner_text() == kept
    expect(page.get_by_role("alert")).to_be_hidden()
    ask(page, QUESTION)
    expect(finished(page, 2)).to_contain_text("Paris")
    page.reload()
    expect(answers(page)).to_have_count(2, timeout=30_000)
    expect(text).to_have_text(kept)


def test_a_conversation_is_there_again_after_a_reload(page: Page) -> None:
    open_page(page)
    ask(page, QUESTION)
    words = finished(page).locator("p").first.inner_text()
    ask(page, "And of Italy?")
    finished(page, 2)
    page.reload()
    expect(page.locator("article")).to_have_count(4, timeout=30_000)
    expect(answers(page).first.locator("p").first).to_have_text(words)
    expect(answers(page).first.locator("footer")).to_contain_text("at the edge")
    ask(page, "And of Spain?")
    finished(page, 3)


def test_a_new_chat_is_empty_and_back_leads_to_the_old_one(page: Page) -> None:
    open_page(page)
    ask(page, QUESTION)
    finished(page)
    page.get_by_role("link", name="New chat").click()
    expect(page.locator("article")).to_have_count(0)
    ask(page, "What is the capital of Italy?")
    finished(page)
    expect(page.locator("article[data-role=user] p")).to_have_text("What is the capital of Italy?")
    page.go_back()
    expect(page.locator("article[data-role=user] p")).to_have_text(QUESTION)


def test_an_answer_goes_on_while_one_looks_elsewhere(page: Page) -> None:
    open_page(page)
    ask(page, QUESTION)
    page.get_by_role("link", name="New chat").click()
    expect(page.locator("article")).to_have_count(0)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    page.wait_for_timeout(2000)
    expect(page.locator("article")).to_have_count(0)
    page.go_back()
    expect(answers(page).locator("p").first).to_contain_text("Paris")


def test_enter_sends_and_shift_enter_breaks_the_line(page: Page) -> None:
    open_page(page)
    box = page.get_by_label("Message", exact=True)
    box.press_sequentially("Say")
    box.press("Shift+Enter")
    box.press_sequentially("hello")
    expect(box).to_have_value("Say\nhello")
    box.press("Enter")
    expect(page.locator("article[data-role=user] p")).to_have_text("Say\nhello")
    finished(page)


def test_a_lost_session_is_told_and_a_new_one_goes_on(
    page: Page, context: BrowserContext, complaints: Complaints
) -> None:
    open_page(page)
    context.clear_cookies()
    ask(page, QUESTION)
    expect(page.get_by_role("alert")).to_contain_text("Your session has ended.")
    expect(page.locator("article[data-role=user]")).to_have_count(1)
    page.get_by_role("alert").get_by_role("button", name="Reload").click()
    expect(finished(page)).to_contain_text("Paris")
    complaints.expect("401", "404")


def test_a_service_that_is_gone_is_told_and_one_can_try_again(page: Page, complaints: Complaints) -> None:
    open_page(page)
    page.route("**/api/chat", lambda route: route.abort())
    ask(page, QUESTION)
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
    complaints.expect("ERR_FAILED")
    page.unroute("**/api/chat")
    page.get_by_role("alert").get_by_role("button", name="Try again").click()
    finished(page)
    expect(page.locator("article[data-role=user]")).to_have_count(1)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_an_answer_that_breaks_off_is_told_and_kept(page: Page) -> None:
    half = (
        'data: {"type":"start","messageId":"m"}\n\ndata: {"type":"text-start","id":"t"}\n\n'
        'data: {"type":"text-delta","id":"t","delta":"Half an ans"}\n\n'
    )
    open_page(page)
    page.route("**/api/chat/*/stream", lambda route: route.fulfill(status=204))
    page.route("**/api/chat", lambda route: route.fulfill(body=half, content_type="text/event-stream"))
    ask(page, QUESTION)
    expect(page.get_by_role("alert")).to_contain_text("The answer was cut off.", timeout=ANSWER_TIME)
    expect(answers(page).locator("p")).to_have_text("Half an ans")


def test_a_session_that_cannot_start_is_told(page: Page, complaints: Complaints) -> None:
    page.route("**/api/session", lambda route: route.fulfill(status=503))
    page.goto("/")
    expect(page.get_by_role("alert")).to_contain_text("cannot be reached", timeout=30_000)
    complaints.expect("503")


def test_text_is_never_markup(page: Page) -> None:
    open_page(page)
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    ask(page, attack)
    expect(page.locator("article[data-role=user] p")).to_have_text(attack)
    expect(page.locator("article img, article script")).to_have_count(0)
    finished(page)


@pytest.mark.parametrize(("width", "height"), [(360, 640), (1280, 800)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen(page: Page, width: int, height: int, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": height})
    open_page(page)
    ask(page, QUESTION + " " + "verylongword" * 20)
    finished(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    box = page.get_by_role("button", name="Send").bounding_box()
    assert box
    assert box["y"] + box["height"] <= height
    assert box["height"] >= 44
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(23, 24, 26)") == (scheme == "dark")
