"""How long each workload took, beside what it may take: `0.8 s of 1.5`."""

from typing import Literal

import js

from page.dom import by_id
from page.strings import number, t

type Work = Literal["suggested", "labelled", "heard", "spoken"]

BUDGETS: dict[Work, int] = {"suggested": 300, "labelled": 1_000, "heard": 1_500, "spoken": 1_500}
"""Milliseconds: to the first words of a suggestion, to a label, from the end of a recording to its text, to a sound."""


def pace_line(work: Work, ms: float) -> str:
    values = {"took": number(ms / 1000, 1), "most": number(BUDGETS[work] / 1000, 1)}
    match work:
        case "suggested":
            return t("pace_suggested", **values)
        case "labelled":
            return t("pace_labelled", **values)
        case "heard":
            return t("pace_heard", **values)
        case "spoken":
            return t("pace_spoken", **values)


class Pace:
    """Measures one piece of work, and shows it under the message box."""

    def __init__(self, work: Work) -> None:
        self._work: Work = work
        self._began: float = js.performance.now()
        self._is_over = False

    def end(self) -> None:
        """The first time it is called."""
        if self._is_over:
            return
        self._is_over = True
        ms = js.performance.now() - self._began
        line = by_id("pace")
        line.textContent = pace_line(self._work, ms)
        line.toggleAttribute("data-over", ms > BUDGETS[self._work])
