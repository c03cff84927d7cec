"""How much anyone may ask for: bursts, and quotas of messages, tokens and dollars by the day.

A day ends at midnight UTC. Quotas are counted by D1 while the model is already called; who is refused then is
remembered until the day ends, and gets no further call of a model.
"""

import logging
import math
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Literal, NamedTuple

import msgspec

from edgechat.model.parts import Usage
from service.auth import OWNER
from service.auth.sessions import User
from service.bindings import D1Database, Env
from service.bursts import address_of, check_burst
from service.clock import day_of
from service.settings import Limits, TierName, Workload, Workloads
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

_ADMIT_CALL = """
INSERT INTO workload_calls (day, who, workload, calls)
SELECT ?1, value, ?4, 1 FROM json_each(json_array(?2, ?3)) WHERE value IS NOT NULL
ON CONFLICT DO UPDATE SET calls = calls + 1
"""

_USED_CALLS = """
SELECT json_object(
  'calls', (SELECT calls FROM workload_calls WHERE day = ?1 AND who = ?2 AND workload = ?4),
  'address_calls', coalesce((SELECT calls FROM workload_calls WHERE day = ?1 AND who = ?3 AND workload = ?4), 0),
  'tokens', (
    SELECT coalesce(sum(input_tokens + output_tokens), 0) FROM daily_tokens WHERE day = ?1 AND user_id = ?2
  ),
  'of_all', json((
    SELECT json_group_array(json_array(model, input_tokens, output_tokens))
    FROM daily_tokens WHERE day = ?1 AND user_id = ''
  ))
) AS used
"""

# One row for a workload and a day, whose tokens a trigger adds to those of the day.
_BOOK = f"""
INSERT INTO usage (user_id, turn_id, model, day, input_tokens, output_tokens, is_estimated)
VALUES ({OWNER}, ?2, ?3, ?4, ?5, ?6, 0)
ON CONFLICT (user_id, turn_id, model) DO UPDATE SET
  input_tokens = input_tokens + excluded.input_tokens, output_tokens = output_tokens + excluded.output_tokens
"""

_FORGET = [f"DELETE FROM {table} WHERE day < ?1" for table in ("admissions", "daily_tokens", "workload_calls")]


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


class _UsedCalls(msgspec.Struct):
    calls: int
    address_calls: int
    tokens: int
    of_all: list[tuple[str, int, int]]


class _Refusal(NamedTuple):
    code: str
    text: str
    until: float

    def error(self, now: float) -> HTTPError:
        seconds = max(1, math.ceil(self.until - now))
        text = f"{self.text} You can go on in {_in_words(seconds)}, at midnight UTC."
        return HTTPError(HTTPStatus.TOO_MANY_REQUESTS, self.code, text, {"retry-after": str(seconds)})


class _Scarce(NamedTuple):
    """A user's tokens, or the dollars of all, of which the edge model has the rest."""

    reason: str
    until: float


# What stays refused until its end, by the user, by the address, or for all; and what stays scarce.
_refused: dict[str, _Refusal] = {}
_scarce: dict[str, _Scarce] = {}
_MAX_REMEMBERED = 10_000
_ALL = "all"

_used = msgspec.json.Decoder(_Used)
_used_calls = msgspec.json.Decoder(_UsedCalls)


def caller_of(request: Request, env: Env, user: User) -> Caller:
    return Caller(user, address_of(request, env.session_secret) if user.is_guest else None)


async def check(env: Env, caller: Caller, what: Workload | Literal["chat"] = "chat") -> None:
    """Asked before a model is called: raises a 429 for who comes too fast, or is known to have had all there is."""
    now = time.time()
    for key in _keys(caller, what):
        refusal = _refused.get(key)
        if refusal and now < refusal.until:
            raise refusal.error(now)
    await check_burst(env, f"{what}:{caller.key}")


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
    if env.routing:
        for key, scarce in _running_out(env.limits, 1 - env.routing.spared, caller, used, end_of_day(now)):
            _remember(_scarce, key, scarce, now)
    if found := _refusal(env.limits, caller, used, end_of_day(now)):
        key, refusal = found
        _remember(_refused, key, refusal, now)
        raise refusal.error(now)


