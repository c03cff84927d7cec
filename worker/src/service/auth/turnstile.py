"""Cloudflare Turnstile: guests are people (docs: developers.cloudflare.com/turnstile, server-side validation)."""

from urllib.parse import urlencode

import msgspec

from edgechat.http import Fetch
from edgechat.json import JSONDecoder
from service.auth.remote import get_json

URL = "https://challenges.cloudflare.com/turnstile/v0/siteverify"

MAX_TOKEN = 2048
"""Characters, as documented."""


class _Verdict(msgspec.Struct):
    success: bool


_verdict = JSONDecoder[_Verdict](_Verdict)


async def is_passed(fetch: Fetch, secret: str, token: str, address: str | None) -> bool:
    """Whether the widget was solved. Each token counts once. Raises `UnavailableError`."""
    if not 0 < len(token) <= MAX_TOKEN:
        return False
    form = {"secret": secret, "response": token} | ({"remoteip": address} if address else {})
    headers = {"content-type": "application/x-www-form-urlencoded"}
    verdict = await get_json(
        fetch, URL, _verdict, method="POST", headers=headers, body=urlencode(form, errors="replace").encode()
    )
    return verdict.success
