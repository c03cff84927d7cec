"""Sign-in with OpenID Connect: there and back by the address, without any script of the issuer.

The implicit flow for an ID token alone (OpenID Connect Core 1.0, section 3.2): the token comes in the fragment.
"""

from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from page.api import SignIn


class Returned(NamedTuple):
    id_token: str
    state: str


def address_of(sign_in: SignIn, origin: str, nonce: str, state: str) -> str | None:
    """Where one signs in; None if this page cannot lead there."""
    if not sign_in.authorize_url or not sign_in.client_id:
        return None
    query = {
        "client_id": sign_in.client_id,
        "redirect_uri": f"{origin}/",
        "response_type": "id_token",
        "response_mode": "fragment",
        "scope": "openid profile",
        "nonce": nonce,
        "state": state,
    }
    return f"{sign_in.authorize_url}{'&' if '?' in sign_in.authorize_url else '?'}{urlencode(query)}"


def returned(fragment: str) -> Returned | None:
    """What the issuer sends back with the reader."""
    fields = parse_qs(fragment.removeprefix("#"))
    if "id_token" not in fields:
        return None
    return Returned(fields["id_token"][0], fields.get("state", [""])[0])
