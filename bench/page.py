"""How long the page takes until one can type, and until Python is ready."""

import shutil
from collections.abc import Callable

from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from bench.service import ROOT, chat_service
from bench.table import heading, row, spread

RUNS = 7
# 20 Mbit/s, and 40 ms there and back.
NETWORK = {"offline": False, "latency": 40, "downloadThroughput": 20e6 / 8, "uploadThroughput": 20e6 / 8}
# Instead of the page's own first line: what msgspec adds, before anything else has been imported.
IMPORT_MSGSPEC = """
import js, time
started = time.perf_counter()
import msgspec
js.performance.mark("msgspec", js.JSON.parse('{"startTime": %f}' % ((time.perf_counter() - started) * 1000)))
from page.main import start
start()
"""


def measure_page() -> None:
    with chat_service() as service, sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        _open(browser, service.url)  # the first page of a browser also pays for the browser
        heading("page, from navigation (Chromium on localhost)")
        cold = [_open(browser, service.url) for _ in range(RUNS)]
        row("one can type, cold", spread([marks["shell-ready"] for marks in cold], "ms"))
        row("Python is ready, cold", spread([marks["python-ready"] for marks in cold], "ms"))
        warm = [_open(browser, service.url, visits=3) for _ in range(RUNS)]
        row("one can type, warm", spread([marks["shell-ready"] for marks in warm], "ms"))
        row("Python is ready, warm", spread([marks["python-ready"] for marks in warm], "ms"))
        kept = [_open(browser, service.url, visits=3, with_worker=True) for _ in range(RUNS)]
        row("Python is ready, warm, installed", spread([marks["python-ready"] for marks in kept], "ms"))
        slow = [_open(browser, service.url, prepare=_slow_down) for _ in range(RUNS)]
        row("one can type, cold, 20 Mbit/s and 40 ms", spread([marks["shell-ready"] for marks in slow], "ms"))
        row("Python is ready, cold, 20 Mbit/s and 40 ms", spread([marks["python-ready"] for marks in slow], "ms"))
        row("transferred, cold", f"{cold[-1]['transferred'] / 1e6:,.2f} MB")
        row("transferred, warm", f"{warm[-1]['transferred'] / 1e3:,.1f} kB")
        costs = [_open(browser, service.url, prepare=_time_msgspec)["msgspec"] for _ in range(RUNS)]
        row("of it, loading and importing msgspec", spread(costs, "ms"))
        browser.close()
    archive = max((ROOT / "web" / "dist" / "app").glob("*/app.zip"), key=lambda path: path.parent.stat().st_mtime)
    row("all Python of the page, with msgspec", f"{archive.stat().st_size / 1000:,.0f} kB")


def _open(
    browser: Browser,
    url: str,
    visits: int = 1,
    prepare: Callable[[Page], None] | None = None,
    *,
    with_worker: bool = False,
) -> dict[str, float]:
    """The marks of the last of so many visits by a new profile."""
    context = browser.new_context(base_url=url, service_workers="allow" if with_worker else "block")
    page = context.new_page()
    if prepare:
        prepare(page)
    for _ in range(visits):
        page.goto("about:blank")
        page.goto("/")
        expect(page.locator("#state")).to_have_text("Ready", timeout=60_000)
        if with_worker:
            page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    marks: dict[str, float] = dict(
        page.evaluate("performance.getEntriesByType('mark').map((mark) => [mark.name, mark.startTime])")
    )
    marks["transferred"] = page.evaluate(
        "[...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]"
        ".reduce((sum, entry) => sum + entry.transferSize, 0)"
    )
    context.close()
    return marks


def _slow_down(page: Page) -> None:
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", NETWORK)


def _time_msgspec(page: Page) -> None:
    def fulfill(route: Route) -> None:
        route.fulfill(body=IMPORT_MSGSPEC, content_type="text/x-python")

    page.route("**/main.py", fulfill)
