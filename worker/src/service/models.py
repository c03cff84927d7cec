"""Which models may be asked: those of the caller's tier, by alias, in `[vars.LIMITS.models]` of `wrangler.toml`.

Ids come and go with Cloudflare's catalogue. So pages and stored choices name an alias.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NamedTuple

from service.settings import Limits, Model, TierName
from service.web import HTTPError


class Choice(NamedTuple):
    alias: str
    model: Model


def choose(limits: Limits, tier: TierName, wanted: str | None) -> Choice:
    """The model for an alias or an id, or the default of the tier. A 400 or 403 says what can be had instead."""
    allowed = limits.tier(tier).models
    if wanted is None:
        return Choice(allowed[0], limits.models[allowed[0]])
    name = wanted if len(wanted) <= 100 else f"{wanted[:100]}..."
    found = next((Choice(alias, model) for alias, model in limits.models.items() if wanted in (alias, model.id)), None)
    if found is None:
        raise _refusal(HTTPStatus.BAD_REQUEST, "unknown_model", f"There is no model {name}.", limits, tier)
    if found.model.is_retired:
        raise _refusal(HTTPStatus.BAD_REQUEST, "model_retired", f"The model {name} is no longer there.", limits, tier)
    if found.alias not in allowed:
        who = "those who have signed in" if found.alias in limits.user.models else "others"
        raise _refusal(HTTPStatus.FORBIDDEN, "model_not_allowed", f"The model {name} is only for {who}.", limits, tier)
    return found


def listing(limits: Limits, tier: TierName, is_failing: Callable[[str], bool]) -> dict[str, Any]:
    """The models of the tier, and the retired ones. `is_failing` is asked by id."""
    allowed = limits.tier(tier).models
    retired = [alias for alias, model in limits.models.items() if model.is_retired and alias not in allowed]
    entries = [_entry(alias, limits.models[alias], is_failing) for alias in [*allowed, *retired]]
    return {"default": allowed[0], "models": entries}


def available(limits: Limits, tier: TierName) -> list[Choice]:
    allowed = [Choice(alias, limits.models[alias]) for alias in limits.tier(tier).models]
    return [choice for choice in allowed if not choice.model.is_retired]


def _entry(alias: str, model: Model, is_failing: Callable[[str], bool]) -> dict[str, Any]:
    return {
        "id": alias,
        "model": model.id,
        "contextTokens": model.context,
        "maxOutputTokens": model.max_output,
        "takesImages": model.takes_images,
        "price": model.price,  # dollars for a million tokens
        "retired": model.is_retired,
        "failing": is_failing(model.id),
    }


def _refusal(status: HTTPStatus, code: str, why: str, limits: Limits, tier: TierName) -> HTTPError:
    names = ", ".join(alias for alias, _ in available(limits, tier))
    return HTTPError(status, code, f"{why} You can have: {names}.")
