"""What the reader is told when something went wrong, and what can be done about it."""

import math
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from edgechat.errors import APICallError, EdgeChatError
from page.strings import t

type Action = Literal["retry", "reload", "sign_in"]

UNAUTHORIZED, TOO_MANY_REQUESTS = 401, 429

_QUOTAS = frozenset({"daily_messages", "daily_tokens", "daily_messages_of_address", "daily_budget"})


class Notice(NamedTuple):
    text: str
    action: Action | None = None
    waits_for_network: bool = False
    """It goes, and what failed is done again, when the network is back."""


def notice_of(error: EdgeChatError, now: datetime, *, online: bool = True, can_sign_in: bool = False) -> Notice:
    """`now` is in the zone of the reader."""
    if not isinstance(error, APICallError):
        return Notice(error.public_message, "retry")
    if error.status is None:
        return Notice(t("unreachable"), "retry") if online else Notice(t("offline_waits"), waits_for_network=True)
    if error.status == UNAUTHORIZED:
        return Notice(t("session_ended"), "reload")  # as a guest; who wants to sign in can do so then
    if error.status == TOO_MANY_REQUESTS:
        return _too_many(error, now, can_sign_in)
    if error.code == "busy":
        return Notice(t("busy"), "retry")
    return Notice(error.public_message, "retry" if error.is_retryable else None)


def _too_many(error: APICallError, now: datetime, can_sign_in: bool) -> Notice:
    seconds = error.retry_after or 0
    if error.code in _QUOTAS:
        when = (now + timedelta(seconds=seconds)).strftime("%H:%M")
        return Notice(t("quota_used_up", time=when), "sign_in" if can_sign_in else None)
    return Notice(t("too_fast", seconds=math.ceil(seconds) or 10), "retry")
