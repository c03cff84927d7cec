"""Many conversations: the list, versions, the queue, drafts, several tabs, files."""

import json
import re
from pathlib import Path

from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, Route, expect
from watching import Complaints, watch

FRANCE = "What is the capital of France?"
ITALY = "What is the capital of Italy?"
STORY = "Write a long story about the sea."
PATIENCE = 30_000


def open_page(page: Page, path: str = "/") -> None:
    page.goto(path)
    expect(page.locator("#state")).to_have_text("Ready", timeout=PATIENCE)


def box(page: Page) -> Locator:
    return page.get_by_label("Message", exact=True)


def ask(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def messages(page: Page, role: str) -> Locator:
    return page.get_by_role("log").locator(f"article[data-role={role}]")


def finished(page: Page, number: int = 1) -> Locator:
    """The last of so many answers, when it is complete."""
    expect(messages(page, "assistant")).to_have_count(number, timeout=PATIENCE)
    expect(messages(page, "assistant").last.locator("footer")).to_contain_text("tokens/s", timeout=PATIENCE)
    return messages(page, "assistant").last


def entries(page: Page) -> Locator:
    return page.locator("#chats li a")


def act(page: Page, title: str, action: str) -> None:
    """Something from the menu of a chat in the list."""
    page.get_by_role("button", name=f"More about “{title}”").click()
    page.get_by_role("menuitem", name=action).click()


def attach(page: Page, name: str, media_type: str, data: bytes) -> None:
    page.locator("#picked").set_input_files(FilePayload(name=name, mimeType=media_type, buffer=data))


def another_tab(page: Page, complaints: Complaints) -> Page:
    other = page.context.new_page()
    watch(other, page.url.partition("/#")[0], complaints)
    other.goto(page.url)
    expect(other.locator("#state")).to_have_text("Ready", timeout=PATIENCE)
    return other


def test_chats_are_listed_and_opened(page: Page) -> None:
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    page.get_by_role("link", name="New chat").click()
    ask(page, ITALY)
    finished(page)
    expect(page.get_by_role("heading", name="Today")).to_be_visible()
    expect(entries(page)).to_have_text([ITALY, FRANCE])
    entries(page).nth(1).click()
    expect(messages(page, "user")).to_contain_text(FRANCE)
    expect(entries(page).nth(1)).to_have_attribute("aria-current", "page")
    expect(page).to_have_title(f"{FRANCE} · edgechat")
    page.go_back()
    expect(messages(page, "user")).to_contain_text(ITALY)
    page.go_forward()
    expect(messages(page, "user")).to_contain_text(FRANCE)
    page.reload()
    expect(entries(page)).to_have_text([ITALY, FRANCE], timeout=PATIENCE)


def test_a_chat_gets_another_title(page: Page) -> None:
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    act(page, FRANCE, "Rename")
    field = page.get_by_label("New title")
    expect(field).to_be_focused()
    field.fill("Capitals <b>")
    field.press("Enter")
    expect(entries(page)).to_have_text(["Capitals <b>"])
    expect(page).to_have_title("Capitals <b> · edgechat")
    act(page, "Capitals <b>", "Rename")
    page.get_by_label("New title").fill("Something else")
    page.get_by_label("New title").press("Escape")
    expect(entries(page)).to_have_text(["Capitals <b>"])
    page.reload()
    expect(entries(page)).to_have_text(["Capitals <b>"], timeout=PATIENCE)


def test_a_chat_is_deleted_once_one_is_sure(page: Page, complaints: Complaints) -> None:
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    url = page.url
    act(page, FRANCE, "Delete")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(entries(page)).to_have_count(1)
    act(page, FRANCE, "Delete")
    expect(page.get_by_role("dialog")).to_contain_text(FRANCE)
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(entries(page)).to_have_count(0)
    expect(page.locator("article")).to_have_count(0)
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    page.goto("about:blank")
    open_page(page, url)
    expect(page.get_by_role("alert")).to_contain_text("no longer there")
    complaints.expect("404")


def test_what_was_said_is_found(page: Page) -> None:
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    page.get_by_role("link", name="New chat").click()
    ask(page, ITALY)
    finished(page)
    page.keyboard.press("Control+k")
    expect(page.get_by_label("Search chats")).to_be_focused()
    page.keyboard.type("pari")
    hit = page.locator("#chats .hit").first
    expect(hit.locator("mark")).to_have_text("Paris")
    hit.click()
    expect(messages(page, "user")).to_contain_text(FRANCE)
    page.get_by_label("Search chats").fill("xylophone")
    expect(page.locator("#chats")).to_have_text("Nothing was found.")
    page.get_by_label("Search chats").press("Escape")
    expect(entries(page)).to_have_count(2)


def test_an_edited_question_is_another_version(page: Page) -> None:
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    question = messages(page, "user")
    question.hover()
    question.get_by_role("button", name="Edit").click()
    question.get_by_role("textbox").fill(ITALY)
    question.get_by_role("textbox").press("Enter")
    expect(question).to_contain_text(ITALY)
    expect(finished(page)).to_contain_text(re.compile("Rome|Ital"))  # the model is a small one
    expect(question).to_contain_text("2/2")
    question.get_by_role("button", name="Previous version").click()
    expect(question).to_contain_text(FRANCE)
    expect(messages(page, "assistant")).to_contain_text("Paris")
    page.reload()
    expect(question).to_contain_text("1/2", timeout=PATIENCE)
    expect(question).to_contain_text(FRANCE)


def test_another_answer_is_another_version(page: Page) -> None:
    open_page(page)
    ask(page, FRANCE)
    answer = finished(page)
    answer.hover()
    answer.get_by_role("button", name="Another answer").click()
    expect(answer).to_contain_text("2/2", timeout=PATIENCE)
    expect(messages(page, "assistant")).to_have_count(1)
    answer.get_by_role("button", name="Previous version").click()
    expect(answer).to_contain_text("1/2")


def test_messages_wait_while_an_answer_streams(page: Page) -> None:
    open_page(page)
    ask(page, STORY)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    ask(page, FRANCE)
    ask(page, ITALY)
    chips = page.get_by_role("list", name="Messages that wait").get_by_role("listitem")
    expect(chips).to_have_text([FRANCE, ITALY])
    chips.nth(1).get_by_role("button").click()
    expect(chips).to_have_text([FRANCE])
    page.get_by_role("button", name="Stop").click()
    expect(messages(page, "user")).to_have_count(2, timeout=PATIENCE)
    expect(chips).to_have_count(0)
    expect(finished(page, 2)).to_contain_text("Paris")


def test_each_chat_keeps_its_draft(page: Page) -> None:
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    box(page).fill("Half a sent")
    page.get_by_role("link", name="New chat").click()
    expect(box(page)).to_have_value("")
    box(page).fill("Something new")
    entries(page).first.click()
    expect(box(page)).to_have_value("Half a sent")
    page.reload()
    expect(page.locator("#state")).to_have_text("Ready", timeout=PATIENCE)
    expect(box(page)).to_have_value("Half a sent")
    page.get_by_role("link", name="New chat").click()
    expect(box(page)).to_have_value("Something new")


def test_a_message_the_service_does_not_take_is_given_back(page: Page, complaints: Complaints) -> None:
    body = json.dumps({"error": {"code": "message_too_long", "message": "The message is too long."}})
    open_page(page)
    page.route("**/api/chat", lambda route: route.fulfill(status=413, body=body, content_type="application/json"))
    ask(page, FRANCE)
    expect(page.get_by_role("alert")).to_have_text("The message is too long.")
    expect(box(page)).to_have_value(FRANCE)
    expect(page.locator("article")).to_have_count(0)
    complaints.expect("413")
    page.unroute("**/api/chat")
    box(page).press("Enter")
    expect(finished(page)).to_contain_text("Paris")


def test_who_has_used_up_a_quota_hears_when_to_come_back(page: Page, complaints: Complaints) -> None:
    body = json.dumps({"error": {"code": "daily_messages", "message": "…"}})
    headers = {"retry-after": "3600"}
    open_page(page)
    page.route("**/api/chat", lambda route: route.fulfill(status=429, body=body, headers=headers))
    ask(page, FRANCE)
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"You can go on at \d\d:\d\d"))
    expect(messages(page, "user")).to_contain_text(FRANCE)
    complaints.expect("429")


