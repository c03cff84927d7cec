"""Where the milliseconds went, from Send to the first words on the screen.

Two clocks measure. The page's (`performance.now()`, Resource Timing) tells when Send was pressed, when the request
left, when the response began, when the first words came and when they were painted. The Worker's tells durations only:
`Server-Timing` has what came before the response began, `data-figures` the model's time to first token. What lies
between two measured things is a difference, and is called so. The stretches add up to what the page saw.
"""

from itertools import pairwise
from typing import Literal

import msgspec

from page.figures import Felt

type Name = Literal["page", "network", "auth", "history", "model", "delivery", "paint"]
type Source = Literal["page", "edge", "difference"]


class RequestTiming(msgspec.Struct, kw_only=True):
    """A request as the browser saw it, in milliseconds since navigation."""

    started_at: float
    answered_at: float
    """The first byte of its response."""
    server: dict[str, float]
    """The durations of `Server-Timing`; `total` is all that the Worker did before it began to respond."""


class Stretch(msgspec.Struct):
    name: Name
    ms: float
    source: Source


def stretches(felt: Felt, request: RequestTiming, ttft_ms: float) -> list[Stretch]:
    """From Send to first paint, without a gap; empty where something was not measured."""
    total = request.server.get("total")
    if felt.first_text_at is None or felt.first_paint_at is None or total is None:
        return []
    # The two clocks tick differently, and a Worker's stands still between its inputs: no part exceeds its whole.
    total = min(total, request.answered_at - request.started_at)
    auth = min(request.server.get("auth", 0), total)
    history = min(request.server.get("history", 0), total - auth)
    asking = total - auth - history + felt.first_text_at - request.answered_at
    model = min(ttft_ms, asking)
    return [
        Stretch("page", request.started_at - felt.sent_at, "page"),
        Stretch("network", request.answered_at - request.started_at - total, "difference"),
        Stretch("auth", auth, "edge"),
        Stretch("history", history, "edge"),
        Stretch("model", model, "edge"),
        Stretch("delivery", asking - model, "difference"),
        Stretch("paint", felt.first_paint_at - felt.first_text_at, "page"),
    ]


def rounded(found: list[Stretch]) -> list[float]:
    """Milliseconds with one digit, whose sum is the rounded sum."""
    ends = [0.0]
    exact = 0.0
    for stretch in found:
        exact += stretch.ms
        ends.append(round(exact, 1))
    return [round(end - start, 1) for start, end in pairwise(ends)]