async def admit_call(env: Env, caller: Caller, workload: Workload, limits: Workloads) -> None:
    """As `admit`, for a workload besides chat."""
    now = time.time()
    values = (day_of(now * 1000), caller.user.id, caller.address, workload)
    try:
        _, answer = await env.db.batch([env.db.prepare(sql).bind(*values) for sql in (_ADMIT_CALL, _USED_CALLS)])
    except Unavailable as error:
        if caller.user.is_guest:
            raise
        log.warning("A call was not counted: %r", error.__cause__)
        return
    used = _used_calls.decode(answer["results"][0]["used"])
    if found := _refusal_of_call(env.limits, limits, caller, workload, used, end_of_day(now)):
        key, refusal = found
        _remember(_refused, key, refusal, now)
        raise refusal.error(now)


async def book(db: D1Database, user: User, workload: Workload, model_id: str, usage: Usage) -> None:
    """What a call has taken: it counts like the tokens of an answer."""
    day = day_of(time.time() * 1000)
    tokens = (usage.input_tokens or 0, usage.output_tokens or 0)
    try:
        await db.batch([db.prepare(_BOOK).bind(user.id, f"{workload} {day}", model_id, day, *tokens)])
    except Unavailable as error:
        log.warning("The use of %s was not booked: %r", model_id, error.__cause__)


def scarce(caller: Caller) -> str | None:
    """Why the dear model is not for them now, as far as this isolate has heard: what it does not know, `admit` tells
    it with the next message."""
    now = time.time()
    known = (_scarce.get(key) for key in (_ALL, caller.user.id))
    return next((each.reason for each in known if each and now < each.until), None)


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
    if overdrawn := _overdrawn(limits, caller, used, until):
        return overdrawn
    if caller.address and tier.messages_per_address and used.address_messages > tier.messages_per_address:
        text = f"Guests at your network address have sent {tier.messages_per_address} messages today, the most for one."
        return caller.address, _Refusal("daily_messages_of_address", text, until)
    return None


def _refusal_of_call(
    limits: Limits, workloads: Workloads, caller: Caller, workload: Workload, used: _UsedCalls, until: float
) -> tuple[str, _Refusal] | None:
    most = workloads.guest_calls if caller.user.is_guest else workloads.user_calls
    if used.calls > most:
        return f"{workload}:{caller.user.id}", _Refusal("daily_calls", f"You have done this {most} times today.", until)
    if caller.address and used.address_calls > workloads.calls_per_address:
        text = f"Guests at your network address have done this {workloads.calls_per_address} times today."
        return f"{workload}:{caller.address}", _Refusal("daily_calls_of_address", text, until)
    return _overdrawn(limits, caller, used, until)


def _overdrawn(limits: Limits, caller: Caller, used: _Used | _UsedCalls, until: float) -> tuple[str, _Refusal] | None:
    """Tokens and dollars, which all that one does shares."""
    most = limits.tier(caller.tier).tokens
    if used.tokens >= most:
        whose = "the most for a guest" if caller.user.is_guest else "the most for one user"
        text = f"Your messages of today and their answers have come to {most:,} tokens, {whose}."
        return caller.user.id, _Refusal("daily_tokens", text, until)
    if _cost(limits, used) >= limits.dollars:
        text = "The service has spent all that it may spend on models in a day."
        return _ALL, _Refusal("daily_budget", text, until)
    return None


def _running_out(
    limits: Limits, share: float, caller: Caller, used: _Used, until: float
) -> Iterator[tuple[str, _Scarce]]:
    """Of what more than this share is used up."""
    if _cost(limits, used) >= limits.dollars * share:
        yield _ALL, _Scarce("budget of the day", until)
    if used.tokens >= limits.tier(caller.tier).tokens * share:
        yield caller.user.id, _Scarce("your quota", until)


def _cost(limits: Limits, used: _Used | _UsedCalls) -> float:
    models = limits.billed
    return sum(models[model_id].cost(*tokens) for model_id, *tokens in used.of_all if model_id in models)


def _keys(caller: Caller, what: str) -> list[str]:
    own = [caller.user.id, *([caller.address] if caller.address else [])]
    return [*own, *(f"{what}:{key}" for key in own), _ALL]


def _remember[T: (_Refusal, _Scarce)](memory: dict[str, T], key: str, known: T, now: float) -> None:
    if len(memory) >= _MAX_REMEMBERED:
        for old in [key for key, known in memory.items() if known.until <= now] or [next(iter(memory))]:
            del memory[old]
    memory[key] = known


def end_of_day(now: float) -> float:
    return (now // _DAY + 1) * _DAY


def _in_words(seconds: int) -> str:
    if seconds > 2 * 3600:
        return f"{math.ceil(seconds / 3600)} hours"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} minutes" if minutes > 1 else "a minute"
