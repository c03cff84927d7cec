"""What an answer felt like, and where the milliseconds before its first words went."""

from collections.abc import Sequence
from typing import Literal, get_args

from bench.chat import Felt

WORDS_PER_TOKEN = 0.75
"""Of English prose."""
READING = 240
"""Words that one reads in a minute."""

type Part = Literal["network", "model", "auth", "history", "Worker", "page", "not explained"]
"""The simulated ones first."""

PARTS: tuple[Part, ...] = get_args(Part.__value__)


def split(felt: Felt, network: float, model: float) -> dict[Part, float]:
    """The parts add up to `first_words`. What the simulated network and the simulated model take, is known.

    The Worker's part is what lies around the model: a difference, in which the page's reading of the stream is too.
    What was measured of the network beyond what is known has no owner: browser, proxies, or a clock. It can be
    negative.
    """
    found = felt.stretches
    model = min(model, found["model"])
    return {
        "network": network,
        "model": model,
        "auth": found["auth"],
        "history": found["history"],
        "Worker": found["model"] - model + found["delivery"],
        "page": found["page"] + found["paint"],
        "not explained": found["network"] - network,
    }


def middle(runs: Sequence[Felt]) -> Felt:
    """The run with the median time to the first words: unlike medians, its parts add up."""
    return sorted(runs, key=lambda felt: felt.first_words)[len(runs) // 2]


def whole(felt: Felt) -> float:
    """Milliseconds from Send until all of the answer is there."""
    return felt.first_words + felt.rest


def felt_rate(felt: Felt, tokens: int) -> float:
    """Tokens per second, from Send until all of them are there."""
    return tokens / whole(felt) * 1000


def time_to_read(felt: Felt, tokens: int) -> float:
    """Seconds from Send until somebody has read all of it, who begins with the first words and waits for no other.

    Of a steady stream: it is either always ahead of its reader, or its last word is read when it comes.
    """
    reading = tokens * WORDS_PER_TOKEN / READING * 60
    return max(felt.first_words / 1000 + reading, whole(felt) / 1000)
