"""Who answers, and why, in plain words: the Worker tells it with the answer (`data-route`)."""

from collections.abc import Mapping
from typing import Any

from edgechat.ui.messages import DataPart, UIMessage, UIPart
from page.strings import number, t

SLOW = 500
"""Milliseconds until an answer began, from which on they are worth a word."""

# By what the router calls them: `edgechat.routing`, and `service.routing`.
_REASONS = {
    "asks for thought": "why_thought",
    "many numbers": "why_numbers",
    "reasoning": "why_reasoning",
    "maths": "why_maths",
    "expert": "why_expert",
    "long answer": "why_long_answer",
    "tools": "why_tools",
    "code": "why_code",
    "goes on with central": "why_as_before",
    "long question": "why_long_question",
    "long conversation": "why_long_conversation",
    "log or table": "why_records",
    "several questions": "why_questions",
    "lookup": "why_lookup",
    "asks for brevity": "why_brevity",
    "small talk": "why_small_talk",
    "short question": "why_short_question",
    "works on a text": "why_text",
    "light task": "why_light",
    "nothing special": "why_nothing",
    "image": "why_image",
    "your choice": "why_choice",
    "not for guests": "why_guest",
    "not for you": "why_tier",
    "no central model": "why_none",
    "budget of the day": "why_budget",
    "your quota": "why_quota",
}
_STAGES = {"refusal": "why_refusal", "fallback": "why_fallback", "deadline": "why_undecided"}
_VERDICTS = {"edge": "why_easy", "central": "why_hard"}


def is_route(part: UIPart) -> bool:
    return isinstance(part, DataPart) and part.type == "data-route"


def route_line(message: UIMessage) -> str:
    """Of who answered last: an answer may have gone on. Empty if nothing is told."""
    found = [part.data for part in message.parts if isinstance(part, DataPart) and is_route(part)]
    return _line(found[-1]) if found and isinstance(found[-1], dict) else ""


def _line(route: Mapping[str, Any]) -> str:
    side = t("side_central" if route.get("side") == "central" else "side_edge")
    ms = route.get("ms")
    if isinstance(ms, int | float) and ms >= SLOW:
        return t("route_slow", side=side, why=_why(route), seconds=number(ms / 1000, 1))
    return t("route", side=side, why=_why(route))


def _why(route: Mapping[str, Any]) -> str:
    stage, reason = str(route.get("stage")), str(route.get("reason"))
    if stage == "classifier":
        return t(_VERDICTS.get(str(route.get("side")), "why_undecided"))
    key = _STAGES.get(stage) or _REASONS.get(reason)
    return t(key) if key else reason
