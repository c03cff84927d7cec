"""How much anyone may ask for: bursts, and quotas of messages, tokens and dollars by the day.

A day ends at midnight UTC. Quotas are counted by D1 while the model is already called; who is refused then is
remembered until the day ends, and gets no further call of a model.
"""

import logging
import math
import time
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from service.auth.sessions import User
from service.bindings import D1Database, Env
from service.bursts import address_of, check_burst
from service.clock import day_of
from service.settings import Limits, TierName
from service.web import HTTPError, Request, Unavailable

log = logging.getLogger("edgechat")

_DAY = 24 * 3600

# One statement, so that no two messages get the same number. Sent again, a message keeps its number, but not for ever:
# from the sixth time on each try counts as a message.
_ADMIT = """
INSERT INTO admissions (day, user_id, chat_id, answer_id, number, address, address_number)
SELECT ?1, ?2, ?3, ?4,
  (SELECT coalesce(sum(max(1, tries - 4)), 0) + 1 FROM admissions WHERE day = ?1 AND user_id = ?2),
  ?5,
  (SELECT coalesce(sum(max(1, tries - 4)), 0) + 1 FROM admissions WHERE day = ?1 AND address = ?5)
WHERE true
ON CONFLICT DO UPDATE SET
  tries = tries + 1,
  number = CASE WHEN tries < 5 THEN number ELSE excluded.number END,
  address_number = CASE WHEN tries < 5 THEN address_number ELSE excluded.address_number END
RETURNING json_object(
  'messages', number,
  'address_messages', address_number,
  'tokens', (
    SELECT coalesce(sum(input_tokens + output_tokens), 0) FROM daily_tokens WHERE day = ?1 AND user_id = ?2
  ),
  'of_all', json((
    SELECT json_group_array(json_array(model, input_tokens, output_tokens))
    FROM daily_tokens WHERE day = ?1 AND user_id = ''
  ))
) AS used
"""

_FORGET = ["DELETE FROM admissions WHERE day < ?1", "DELETE FROM daily_tokens WHERE day < ?1"]


class Caller(NamedTuple):
    """Whom a message counts for."""

    user: User
    address: str | None
    """Of a guest: a keyed digest of the network address. Who starts a new session is not a new guest by that."""

    @property
    def key(self) -> str:
        """What bursts are counted by."""
        return self.address or self.user.id

    @property
    def tier(self) -> TierName:
        return "guest" if self.user.is_guest else "user"


class _Used(msgspec.Struct):
    """This day, with the message that is asked for."""

    messages: int
    address_messages: int
    tokens: int
    of_all: list[tuple[str, int, int]]
    """Model, input tokens and output tokens of all users together."""


class _Refusal(NamedTuple):
    code: str
    text: str
    until: float

    def error(self, now: float) -> HTTPError:
        seconds = max(1, math.ceil(self.until - now))
        text = f"{self.text} You can go on in {_in_words(seconds)}, at midnight UTC."
        return HTTPError(HTTPStatus.TOO_MANY_REQUESTS, self.code, text, {"retry-after": str(seconds)})


# What stays refused until its end, by the user, by the address, or for all.
_refused: dict[str, _Refusal] = {}
_MAX_REFUSED = 10_000
_ALL = "all"

_used = msgspec.json.Decoder(_Used)


def caller_of(request: Request, env: Env, user: User) -> Caller:
    return Caller(user, address_of(request, env.session_secret) if user.is_guest else None)


async def check(env: Env, caller: Caller) -> None:
    """Asked before a model is called: raises a 429 for who comes too fast, or is known to have had all there is."""
    now = time.time()
    for key in _keys(caller):
        refusal = _refused.get(key)
        if refusal and now < refusal.until:
            raise refusal.error(now)
    await check_burst(env, f"chat:{caller.key}")


async def admit(env: Env, caller: Caller, chat_id: str, answer_id: str) -> None:
    """Asked while the model is called: counts the message, and raises a 429 if it is one too many. A message that is
    sent again asks for the same answer; edited, or to be answered once more, for another one.

    While D1 fails, users go on: an outage of ours is no reason to refuse them, and the burst limit holds. Guests wait:
    nobody knows who they are, and for them nothing else would hold.
    """
    now = time.time()
    values = (day_of(now * 1000), caller.user.id, chat_id, answer_id, caller.address)
    try:
        used = _used.decode(await env.db.prepare(_ADMIT).bind(*values).first("used"))
    except Unavailable as error:
        if caller.user.is_guest:
            raise
        log.warning("A message was not counted: %r", error.__cause__)
        return
    if found := _refusal(env.limits, caller, used, end_of_day(now)):
        key, refusal = found
        _remember(key, refusal, now)
        raise refusal.error(now)


async def forget_old_days(db: D1Database) -> None:
    """For the cron trigger. Yesterday stays: clocks differ."""
    before = day_of((time.time() - _DAY) * 1000)
    await db.batch([db.prepare(statement).bind(before) for statement in _FORGET])


def _refusal(limits: Limits, caller: Caller, used: _Used, until: float) -> tuple[str, _Refusal] | None:
    """The first limit that is passed, and for whom it is remembered."""
    tier = limits.tier(caller.tier)
    most = "the most for a guest" if caller.user.is_guest else "the most for one user"
    if used.messages > tier.messages:
        text = f"You have sent {tier.messages} messages today, {most}."
        return caller.user.id, _Refusal("daily_messages", text, until)
    if used.tokens >= tier.tokens:
        text = f"Your messages of today and their answers have come to {tier.tokens:,} tokens, {most}."
        return caller.user.id, _Refusal("daily_tokens", text, until)
    if caller.address and tier.messages_per_address and used.address_messages > tier.messages_per_address:
        text = f"Guests at your network address have sent {tier.messages_per_address} messages today, the most for one."
        return caller.address, _Refusal("daily_messages_of_address", text, until)
    if _cost(limits, used) >= limits.dollars:
        text = "The service has spent all that it may spend on models in a day."
        return _ALL, _Refusal("daily_budget", text, until)
    return None


def _cost(limits: Limits, used: _Used) -> float:
    models = {model.id: model for model in limits.models.values()}
    return sum(models[model_id].cost(*tokens) for model_id, *tokens in used.of_all if model_id in models)


def _keys(caller: Caller) -> list[str]:
    return [caller.user.id, *([caller.address] if caller.address else []), _ALL]


def _remember(key: str, refusal: _Refusal, now: float) -> None:
    if len(_refused) >= _MAX_REFUSED:
        for old in [key for key, refusal in _refused.items() if refusal.until <= now] or [next(iter(_refused))]:
            del _refused[old]
    _refused[key] = refusal


def end_of_day(now: float) -> float:
    return (now // _DAY + 1) * _DAY


def _in_words(seconds: int) -> str:
    if seconds > 2 * 3600:
        return f"{math.ceil(seconds / 3600)} hours"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minutes" if minutes > 1 else "a minute"
