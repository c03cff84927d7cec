"""What of an answer is read aloud, and in which pieces."""

import time

import pytest

from page.sentences import FIRST, MOST, pieces, plain


def test_marks_code_and_addresses_are_not_read() -> None:
    answer = "## Rome\n\n1. **Go** to the [old town](https://a.example).\n\n```python\nprint(1)\n```\n> Or *stay*.\n"
    assert plain(answer).split() == "Rome Go to the old town. Or stay.".split()


def test_code_that_has_not_ended_is_not_read_either() -> None:
    assert plain("So:\n```python\nprint(1)") == "So:"


def test_the_first_piece_is_short_so_that_it_is_soon_heard() -> None:
    found = pieces("One sentence. " * 60)
    assert len(found[0]) <= FIRST < len(found[1]) <= MOST
    assert " ".join(found) == " ".join(["One sentence."] * 60)


def test_a_line_of_spaces_is_soon_read() -> None:
    started = time.process_time()
    assert plain("So" + " " * 20_000 + "\n" + " " * 20_000 + "x").split() == ["So", "x"]
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("text", ["", "   ", "```\ncode\n```", "---"])
def test_nothing_is_no_piece(text: str) -> None:
    assert pieces(text) == []


def test_languages_without_spaces_have_sentences_too() -> None:
    assert pieces("ローマです。パリです。") == ["ローマです。 パリです。"]


def test_a_sentence_without_an_end_is_cut_between_words() -> None:
    found = pieces("word " * 500)
    assert all(len(piece) <= MOST for piece in found)
    assert " ".join(found).split() == ["word"] * 500
    assert max(map(len, pieces("x" * 1_000))) <= MOST
