"""The line under an answer: how fast it was, and who gave it."""

from collections.abc import Mapping
from typing import Any

from edgechat.ui.messages import DataPart, UIMessage


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
        return f"first token after {at_edge:.0f} ms at the edge"
    return f"first token after {felt:.0f} ms, {at_edge:.0f} at the edge"


def _rate(data: Mapping[str, Any]) -> str:
    rate = data.get("tokensPerSecond")
    return "" if rate is None else f"{rate:.0f} tokens/s"


def _model(data: Mapping[str, Any]) -> str:
    """A stand-in is shown as what it is."""
    asked, answered = str(data.get("model", "")), str(data.get("answeredBy", ""))
    name = asked.rpartition("/")[2]
    return name if answered in ("", asked) else f"{answered} in place of {name}"
