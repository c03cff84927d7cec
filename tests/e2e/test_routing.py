"""Edge first, central when it pays, and all of it is shown: in a browser, with models that play scripts."""

import json
import tomllib
from collections.abc import Iterator

import pytest
from live import ROOT, Pop
from playwright.sync_api import Browser, Locator, Page, expect
from scripted_ai import ScriptedAI
from watching import Complaints, watch

READY = 60_000
ANSWER = 20_000
EDGE, CENTRAL = "8b", "70b"
HARD = "Compare two proofs that there are infinitely many primes, step by step."


@pytest.fixture(scope="module")
def ai() -> Iterator[ScriptedAI]:
    ai = ScriptedAI()
    yield ai
    ai.close()


@pytest.fixture(scope="module")
def service(ai: ScriptedAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pop]:
    """Where guests may have all models."""
    limits = tomllib.loads((ROOT / "wrangler.toml").read_text())["vars"]["LIMITS"]
    limits["guest"]["models"] = limits["user"]["models"]
    options = (f"--upstream={ai.url}", f"--var=POP_AI_URL:{ai.url}", f"--var=LIMITS:{json.dumps(limits)}")
    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("state"), *options)
    pop.wait_for("Ready on")
    yield pop
    pop.stop()


@pytest.fixture
def page(browser: Browser, service: Pop, complaints: Complaints) -> Iterator[Page]:
    context = browser.new_context(
        base_url=service.url, viewport={"width": 1000, "height": 700}, service_workers="block"
    )
    page = context.new_page()
    watch(page, service.url, complaints)
    page.goto("/")
    expect(page.locator("#state")).to_have_text("Ready", timeout=READY)
    expect(picker(page)).to_be_visible(timeout=READY)
    yield page
    # Before it closes: what is under way then, fails.
    assert complaints == []
    context.close()


def picker(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Model")


def ask(page: Page, text: str) -> Locator:
    """The answer."""
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")
    answer = page.locator("article[data-role=assistant]").last
    expect(answer.locator(".tools")).to_be_visible(timeout=ANSWER)
    return answer


def route(answer: Locator) -> Locator:
    return answer.locator(".route")


def test_a_hard_question_goes_central_and_the_page_shows_why(page: Page, ai: ScriptedAI) -> None:
    ai.otherwise = [["on", EDGE, ["say", "From the edge."]], ["on", CENTRAL, ["say", "From afar."]]]
    answer = ask(page, HARD)
    expect(answer.locator(".body")).to_have_text("From afar.")
    expect(route(answer)).to_contain_text("Central · ")
    expect(answer.locator(".figures")).to_contain_text("$0.0000")
    expect(answer.locator(".figures")).to_contain_text("(central)")
    said = route(answer).inner_text()
    page.reload()
    expect(route(answer)).to_have_text(said, use_inner_text=True, timeout=READY)
    answer = ask(page, "Thanks!")
    expect(answer.locator(".body")).to_have_text("From the edge.")
    expect(route(answer)).to_contain_text("Edge · small talk")


def test_the_edge_refuses_and_one_good_answer_is_seen(page: Page, ai: ScriptedAI) -> None:
    refusal = "I'm sorry, but I can't help with that."
    ai.otherwise = [["on", EDGE, ["say", refusal]], ["on", CENTRAL, ["say", "Of course."]]]
    answer = ask(page, "Hello!")
    expect(answer.locator(".body")).to_have_text("Of course.")
    expect(route(answer)).to_contain_text("Central · the model at the edge did not know")
    expect(page.locator("#log")).not_to_contain_text("sorry")
    expect(page.locator("article")).to_have_count(2)


def test_the_edge_is_down_and_nobody_notices(page: Page, ai: ScriptedAI) -> None:
    ai.otherwise = [["on", EDGE, ["status", 429]], ["say", "Here I am."]]
    answer = ask(page, "Hello!")
    expect(answer.locator(".body")).to_have_text("Here I am.")
    expect(route(answer)).to_contain_text("Central · stands in for another model")
    expect(page.get_by_role("alert")).to_be_hidden()
    expect(answer.locator(".ending")).to_be_hidden()


def test_an_answer_that_broke_off_goes_on_in_its_place(page: Page, ai: ScriptedAI) -> None:
    ai.otherwise = [["say", "The first half"], ["drop"]]
    answer = ask(page, "Hello!")
    expect(answer.locator(".ending")).to_contain_text("This answer broke off.")
    ai.otherwise = [["say", " and the second."]]
    answer.get_by_role("button", name="Continue").click()
    expect(answer.locator(".body")).to_contain_text("and the second.", timeout=ANSWER)
    expect(answer.locator(".body")).to_contain_text("The first half")
    expect(answer.locator(".ending")).to_be_hidden(timeout=ANSWER)
    expect(page.locator("article")).to_have_count(2)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_one_chooses_and_what_one_chooses_is_kept(page: Page, ai: ScriptedAI) -> None:
    ai.otherwise = [["on", EDGE, ["say", "From the edge."]], ["on", CENTRAL, ["say", "From afar."]]]
    expect(picker(page).locator("> option")).to_have_text(["Auto", "Fast", "Best"])
    expect(picker(page).locator('optgroup[label="Models"] option')).to_have_text(["small", "large", "vision"])
    expect(picker(page)).to_have_value("auto")
    picker(page).select_option("fast")
    answer = ask(page, HARD)
    expect(answer.locator(".body")).to_have_text("From the edge.")
    expect(route(answer)).to_contain_text("Edge · your choice")
    page.reload()
    expect(picker(page)).to_have_value("fast", timeout=READY)
    picker(page).select_option("large")
    expect(route(ask(page, "Hello!"))).to_contain_text("Central · your choice")


def test_it_is_said_in_the_language_of_the_page(page: Page, ai: ScriptedAI) -> None:
    ai.otherwise = [["say", "Hi."]]
    page.get_by_role("button", name="Settings").click()
    page.get_by_label("Language").select_option("ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl", timeout=READY)
    expect(page.locator("#state")).to_have_text("جاهز", timeout=READY)
    expect(page.locator("#model > option").first).to_have_text("تلقائي", timeout=READY)
    page.locator("#prompt").fill("Hello!")
    page.locator("#prompt").press("Enter")
    expect(page.locator("article .route").last).to_contain_text("الحافة · دردشة خفيفة", timeout=ANSWER)
