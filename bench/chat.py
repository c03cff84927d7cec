"""A question on the chat page as a user asks it, and what the page's own timeline says of its answer."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from playwright.async_api import Browser, Page, async_playwright, expect

LONGEST_WAIT = 60_000
"""Milliseconds, for whatever has to come."""


@dataclass(frozen=True)
class Felt:
    """In milliseconds."""

    stretches: dict[str, float]
    """From Send to the first words on the screen, by the names of `page.timing`."""
    first_words: float
    """The sum of them."""
    rest: float
    """From there to the end of the answer."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def open_chat(browser: Browser, url: str) -> Page:
    """A page of a new user, when it can send."""
    page = await browser.new_page(base_url=url)
    await page.goto("/")
    await expect(page.locator("#state")).to_have_text("Ready", timeout=LONGEST_WAIT)
    return page


async def begin_chat(page: Page) -> None:
    await page.get_by_role("link", name="New chat").first.click()
    await expect(page.locator("article")).to_have_count(0)


async def ask(page: Page, question: str, seconds: float) -> Felt:
    """`seconds` is about how long it takes: to look sooner would slow down what is measured."""
    answers = page.locator("article[data-role=assistant]")
    number = await answers.count()
    await page.wait_for_timeout(200)  # as somebody who thinks before asking
    await page.get_by_label("Message", exact=True).fill(question)
    await page.keyboard.press("Enter")
    await page.wait_for_timeout(seconds * 1000)
    timeline = answers.nth(number).locator(".timeline")
    await timeline.locator("summary").click(timeout=LONGEST_WAIT)
    await timeline.locator("table").wait_for()
    names = await timeline.locator("tbody th").evaluate_all("(all) => all.map((one) => one.className)")
    stretches = await timeline.locator("tbody td:last-child").all_inner_texts()
    first_words, rest = await timeline.locator("tfoot td:last-child").all_inner_texts()
    return Felt(
        stretches=dict(zip(names, map(_milliseconds, stretches), strict=True)),
        first_words=_milliseconds(first_words),
        rest=_milliseconds(rest),
    )


def _milliseconds(text: str) -> float:
    """As the page writes it in English."""
    return float(text.replace(",", ""))
