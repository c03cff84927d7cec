"""The line under an answer: how fast it was, what it took, and who gave it."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from edgechat.ui.messages import DataPart, UIMessage
from page.strings import number, t


class Felt(msgspec.Struct, kw_only=True):
    """How an answer came to this page, in milliseconds since navigation (`performance.now()`)."""

    sent_at: float
    """When Send was pressed, even if Python was not there yet."""
    first_text_at: float | None = None
    """When its first words were read from the network,"""
    first_paint_at: float | None = None
    """and when they were on the screen."""
    ended_at: float | None = None

    @property
    def ttft_ms(self) -> float | None:
        seen = self.first_text_at if self.first_paint_at is None else self.first_paint_at
        return None if seen is None else seen - self.sent_at


def figures_of(message: UIMessage) -> Mapping[str, Any]:
    """What the Worker tells of an answer (`data-figures`); empty if it tells nothing."""
    for part in message.parts:
        if isinstance(part, DataPart) and part.type == "data-figures" and isinstance(part.data, dict):
            return part.data
    return {}


def figures_line(message: UIMessage, felt: Felt | None) -> str:
    """`felt` is None for an answer of an earlier visit."""
    data = figures_of(message)
    return " · ".join(filter(None, (_ttft(data, felt), _rate(data), _tokens(data), _cost(data), _model(data))))


def _ttft(data: Mapping[str, Any], felt: Felt | None) -> str:
    at_edge = data.get("ttftMs")
    seen = felt.ttft_ms if felt else None
    if at_edge is None:
        return ""
    if seen is None:
        return t("first_token_edge", edge=number(at_edge))
    return t("first_token_felt", felt=number(seen), edge=number(at_edge))


def _rate(data: Mapping[str, Any]) -> str:
    rate = data.get("tokensPerSecond")
    return "" if rate is None else t("token_rate", rate=number(rate))


def _tokens(data: Mapping[str, Any]) -> str:
    asked, answered = data.get("inputTokens"), data.get("outputTokens")
    return "" if asked is None or answered is None else t("tokens", asked=asked, answered=answered)


def _cost(data: Mapping[str, Any]) -> str:
    """With two digits that count: most answers cost much less than a cent."""
    cost = data.get("cost")
    if not cost:
        return ""
    return t("cost", dollars=number(cost, max(2, 1 - math.floor(math.log10(cost)))))


def _model(data: Mapping[str, Any]) -> str:
    """A stand-in is shown as what it is."""
    asked, answered = str(data.get("model", "")), str(data.get("answeredBy", ""))
    name = asked.rpartition("/")[2]
    model = name if answered in ("", asked) else t("stand_in", answered=answered, asked=name)
    route = {"edge": t("route_edge"), "central": t("route_central")}.get(str(data.get("route")))
    return t("model_route", model=model, route=route) if route else model
