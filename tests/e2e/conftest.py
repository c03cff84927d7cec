"""A real browser on the real page. Requests elsewhere, refused scripts and errors in the console are failures."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import ROOT, Pop
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, sync_playwright
from scripted_ai import ScriptedAI
from watching import Complaints, watch

# Chromium asks its makers this and that in the background, which is none of the page's business.
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


def executable(chromium: BrowserType) -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome") or chromium.executable_path
    if not Path(found).exists():
        pytest.fail("There is no Chromium: apt install chromium, or .venv/bin/playwright install chromium")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(playwright.chromium), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def scripted_ai() -> Iterator[ScriptedAI]:
    ai = ScriptedAI()
    yield ai
    ai.close()


@pytest.fixture(scope="session")
def scripted_service(scripted_ai: ScriptedAI, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pop]:
    """The page with a model whose calls are seen."""
    options = (f"--upstream={scripted_ai.url}", f"--var=POP_AI_URL:{scripted_ai.url}")
    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("scripted"), *options)
    pop.wait_for("Ready on")
    yield pop
    pop.stop()


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def context(browser: Browser, chat_service: Pop) -> Iterator[BrowserContext]:
    context = browser.new_context(
        base_url=chat_service.url,
        viewport={"width": 1000, "height": 700},
        service_workers="block",  # test_offline.py has it
    )
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, chat_service: Pop, complaints: Complaints) -> Iterator[Page]:
    page = context.new_page()
    watch(page, chat_service.url, complaints)
    yield page
    assert complaints == []
