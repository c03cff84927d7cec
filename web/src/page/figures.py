"""The line under an answer: how fast it was, and who gave it."""

from collections.abc import Mapping
from typing import Any

from edgechat.ui.messages import DataPart, UIMessage
from page.strings import t


def figures_line(message: UIMessage, felt_ttft_ms: float | None) -> str:
    """`felt_ttft_ms` is the time to first token as this page saw it, None for an answer of an earlier visit."""
    for part in message.parts:
        if isinstance(part, DataPart) and part.type == "data-figures" and isinstance(part.data, dict):
            return " · ".join(filter(None, (_ttft(part.data, felt_ttft_ms), _rate(part.data), _model(part.data))))
    return ""


def _ttft(data: Mapping[str, Any], felt: float | None) -> str:
    at_edge = data.get("ttftMs")
    if at_edge is None:
        return ""
    if felt is None:
        return t("first_token_edge", edge=f"{at_edge:.0f}")
    return t("first_token_felt", felt=f"{felt:.0f}", edge=f"{at_edge:.0f}")


def _rate(data: Mapping[str, Any]) -> str:
    rate = data.get("tokensPerSecond")
    return "" if rate is None else t("token_rate", rate=f"{rate:.0f}")


def _model(data: Mapping[str, Any]) -> str:
    """A stand-in is shown as what it is."""
    asked, answered = str(data.get("model", "")), str(data.get("answeredBy", ""))
    name = asked.rpartition("/")[2]
    return name if answered in ("", asked) else t("stand_in", answered=answered, asked=name)
