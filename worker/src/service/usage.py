"""`GET /api/usage`: what a user has used, by day and model, and what of today's quotas is left."""

import time
from datetime import UTC, datetime
from typing import Any

import msgspec

from service.bindings import D1Database
from service.clock import day_of
from service.limits import Caller, end_of_day
from service.settings import Limits

DAYS = 30
"""So many are told, this one included."""

# Refused messages have numbers too: the limit is the most that count.
_READ = """
SELECT json_object(
  'messages', (SELECT count(*) FROM admissions WHERE day = ?2 AND user_id = ?1 AND number <= ?4),
  'tokens', (
    SELECT coalesce(sum(input_tokens + output_tokens), 0) FROM daily_tokens WHERE day = ?2 AND user_id = ?1
  ),
  'rows', json((
    SELECT json_group_array(json_object(
      'day', day, 'model', model, 'turns', turns, 'input_tokens', input_tokens, 'output_tokens', output_tokens))
    FROM (
      SELECT day, model, count(*) AS turns, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens
      FROM usage WHERE user_id = ?1 AND day >= ?3
      GROUP BY day, model ORDER BY day DESC, model
    )
  ))
) AS used
"""


class _Row(msgspec.Struct):
    day: str
    model: str
    turns: int
    input_tokens: int
    output_tokens: int


class _Used(msgspec.Struct):
    messages: int
    tokens: int
    rows: list[_Row]


_used = msgspec.json.Decoder(_Used)


async def usage_of(db: D1Database, limits: Limits, caller: Caller) -> dict[str, Any]:
    now = time.time()
    tier = limits.tier(caller.tier)
    today, first = day_of(now * 1000), day_of((now - (DAYS - 1) * 24 * 3600) * 1000)
    used = _used.decode(await db.prepare(_READ).bind(caller.user.id, today, first, tier.messages).first("used"))
    return {
        "tier": caller.tier,
        "today": {
            "day": today,
            "endsAt": datetime.fromtimestamp(end_of_day(now), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "messages": {"used": used.messages, "limit": tier.messages},
            "tokens": {"used": used.tokens, "limit": tier.tokens},
        },
        "usage": [_entry(limits, row) for row in used.rows],
    }


def _entry(limits: Limits, row: _Row) -> dict[str, Any]:
    """Cost in dollars, at the prices of today; null where they are not known."""
    aliases = {model.id: alias for alias, model in limits.models.items()}
    model = limits.billed.get(row.model)
    return {
        "day": row.day,
        "id": aliases.get(row.model),
        "model": row.model,
        "turns": row.turns,
        "inputTokens": row.input_tokens,
        "outputTokens": row.output_tokens,
        "cost": model.cost(row.input_tokens, row.output_tokens) if model and model.price else None,
    }