def test_offline_a_message_waits_for_the_network(page: Page, context: BrowserContext, complaints: Complaints) -> None:
    open_page(page)
    context.set_offline(True)
    ask(page, FRANCE)
    expect(page.get_by_role("alert")).to_contain_text("You are offline")
    expect(messages(page, "user")).to_contain_text(FRANCE)
    context.set_offline(False)
    expect(finished(page)).to_contain_text("Paris")
    expect(messages(page, "user")).to_have_count(1)
    expect(page.get_by_role("alert")).to_be_hidden()
    complaints.expect("ERR_INTERNET_DISCONNECTED")


def test_a_message_that_never_arrived_is_sent_after_a_reload(page: Page, complaints: Complaints) -> None:
    open_page(page)
    page.route("**/api/chat", lambda route: route.abort())
    ask(page, FRANCE)
    expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENCE)
    complaints.expect("ERR_FAILED")
    page.unroute("**/api/chat")
    page.reload()
    expect(finished(page)).to_contain_text("Paris")
    expect(messages(page, "user")).to_have_count(1)
    complaints.expect("404")


def test_after_a_reload_an_answer_is_followed(page: Page) -> None:
    open_page(page)
    ask(page, STORY)
    expect(messages(page, "assistant")).to_contain_text(re.compile(r"\w+ \w+"), timeout=PATIENCE)
    page.reload()
    expect(messages(page, "user")).to_have_count(1, timeout=PATIENCE)
    expect(page.get_by_role("button", name="Stop")).to_be_visible(timeout=PATIENCE)
    said = finished(page).locator(".body").inner_text()
    page.reload()
    expect(messages(page, "assistant").locator(".body")).to_have_text(said, timeout=PATIENCE, use_inner_text=True)


