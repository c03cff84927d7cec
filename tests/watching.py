"""What a page must not do."""

from playwright.sync_api import Page


class Complaints(list[str]):
    """What went wrong in the page. A test that provokes an error removes what it expected."""

    def expect(self, *parts: str) -> None:
        self[:] = [text for text in self if not any(part in text for part in parts)]


def watch(page: Page, origin: str, complaints: Complaints) -> None:
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((origin, "data:", "blob:"))
            else complaints.append(f"off-origin request: {request.url}")
        ),
    )
