"""Too much in too short a time, by the ratelimit binding: for each location of Cloudflare, and about right."""

import hashlib
import hmac
import ipaddress
import logging
from http import HTTPStatus

from service.bindings import Env
from service.web import HTTPError, Request

log = logging.getLogger("edgechat")

PERIOD = 60
"""Seconds, as in `[[ratelimits]]` of `wrangler.toml`."""


async def check_burst(env: Env, key: str) -> None:
    """Raises a 429 when there are too many of one key in a minute."""
    if env.burst is None:
        return
    try:
        is_within = (await env.burst.limit({"key": key}))["success"]
    except Exception:
        # It only evens out what comes in. The quotas still hold.
        log.exception("The burst limit could not be asked")
        return
    if not is_within:
        raise HTTPError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_fast",
            "That was too much in too short a time. Wait a minute, then go on.",
            {"retry-after": str(PERIOD)},
        )


def address_of(request: Request, secret: str) -> str | None:
    """A keyed digest of the caller's network address: who they are where nobody has signed in. None on this machine.

    Of IPv6, the network counts: a host has as many addresses there as it likes.
    """
    try:
        address = ipaddress.ip_address(request.headers.get("cf-connecting-ip", ""))
    except ValueError:
        return None
    if address.is_loopback:
        return None
    network = ipaddress.ip_network((address, 64), strict=False) if address.version == 6 else address
    return hmac.digest(secret.encode(), f"address:{network}".encode(), hashlib.sha256).hex()[:32]
