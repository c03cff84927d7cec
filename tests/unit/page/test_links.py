import pytest
from payloads import ADDRESSES

from page.links import is_safe, link_attributes


@pytest.mark.parametrize("url", ["https://one.example/", "HTTP://one.example/a?b=c#d", "mailto:a@one.example"])
def test_web_and_mail_may_be_followed(url: str) -> None:
    assert link_attributes(url) == {"href": url, "rel": "noopener noreferrer", "target": "_blank"}


@pytest.mark.parametrize("url", [*(url for url in ADDRESSES if not url.startswith("http")), "", "https://", "a b"])
def test_nothing_else_may(url: str) -> None:
    assert not is_safe(url)
    assert link_attributes(url) == {}


def test_an_address_with_white_space_is_none() -> None:
    assert not is_safe("https://one.example/\njavascript:x")
    assert not is_safe("https://one.example/ x")
