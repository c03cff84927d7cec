"""Takes the picture of the README: the page, in a real conversation with the local model."""

import shutil
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from bench.service import ROOT, chat_service

TARGET = ROOT / "docs" / "screenshot.png"
QUESTIONS = ["What is the capital of France?", "Explain what a web browser is in two sentences."]


def ask(page: Page, text: str, number: int) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")
    footer = page.locator("article[data-role=assistant] footer").nth(number)
    expect(footer).to_contain_text("tokens/s", timeout=60_000)


def main() -> None:
    with chat_service() as service, sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(base_url=service.url, viewport={"width": 1200, "height": 860}, device_scale_factor=1.5)
        page.goto("/")
        expect(page.locator("#state")).to_have_text("Ready", timeout=60_000)
        for number, question in enumerate(QUESTIONS):
            ask(page, question, number)
        page.get_by_text("Timeline").last.click()
        page.locator("footer table").last.scroll_into_view_if_needed()
        TARGET.parent.mkdir(exist_ok=True)
        page.screenshot(path=TARGET)
        browser.close()
    print(f"Wrote {Path(TARGET).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
