from collections import Counter

import pytest

from bench.routing.data import LANGUAGES, Split, read_openings, read_prompts

SPLITS: dict[Split, int] = {"train": 500, "test": 160, "blind": 400}
"""How many openings each set has at least."""

NEAR = 0.5
"""From this share of common pieces on, two prompts are nearly the same."""


def pieces_of(text: str) -> set[str]:
    """All runs of three characters."""
    text = "".join(text.casefold().split())
    return {text[at : at + 3] for at in range(max(len(text) - 2, 1))}


def likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_prompts_and_half_of_them_for_each_side(language: str) -> None:
    prompts = [prompt for split in ("train", "test") for prompt in read_prompts(split) if prompt.language == language]
    sides = Counter(prompt.side for prompt in prompts)
    assert len(prompts) >= 80
    assert sides["edge"] == sides["central"]


def test_there_are_enough_openings() -> None:
    for split, enough in SPLITS.items():
        openings = read_openings(split)
        assert len(openings) >= enough
        assert 0.4 < sum(opening.refusal for opening in openings) / len(openings) < 0.6
        assert {opening.language for opening in openings} == LANGUAGES.keys()


def test_nothing_for_training_is_nearly_the_same_as_something_for_the_test() -> None:
    train = [pieces_of(prompt.text) for prompt in read_prompts("train")]
    for prompt in read_prompts("test"):
        pieces = pieces_of(prompt.text)
        assert max(likeness(pieces, other) for other in train) < NEAR, prompt.text


def test_no_opening_is_in_two_sets() -> None:
    texts = Counter(opening.text for split in SPLITS for opening in read_openings(split))
    assert texts.most_common(1)[0][1] == 1
