"""What answers cost, by user, model and day."""

from collections.abc import Mapping

from edgechat.model.parts import Usage
from service.auth import OWNER, User
from service.bindings import D1Session, D1Statement
from service.clock import day_of

# What was only estimated is replaced by what was counted.
_SAVE = f"""
INSERT INTO usage (user_id, turn_id, model, day, input_tokens, output_tokens, is_estimated)
VALUES ({OWNER}, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (user_id, turn_id, model) DO UPDATE SET
  input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, is_estimated = excluded.is_estimated
WHERE is_estimated > excluded.is_estimated
"""

_READ = """
SELECT json_group_array(json_object(
  'day', day, 'model', model, 'turns', turns, 'inputTokens', input_tokens, 'outputTokens', output_tokens)) AS usage
FROM (
  SELECT day, model, count(*) AS turns, sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens
  FROM usage WHERE user_id = ?1 GROUP BY day, model ORDER BY day, model)
"""


def statements(
    db: D1Session, user: User, turn_id: str, at: int, usage_by_model: Mapping[str, Usage]
) -> list[D1Statement]:
    """Part of the batch that saves a turn."""
    return [
        db.prepare(_SAVE).bind(
            user.id,
            turn_id,
            model,
            day_of(at),
            usage.input_tokens or 0,
            usage.output_tokens or 0,
            int(usage.is_estimated),
        )
        for model, usage in usage_by_model.items()
    ]


async def read_usage(db: D1Session, user: User) -> bytes:
    """By day and model, as JSON."""
    usage: str = await db.prepare(_READ).bind(user.id).first("usage")
    return usage.encode()