def test_another_tab_follows_the_answer(page: Page, complaints: Complaints) -> None:
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    other = another_tab(page, complaints)
    expect(messages(other, "assistant")).to_have_count(1)
    ask(page, STORY)
    expect(messages(other, "user")).to_have_count(2, timeout=PATIENCE)
    expect(other.get_by_role("button", name="Stop")).to_be_visible()
    other.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden(timeout=PATIENCE)
    said = messages(page, "assistant").last.locator(".body").inner_text()
    expect(messages(other, "assistant").last.locator(".body")).to_have_text(said, use_inner_text=True)
    other.close()


def test_tabs_show_the_same_list(page: Page, complaints: Complaints) -> None:
    open_page(page)
    other = another_tab(page, complaints)
    ask(page, FRANCE)
    finished(page)
    expect(entries(other)).to_have_text([FRANCE])
    act(other, FRANCE, "Rename")
    other.get_by_label("New title").fill("Capitals")
    other.get_by_label("New title").press("Enter")
    expect(page).to_have_title("Capitals · edgechat")
    act(other, "Capitals", "Delete")
    other.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(entries(page)).to_have_count(0)
    expect(page.locator("article")).to_have_count(0)
    other.close()


def test_a_chat_is_saved_as_a_file(page: Page) -> None:
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    saved = {}
    for kind in ("Markdown", "JSON"):
        page.get_by_role("button", name="More about this chat").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name=f"Save as {kind}").click()
        saved[download.value.suggested_filename] = Path(download.value.path()).read_text()
    assert saved["What-is-the-capital-of-France.md"].startswith(f"# {FRANCE}\n\n## You\n\n{FRANCE}\n\n## Answer\n\n")
    assert json.loads(saved["What-is-the-capital-of-France.json"])["messages"][0]["parts"][0]["text"] == FRANCE


