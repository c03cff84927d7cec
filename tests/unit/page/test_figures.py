import pytest

from edgechat.ui.messages import DataPart, TextPart, UIMessage
from page import strings
from page.figures import Felt, figures_line, figures_of

FIGURES = {"model": "@cf/maker/big", "answeredBy": "@cf/maker/big", "ttftMs": 61.5, "tokensPerSecond": 48.2}
FELT = Felt(sent_at=1000, first_text_at=1085, first_paint_at=1093.2)


def answer(data: object) -> UIMessage:
    return UIMessage(id="m", role="assistant", parts=[TextPart(text="Hi"), DataPart(type="data-figures", data=data)])


def test_the_line_says_how_fast_and_who() -> None:
    line = figures_line(answer(FIGURES), FELT)
    assert line == "first token after 93 ms, 62 at the edge · 48 tokens/s · big"


def test_of_an_earlier_answer_only_the_edge_knows() -> None:
    assert figures_line(answer(FIGURES), None).startswith("first token after 62 ms at the edge · ")


def test_what_was_not_painted_counts_from_when_it_was_read() -> None:
    felt = Felt(sent_at=1000, first_text_at=1085)
    assert figures_line(answer(FIGURES), felt).startswith("first token after 85 ms, ")


def test_what_was_not_felt_yet_is_left_to_the_edge() -> None:
    assert figures_line(answer(FIGURES), Felt(sent_at=1000)).startswith("first token after 62 ms at the edge · ")


def test_a_stand_in_is_shown_as_one() -> None:
    assert figures_line(answer(FIGURES | {"answeredBy": "tiny"}), None).endswith("tiny in place of big")


def test_tokens_are_told_both_ways() -> None:
    assert figures_line(answer({"inputTokens": 31, "outputTokens": 8}), None) == "31 tokens in, 8 out"


@pytest.mark.parametrize(
    ("dollars", "shown"),
    [(0.0000123, "$0.000012"), (0.0046, "$0.0046"), (0.25, "$0.25"), (1.5, "$1.50"), (12, "$12.00")],
)
def test_a_cost_has_two_digits_that_count(dollars: float, shown: str) -> None:
    assert figures_line(answer({"cost": dollars}), None) == shown


@pytest.mark.parametrize("cost", [None, 0])
def test_what_costs_nothing_or_nobody_knows_what_is_left_out(cost: float | None) -> None:
    assert figures_line(answer({"cost": cost}), None) == ""


@pytest.mark.parametrize(
    ("route", "shown"), [("edge", "big (at the edge)"), ("central", "big (central)"), ("?", "big")]
)
def test_the_route_stands_with_the_model(route: str, shown: str) -> None:
    assert figures_line(answer({"model": "big", "route": route}), None) == shown


def test_what_is_not_known_is_left_out() -> None:
    assert figures_line(answer({"model": "big", "ttftMs": None, "tokensPerSecond": None}), FELT) == "big"


@pytest.mark.parametrize("message", [answer("hm"), UIMessage(id="m", role="assistant")])
def test_without_figures_there_is_no_line(message: UIMessage) -> None:
    assert figures_of(message) == {}
    assert figures_line(message, FELT) == ""


def test_numbers_are_written_as_in_the_language(catalogue: dict[str, dict[str, str]]) -> None:
    strings.speak(catalogue["de"])
    assert figures_line(answer({"cost": 0.25}), None) == "0,25 $"
