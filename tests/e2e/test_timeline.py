"""The panel under an answer that shows where its milliseconds went."""

import re

from playwright.sync_api import Locator, Page, expect

READY = 60_000


def ask(page: Page) -> Locator:
    """The timeline of a real answer, opened."""
    page.goto("/")
    expect(page.locator("#state")).to_have_text("Ready", timeout=READY)
    page.get_by_label("Message", exact=True).fill("What is the capital of France?")
    page.keyboard.press("Enter")
    timeline = page.locator("article .timeline")
    timeline.get_by_text("Timeline").click(timeout=READY)
    return timeline


def milliseconds(rows: Locator) -> list[float]:
    return [float(text) for text in rows.locator("td:last-child").all_inner_texts()]


def test_the_stretches_add_up_to_what_was_felt(page: Page) -> None:
    timeline = ask(page)
    expect(timeline.locator("tbody th")).to_have_text(
        [
            "Page, before the request leaves",
            "Network, there and back",
            "Who is asking",
            "What was said before",
            "Model, until its first token",
            "Around the model, and delivery",
            "Page, until it is shown",
        ]
    )
    stretches, (first_words, rest) = (
        milliseconds(timeline.locator("tbody tr")),
        milliseconds(timeline.locator("tfoot tr")),
    )
    assert min(stretches) >= 0
    assert rest > 0
    assert round(sum(stretches), 1) == first_words
    felt = re.search(r"first token after (\d+) ms", page.locator("article .figures").inner_text())
    assert felt
    assert abs(first_words - int(felt[1])) <= 0.6


def test_the_picture_shows_what_the_table_says(page: Page) -> None:
    timeline = ask(page)
    stretches = milliseconds(timeline.locator("tbody tr"))
    widths = [
        float(width)
        for width in timeline.locator("rect").evaluate_all("(all) => all.map((one) => one.getAttribute('width'))")
    ]
    assert len(widths) == len(stretches)
    for width, stretch in zip(widths, stretches, strict=True):
        assert abs(width - stretch / sum(stretches) * 1000) < 5
    expect(timeline.locator("svg")).to_be_in_viewport()
    expect(timeline.locator("svg")).to_have_attribute("aria-hidden", "true")
    expect(timeline.get_by_role("table", name="Where the time went")).to_be_visible()


def test_of_an_earlier_visit_there_is_none(page: Page) -> None:
    ask(page)
    page.reload()
    expect(page.locator("article .figures")).to_contain_text("at the edge", timeout=READY)
    expect(page.locator("article .timeline")).to_have_count(0)
