"""Grey words behind what one types, and the topics of chats: with a model whose calls are seen."""

from collections.abc import Iterator

import pytest
from live import Pop
from playwright.sync_api import Browser, Locator, Page, expect
from scripted_ai import Call, ScriptedAI
from watching import Complaints, watch
from worker.guests import until

# In one go: between real keys, a busy machine may pause for longer than one who types.
BURST = """text => {
  const box = document.activeElement;
  for (const key of text) {
    box.setRangeText(key, box.textLength, box.textLength, "end");
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }
}"""

READY = 60_000
SOON = 20_000


@pytest.fixture
def page(browser: Browser, scripted_service: Pop, scripted_ai: ScriptedAI) -> Iterator[Page]:
    scripted_ai.calls.clear()
    scripted_ai.otherwise = [["say", " go in May?"]]
    complaints = Complaints()
    context = browser.new_context(base_url=scripted_service.url, service_workers="block")
    page = context.new_page()
    watch(page, scripted_service.url, complaints)
    page.goto("/")
    expect(page.locator("#state")).to_have_text("Ready", timeout=READY)
    yield page
    # Before it closes: what is under way then, fails.
    assert complaints == []
    context.close()


def switch_on(page: Page, label: str) -> None:
    page.get_by_role("button", name="Settings").click()
    page.get_by_label(label).check()
    page.keyboard.press("Escape")


def box(page: Page) -> Locator:
    return page.get_by_label("Message", exact=True)


def ghost(page: Page) -> Locator:
    return page.locator("#ghost > :last-child")


def prompts(ai: ScriptedAI) -> list[str]:
    return [str(call.messages[-1]["content"]) for call in ai.calls]


def test_nothing_is_suggested_before_one_has_switched_it_on(page: Page, scripted_ai: ScriptedAI) -> None:
    box(page).press_sequentially("Where to")
    page.wait_for_timeout(600)
    assert scripted_ai.calls == []
    expect(ghost(page)).to_be_empty()


def test_a_burst_of_keys_makes_one_call_and_tab_takes_the_words(page: Page, scripted_ai: ScriptedAI) -> None:
    switch_on(page, "Suggest how my message goes on")
    box(page).focus()
    page.evaluate(BURST, "Where to")
    expect(ghost(page)).to_have_text(" go in May?")
    assert prompts(scripted_ai) == ["Where to"]
    expect(page.locator("#suggestion")).to_have_text("Suggestion: go in May?. Tab takes it.")
    expect(page.locator("#pace")).to_contain_text("s of 0.3")
    page.keyboard.press("Tab")
    expect(box(page)).to_have_value("Where to go in May?")
    expect(box(page)).to_be_focused()


@pytest.mark.parametrize("key", ["s", "ArrowLeft", "Escape"])
def test_the_next_key_cancels_the_call(page: Page, scripted_ai: ScriptedAI, key: str) -> None:
    scripted_ai.otherwise = [["hang"]]
    switch_on(page, "Suggest how my message goes on")
    box(page).press_sequentially("Where")
    until(lambda: scripted_ai.calls)
    first: Call = scripted_ai.calls[0]
    assert first.left is None
    box(page).press(key)
    until(lambda: first.left)
    assert not first.is_over


def test_words_that_have_come_are_gone_with_the_next_key(page: Page) -> None:
    switch_on(page, "Suggest how my message goes on")
    for key in ("x", "Escape", "ArrowLeft"):
        box(page).fill("")
        box(page).press_sequentially("Where to")
        expect(ghost(page)).not_to_be_empty()
        page.keyboard.press(key)
        expect(ghost(page)).to_be_empty()
    expect(box(page)).to_have_value("Where to")


def test_tab_goes_on_to_the_next_control_where_nothing_is_suggested(page: Page) -> None:
    switch_on(page, "Suggest how my message goes on")
    box(page).focus()
    page.keyboard.press("Tab")
    expect(box(page)).not_to_be_focused()


def test_an_input_method_is_left_alone(page: Page, scripted_ai: ScriptedAI) -> None:
    switch_on(page, "Suggest how my message goes on")
    box(page).focus()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "どこへ", "selectionStart": 3, "selectionEnd": 3})
    page.wait_for_timeout(600)
    assert scripted_ai.calls == []
    session.send("Input.insertText", {"text": "どこへ"})
    expect(box(page)).to_have_value("どこへ")


def test_the_switch_is_remembered(page: Page) -> None:
    switch_on(page, "Suggest how my message goes on")
    page.reload()
    expect(page.locator("#state")).to_have_text("Ready", timeout=READY)
    expect(page.locator("#complete")).to_be_checked()


def test_what_is_suggested_is_only_text(page: Page, scripted_ai: ScriptedAI) -> None:
    scripted_ai.otherwise = [["say", " <img src=x onerror=alert(1)>"]]
    switch_on(page, "Suggest how my message goes on")
    box(page).press_sequentially("Where to")
    expect(ghost(page)).to_have_text(" <img src=x onerror=alert(1)>")
    expect(page.locator("#ghost img")).to_have_count(0)


def ask(page: Page) -> None:
    box(page).fill('Rome?\n[["say", "It is nice."]]')
    page.keyboard.press("Enter")
    expect(page.locator("article[data-role=assistant]")).to_contain_text("It is nice.", timeout=SOON)


def test_a_chat_gets_its_topic_once(page: Page, scripted_ai: ScriptedAI) -> None:
    switch_on(page, "Label my chats by topic")
    scripted_ai.otherwise = [["say", '{"result": "travel"}']]
    ask(page)
    chip = page.locator("#chats small")
    expect(chip).to_have_text("Travel", timeout=SOON)
    expect(page.locator("#pace")).to_contain_text("s of 1.0")
    labelled = [call for call in scripted_ai.calls if "labels fits" in str(call.messages[0]["content"])]
    assert len(labelled) == 1
    page.reload()
    expect(chip).to_have_text("Travel", timeout=READY)


def test_no_chat_gets_a_topic_that_nobody_wanted(page: Page, scripted_ai: ScriptedAI) -> None:
    ask(page)
    page.wait_for_timeout(500)
    assert all("labels fits" not in str(call.messages[0]["content"]) for call in scripted_ai.calls)
    expect(page.locator("#chats small")).to_have_count(0)
