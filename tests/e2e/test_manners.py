"""Keyboard, input methods, languages, screen readers, colours and motion."""

import re
from collections.abc import Callable, Iterator

import pytest
from live import Pop
from page_stream import PageStream, written
from playwright.sync_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect
from watching import Complaints, watch

READY = 60_000
SHIFTS = """
globalThis.shifts = [];
const where = ({ node }) => node?.id || node?.className || node?.nodeName;
new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) shifts.push([value, ...sources.map(where)]);
})
    .observe({ type: "layout-shift", buffered: true });
"""
ANNOUNCED = """
globalThis.announced = [];
new MutationObserver(() => announced.push(document.getElementById("announcement").textContent))
    .observe(document.getElementById("announcement"), { childList: true, characterData: true, subtree: true });
"""


@pytest.fixture
def foreign(browser: Browser, chat_service: Pop, complaints: Complaints) -> Iterator[Callable[[str], Page]]:
    """A page of somebody with this locale."""
    contexts: list[BrowserContext] = []

    def open_context(locale: str) -> Page:
        size = ViewportSize(width=1000, height=700)
        context = browser.new_context(base_url=chat_service.url, locale=locale, viewport=size, service_workers="block")
        contexts.append(context)
        page = context.new_page()
        watch(page, chat_service.url, complaints)
        return page

    yield open_context
    assert complaints == []
    for context in contexts:
        context.close()


@pytest.fixture
def stream(page: Page) -> PageStream:
    return PageStream(page)


def box(page: Page) -> Locator:
    return page.locator("#prompt")


def sent(page: Page) -> Locator:
    return page.locator("article[data-role=user]")


def settings(page: Page) -> Locator:
    return page.locator("dialog#settings")


def begin_answer(stream: PageStream, text: str = "Half an ans") -> None:
    stream.ask()
    stream.begin()
    stream.send({"type": "text-start", "id": "text"})
    stream.text(text)


def test_escape_stops_the_answer(stream: PageStream, page: Page) -> None:
    stream.open()
    begin_answer(stream)
    expect(page.get_by_role("log")).to_contain_text("Half an ans")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_role("log")).to_contain_text("Half an ans")


def test_a_slash_leads_to_the_message_box(stream: PageStream, page: Page) -> None:
    stream.open()
    page.get_by_role("log").focus()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")
    page.keyboard.press("/")
    expect(box(page)).to_have_value("/")


def test_control_k_searches_and_control_shift_o_begins_anew(stream: PageStream, page: Page) -> None:
    stream.open()
    stream.answer(*written("Yes."))
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Control+Shift+O")
    expect(page.locator("article")).to_have_count(0)
    expect(box(page)).to_be_focused()


def test_a_question_mark_lists_the_shortcuts(stream: PageStream, page: Page) -> None:
    stream.open()
    page.get_by_role("log").focus()
    page.keyboard.press("?")
    expect(settings(page)).to_be_visible()
    expect(settings(page).get_by_role("term")).to_have_count(7)
    page.keyboard.press("/")
    expect(settings(page)).to_be_visible()  # nothing reaches the page behind it
    expect(box(page)).not_to_be_focused()
    page.keyboard.press("Escape")
    expect(settings(page)).to_be_hidden()
    expect(page.get_by_role("log")).to_be_focused()


def test_shortcuts_of_a_single_key_can_be_switched_off(stream: PageStream, page: Page) -> None:
    stream.open()
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Use shortcuts of a single key").uncheck()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("log").focus()
    page.keyboard.press("?")
    expect(settings(page)).to_be_hidden()
    stream.open()
    expect(page.get_by_label("Use shortcuts of a single key")).not_to_be_checked()


def test_enter_belongs_to_the_input_method_while_it_composes(stream: PageStream, page: Page) -> None:
    stream.open()
    keys = page.context.new_cdp_session(page)
    box(page).focus()
    keys.send("Input.imeSetComposition", {"text": "かんじ", "selectionStart": 3, "selectionEnd": 3})
    for key in ("Enter", "Escape"):  # as the input method has them: they write nothing
        keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": key, "windowsVirtualKeyCode": 229})
        keys.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key})
    expect(sent(page)).to_have_count(0)
    expect(box(page)).to_have_value("かんじ")
    keys.send("Input.insertText", {"text": "漢字"})
    expect(box(page)).to_have_value("漢字")
    page.keyboard.press("Enter")
    expect(sent(page)).to_contain_text("漢字")


@pytest.mark.parametrize(
    ("locale", "language", "direction", "send", "ready"),
    [
        ("de-CH", "de", "ltr", "Senden", "Bereit"),
        ("ja-JP", "ja", "ltr", "送信", "準備完了"),
        ("ar-EG", "ar", "rtl", "إرسال", "جاهز"),
        ("fi-FI", "en", "ltr", "Send", "Ready"),
    ],
)
def test_the_page_speaks_the_language_of_its_reader(
    foreign: Callable[[str], Page], locale: str, language: str, direction: str, send: str, ready: str
) -> None:
    other = foreign(locale)
    other.goto("/")
    assert other.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [language, direction]
    expect(other.get_by_role("button", name=send, exact=True)).to_be_visible()
    expect(other.locator("#state")).to_have_text(ready, timeout=READY)


