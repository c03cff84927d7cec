"""The detector of refusals on openings of answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, quantiles

from bench.routing.data import Opening
from edgechat.routing import RefusalDetector

LETTERS = {"ja": 2, "zh": 2}
"""Characters of a delta; of other languages 4, about a token."""


@dataclass(frozen=True)
class Verdict:
    is_refusal: bool
    characters: int
    """That were read before it was known."""
    deltas: int


def judge(opening: Opening) -> Verdict:
    detector = RefusalDetector()
    size = LETTERS.get(opening.language, 4)
    for at, character in enumerate(opening.text, 1):
        verdict = detector.feed(character)
        if verdict is not None:
            return Verdict(verdict, at, (at - 1) // size + 1)
    length = len(opening.text)
    return Verdict(detector.close(), length, (length - 1) // size + 1)


@dataclass(frozen=True)
class Detection:
    refusals: int
    missed: int
    answers: int
    false_alarms: int
    characters: tuple[int, int, int]
    """That an ordinary answer is held back: the median, the 95th percentile and the most. Of those that pass."""
    first_delta: float
    """The share of ordinary answers whose first delta passes at once."""


def detect(openings: Sequence[Opening]) -> Detection:
    judged = [(opening, judge(opening)) for opening in openings]
    refusals = [verdict for opening, verdict in judged if opening.refusal]
    answers = [verdict for opening, verdict in judged if not opening.refusal]
    passed = [verdict for verdict in answers if not verdict.is_refusal]
    return Detection(
        refusals=len(refusals),
        missed=sum(not verdict.is_refusal for verdict in refusals),
        answers=len(answers),
        false_alarms=len(answers) - len(passed),
        characters=_spread([verdict.characters - 1 for verdict in passed]),
        first_delta=mean(verdict.deltas == 1 for verdict in passed),
    )


def _spread(values: Sequence[int]) -> tuple[int, int, int]:
    hundredths = quantiles([*values, *values[:1]], n=100, method="inclusive")  # of one value, too
    return round(hundredths[49]), round(hundredths[94]), max(values)
