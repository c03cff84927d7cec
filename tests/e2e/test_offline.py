"""The page as an app: installed, and opened without a network."""

import json
import struct
from collections.abc import Iterator

import httpx
import pytest
from live import Pop
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from watching import Complaints

READY = 60_000
KEPT = """
async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return [names, requests.flat().map((request) => new URL(request.url).pathname)];
}
"""


@pytest.fixture
def context(browser: Browser, chat_service: Pop) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=chat_service.url, service_workers="allow")
    yield context
    context.close()


@pytest.fixture
def installed(page: Page) -> Page:
    """A page whose service worker has all that it keeps."""
    open_page(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    return page


def open_page(page: Page, path: str = "/") -> None:
    page.goto(path)
    expect(page.locator("#state")).to_have_text("Ready", timeout=READY)


def kept(page: Page) -> tuple[list[str], list[str]]:
    """The names of the caches, and the paths in them."""
    names, paths = page.evaluate(KEPT)
    return names, paths


def test_the_manifest_names_icons_that_there_are(chat_service: Pop, page: Page) -> None:
    page.goto("/")
    link = page.locator("link[rel=manifest]").get_attribute("href")
    assert link
    answer = httpx.get(chat_service.url + link)
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = json.loads(answer.content)
    assert manifest["start_url"] == manifest["scope"] == "/"
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
    folder = link.rpartition("/")[0]
    for icon in manifest["icons"]:
        image = httpx.get(f"{chat_service.url}{folder}/{icon['src']}").raise_for_status()
        assert image.headers["content-type"].startswith(icon["type"])
        if icon["type"] == "image/png":
            assert "{}x{}".format(*struct.unpack(">II", image.content[16:24])) == icon["sizes"]


def test_the_browser_would_install_it(installed: Page) -> None:
    found = installed.context.new_cdp_session(installed).send("Page.getInstallabilityErrors")
    # Profiles of tests are incognito.
    assert [error["errorId"] for error in found["installabilityErrors"] if error["errorId"] != "in-incognito"] == []


def test_it_opens_without_a_network_and_says_so(installed: Page, complaints: Complaints) -> None:
    expect(installed.locator("#offline")).to_be_hidden()
    installed.context.set_offline(True)
    open_page(installed)
    expect(installed.locator("#offline")).to_contain_text("You are offline")
    installed.context.set_offline(False)
    expect(installed.locator("#offline")).to_be_hidden()
    complaints.expect("ERR_INTERNET_DISCONNECTED")


def test_an_address_of_a_chat_opens_too(installed: Page, complaints: Complaints) -> None:
    installed.context.set_offline(True)
    open_page(installed, "/#chat=some-chat")
    expect(installed.locator("#offline")).to_be_visible()
    complaints.expect("ERR_INTERNET_DISCONNECTED")


def test_nothing_of_the_service_is_kept(installed: Page) -> None:
    installed.get_by_label("Message", exact=True).fill("What is the capital of France?")
    installed.keyboard.press("Enter")
    expect(installed.locator("article[data-role=assistant] .figures")).to_be_visible(timeout=READY)
    open_page(installed, "/?again")
    _, paths = kept(installed)
    assert "/" in paths
    assert [path for path in paths if path.startswith("/api")] == []


def test_all_that_the_page_loads_is_kept(installed: Page) -> None:
    loaded = installed.evaluate("performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname)")
    _, paths = kept(installed)
    assert {path for path in loaded if not path.startswith("/api")} - set(paths) == {"/service-worker.js"} & set(loaded)


def test_it_waits_until_python_is_ready(page: Page) -> None:
    held: list[Route] = []
    page.context.route("**/app.zip", lambda route: held.append(route))
    page.goto("/", wait_until="commit")
    expect(page.locator("#prompt")).to_be_visible()
    page.wait_for_timeout(500)
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((found) => found.length)") == 0
    for route in held:
        route.continue_()
    page.context.unroute("**/app.zip")
    expect(page.locator("#state")).to_have_text("Ready", timeout=READY)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")


def test_what_a_build_before_has_kept_goes(page: Page) -> None:
    page.goto("/", wait_until="commit")
    page.evaluate("caches.open('edgechat-old').then((cache) => cache.put('/', new Response('old')))")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    for _ in range(50):
        names, paths = kept(page)
        if "edgechat-old" not in names:
            break
        page.wait_for_timeout(100)
    assert len(names) == 1
    assert names != ["edgechat-old"]
    assert paths.count("/") == 1


def test_another_build_is_another_service_worker(chat_service: Pop, page: Page) -> None:
    page.goto("/")
    script = httpx.get(f"{chat_service.url}/service-worker.js")
    assert "no-store" not in script.headers["cache-control"]
    assert "max-age=0" in script.headers["cache-control"]  # a browser asks for it again
    for selector, attribute in (("link[rel=stylesheet]", "href"), ("script[type=py]", "src")):
        named = page.locator(selector).get_attribute(attribute)
        assert f'"{named}"' in script.text
