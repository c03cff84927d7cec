"""Signing in and out on the page, at an issuer that asks for no password."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

from issuing import claims, ec_key
from live import Issuer
from playwright.sync_api import Page, Route, expect
from watching import Complaints

QUESTION = "What is the capital of France?"
PATIENCE = 30_000


def open_page(page: Page) -> None:
    page.goto("/")
    expect(page.locator("#state")).to_have_text("Ready", timeout=PATIENCE)


def ask(page: Page) -> None:
    page.get_by_label("Message", exact=True).fill(QUESTION)
    page.get_by_label("Message", exact=True).press("Enter")
    expect(page.locator("article[data-role=assistant] footer")).to_contain_text("tokens/s", timeout=PATIENCE)


def let_in(page: Page, issuer: Issuer, *, state: str | None = None) -> None:
    """From now on the issuer sends everybody back as Ada."""
    issuer.keys[:] = [ec_key().jwk]

    def answer(route: Route) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        token = ec_key().token(claims(iss=issuer.url, sub="ada", name="Ada", nonce=asked["nonce"]))
        fragment = urlencode({"id_token": token, "state": state or asked["state"]})
        route.fulfill(status=302, headers={"location": f"{asked['redirect_uri']}#{fragment}"})

    page.route(f"{issuer.url}/authorize*", answer)


def test_one_signs_in_with_the_chats_that_one_has_and_out_again(
    page: Page, issuer: Issuer, complaints: Complaints
) -> None:
    let_in(page, issuer)
    open_page(page)
    ask(page)
    address = page.url
    page.get_by_role("button", name="Guest").click()
    page.get_by_role("menuitem", name="Sign in").click()
    expect(page.locator("#user")).to_have_text("Ada", timeout=PATIENCE)
    expect(page).to_have_url(address)
    expect(page.locator("article[data-role=user]")).to_contain_text(QUESTION)
    expect(page.locator("#chats li a").first).to_have_text(QUESTION, timeout=PATIENCE)
    expect(page.get_by_role("combobox", name="Model")).to_be_visible(timeout=PATIENCE)
    complaints.expect("off-origin request", "404")
    page.get_by_label("Message", exact=True).fill("Of nobody's business")
    page.get_by_role("button", name="Ada").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.locator("#chats")).to_have_text("Your chats will be here.", timeout=PATIENCE)
    expect(page.locator("#user")).to_have_text("Guest")
    expect(page.get_by_label("Message", exact=True)).to_have_value("")
    expect(page.locator("article")).to_have_count(0)


def test_a_sign_in_that_nobody_here_has_asked_for_is_ignored(
    page: Page, issuer: Issuer, complaints: Complaints
) -> None:
    let_in(page, issuer, state="another")
    open_page(page)
    page.get_by_role("button", name="Guest").click()
    page.get_by_role("menuitem", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/#?$"), timeout=PATIENCE)  # the token is not left there
    expect(page.locator("#state")).to_have_text("Ready", timeout=PATIENCE)
    page.get_by_role("button", name="Guest").click()
    expect(page.get_by_role("menuitem", name="Sign in")).to_be_visible(timeout=PATIENCE)
    complaints.expect("off-origin request")