def test_another_language_is_chosen_and_kept(stream: PageStream, page: Page) -> None:
    stream.open()
    box(page).fill("Kept")
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Language").select_option("de")
    expect(page.get_by_role("button", name="Senden", exact=True)).to_be_visible()
    expect(page.locator("#state")).to_have_text("Bereit", timeout=READY)
    expect(box(page)).to_have_value("Kept")
    page.reload()
    expect(page.get_by_role("button", name="Senden", exact=True)).to_be_visible()


def test_right_to_left_the_page_is_its_mirror_image(foreign: Callable[[str], Page]) -> None:
    other = foreign("ar")
    stream = PageStream(other)
    other.goto("/")
    expect(other.locator("#state")).to_have_text("جاهز", timeout=READY)
    box(other).fill("ما عاصمة فرنسا؟")
    box(other).press("Enter")
    stream.begin()
    stream.send(*written("باريس\n\n```python\nx = 1\n```\n"))
    stream.finish()
    expect(other.locator("article[data-busy]")).to_have_count(0)
    sidebar, said = other.locator("#sidebar").bounding_box(), other.locator(".said").bounding_box()
    code = other.locator("pre").first
    assert sidebar
    assert said
    assert sidebar["x"] > 500
    assert said["x"] < 300
    assert code.evaluate("(element) => getComputedStyle(element).direction") == "ltr"
    assert other.evaluate("document.documentElement.scrollWidth") == 1000


@pytest.mark.parametrize("width", [320, 360])
def test_nothing_is_wider_than_a_phone(stream: PageStream, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 640})
    stream.open()
    wide = "| a | b |\n| - | - |\n| " + "wide " * 30 + "| " + "wider" * 40 + " |\n\n```\n" + "long " * 60 + "\n```\n"
    stream.answer(*written(wide + "verylongword" * 30))
    page.locator("#open-sidebar").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.keyboard.press("Escape")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_only_the_finished_answer_is_announced(stream: PageStream, page: Page) -> None:
    stream.open()
    page.evaluate(ANNOUNCED)
    begin_answer(stream, "It is ")
    for word in ("Paris", ", on ", "the Seine."):
        stream.text(word)
        page.wait_for_timeout(50)
    assert [text for text in page.evaluate("announced") if text] == []
    stream.send({"type": "text-end", "id": "text"})
    stream.finish()
    expect(page.locator("#announcement")).to_have_text("Answer: It is Paris, on the Seine.")
    assert [text for text in page.evaluate("announced") if text] == ["Answer: It is Paris, on the Seine."]
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
    expect(page.locator("#announcement")).to_have_role("status")


def test_who_comes_by_keyboard_can_skip_to_the_message_box(stream: PageStream, page: Page) -> None:
    stream.open()
    page.locator(".brand").focus()
    page.keyboard.press("Shift+Tab")
    skip = page.get_by_role("link", name="Skip to the message box")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(box(page)).to_be_focused()


def test_each_stop_of_the_tab_key_has_a_name_and_can_be_seen(stream: PageStream, page: Page) -> None:
    stream.open()
    stream.answer(*written("Yes, [here](https://example.org/).\n\n```python\nx = 1\n```\n"))
    page.locator(".brand").focus()
    seen: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if not focused.count():
            break
        expect(focused).to_be_in_viewport()
        expect(focused).to_have_accessible_name(re.compile(r"\S"))
        seen.append(focused.evaluate("(element) => element.id || element.className || element.localName"))
    assert seen.index("new") < seen.index("log") < seen.index("prompt")
    assert len(set(seen)) > 8


def test_less_motion_is_no_motion(stream: PageStream, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    stream.open()
    begin_answer(stream)
    expect(page.get_by_role("log")).to_contain_text("Half an ans")
    moving = page.evaluate(
        "document.getAnimations().filter((one) => one.effect.getComputedTiming().activeDuration > 1).length"
    )
    assert moving == 0
    stream.finish()


def test_colours_follow_the_system_or_the_reader(stream: PageStream, page: Page) -> None:
    def paper() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    light, dark = "rgb(251, 250, 248)", "rgb(23, 24, 26)"
    page.emulate_media(color_scheme="dark")
    stream.open()
    assert paper() == dark
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Colours").select_option("light")
    assert paper() == light
    page.reload(wait_until="commit")
    expect(box(page)).to_be_visible()
    assert paper() == light  # before Python is there
    page.locator("#theme").select_option("system", force=True)
    assert paper() == dark


def test_with_the_systems_colours_the_buttons_have_edges(stream: PageStream, page: Page) -> None:
    page.emulate_media(forced_colors="active")
    stream.open()
    box(page).fill("x")
    edge = page.locator("#send").evaluate("(element) => getComputedStyle(element).borderTop")
    assert edge.startswith("1px solid")


def test_nothing_jumps(stream: PageStream, page: Page) -> None:
    page.add_init_script(SHIFTS)
    stream.open()
    begin_answer(stream)
    for _ in range(20):
        stream.text(" and some more words\n\n")
        page.wait_for_timeout(20)
    stream.send({"type": "text-end", "id": "text"})
    stream.finish()
    expect(page.locator("article[data-busy]")).to_have_count(0)
    page.wait_for_timeout(200)
    shifts = page.evaluate("shifts")
    assert sum(value for value, *_ in shifts) < 0.02, shifts