def test_all_chats_are_saved_and_deleted(page: Page) -> None:
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    page.get_by_role("button", name="Guest").click()
    expect(page.get_by_role("menu", name="Account")).to_contain_text("1 of 100 messages today")
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Save all chats").click()
    exported = json.loads(Path(download.value.path()).read_text())
    assert [one["conversation"]["title"] for one in exported["conversations"]] == [FRANCE]
    page.get_by_role("button", name="Guest").click()
    page.get_by_role("menuitem", name="Delete my data").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("article")).to_have_count(0)
    expect(page.locator("#chats")).to_have_text("Your chats will be here.", timeout=PATIENCE)


def test_a_file_goes_along(page: Page) -> None:
    open_page(page)
    expect(page.locator("#picked")).to_have_attribute("accept", re.compile("text/plain"))
    attach(page, "notes.txt", "text/plain", b"The password of the day is swordfish.")
    files = page.get_by_role("list", name="Attached files")
    expect(files).to_contain_text("notes.txt")
    expect(files.get_by_role("progressbar")).to_have_count(0)
    ask(page, "What is the password?")
    expect(files).to_be_hidden()
    expect(messages(page, "user")).to_contain_text("notes.txt")
    finished(page)
    page.reload()
    expect(messages(page, "user")).to_contain_text("notes.txt", timeout=PATIENCE)


def test_a_file_can_be_taken_off_again(page: Page) -> None:
    open_page(page)
    attach(page, "a.md", "", b"# Hello")
    with page.expect_request(lambda request: request.method == "DELETE"):
        page.get_by_role("button", name="Remove a.md").click()
    expect(page.get_by_role("list", name="Attached files")).to_be_hidden()


def test_what_cannot_be_attached_is_told(page: Page) -> None:
    open_page(page)
    attach(page, "a.pdf", "application/pdf", b"%PDF")
    expect(page.get_by_role("alert")).to_contain_text("a.pdf: only images, plain text and Markdown")
    attach(page, "a.png", "image/png", b"\x89PNG")
    expect(page.get_by_role("alert")).to_contain_text("this model takes no images")


def test_one_sees_how_much_room_is_left(page: Page) -> None:
    open_page(page)
    box(page).fill("x" * 7_500)
    expect(page.locator("#room")).to_have_text("500 characters left")
    box(page).fill("x" * 8_001)
    expect(page.locator("#room")).to_have_text("1 characters too many")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()


def test_a_suggestion_is_asked_even_before_python_is_there(page: Page) -> None:
    held: list[Route] = []
    page.route("**/app.zip", lambda route: held.append(route))
    page.goto("/", wait_until="commit")
    page.get_by_role("button", name="Plan a weekend in Lisbon").click()
    expect(page.locator("#state")).to_contain_text("your message will be sent")
    for route in held:
        route.continue_()
    page.unroute("**/app.zip")
    expect(messages(page, "user")).to_contain_text("Plan a weekend in Lisbon", timeout=PATIENCE)
    finished(page)


def test_on_a_phone_the_list_is_a_drawer(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page)
    ask(page, FRANCE)
    finished(page)
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.get_by_role("button", name="Open the list of chats").click()
    expect(page.get_by_role("navigation")).to_be_visible()
    expect(page.locator("#stage")).to_have_attribute("inert", "")
    expect(page.get_by_role("button", name="Close the list of chats")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("button", name="Open the list of chats")).to_be_focused()
    page.get_by_role("button", name="Open the list of chats").click()
    page.get_by_role("navigation").get_by_role("link", name="New chat").click()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator("article")).to_have_count(0)


def test_the_list_stays_folded_away(page: Page) -> None:
    open_page(page)
    page.get_by_role("button", name="Close the list of chats").click()
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.reload()
    expect(page.locator("#state")).to_have_text("Ready", timeout=PATIENCE)
    expect(page.get_by_role("navigation")).to_be_hidden()
    page.get_by_role("button", name="Open the list of chats").click()
    expect(page.get_by_role("navigation")).to_be_visible()
