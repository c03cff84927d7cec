from urllib.parse import parse_qs, urlsplit

import pytest

from page.api import SignIn
from page.sign_in import Returned, address_of, returned

WAY = SignIn(type="oidc", client_id="us & them", authorize_url="https://issuer.example/authorize?tenant=1")


def test_one_is_sent_to_the_issuer_and_back_to_the_page() -> None:
    address = address_of(WAY, "https://chat.example", "n1", "s1")
    assert address is not None
    parts = urlsplit(address)
    assert (parts.netloc, parts.path) == ("issuer.example", "/authorize")
    fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert fields == {
        "tenant": "1",
        "client_id": "us & them",
        "redirect_uri": "https://chat.example/",
        "response_type": "id_token",
        "response_mode": "fragment",
        "scope": "openid profile",
        "nonce": "n1",
        "state": "s1",
    }


@pytest.mark.parametrize("way", [SignIn(type="access"), SignIn(type="oidc", client_id="c")])
def test_where_the_page_cannot_lead_there_is_no_address(way: SignIn) -> None:
    assert address_of(way, "https://chat.example", "n", "s") is None


def test_the_token_comes_in_the_fragment() -> None:
    assert returned("#state=s1&id_token=a.b.c&session_state=x") == Returned("a.b.c", "s1")
    assert returned("#id_token=a.b.c") == Returned("a.b.c", "")


@pytest.mark.parametrize("fragment", ["", "#chat=abc", "#error=access_denied&state=s"])
def test_any_other_fragment_is_none(fragment: str) -> None:
    assert returned(fragment) is None
