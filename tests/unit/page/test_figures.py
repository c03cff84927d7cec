import pytest

from edgechat.ui.messages import DataPart, TextPart, UIMessage
from page.figures import figures_line

FIGURES = {"model": "@cf/maker/big", "answeredBy": "@cf/maker/big", "ttftMs": 61.5, "tokensPerSecond": 48.2}


def answer(data: object) -> UIMessage:
    return UIMessage(id="m", role="assistant", parts=[TextPart(text="Hi"), DataPart(type="data-figures", data=data)])


def test_the_line_says_how_fast_and_who() -> None:
    line = figures_line(answer(FIGURES), felt_ttft_ms=93.2)
    assert line == "first token after 93 ms, 62 at the edge · 48 tokens/s · big"


def test_of_an_earlier_answer_only_the_edge_knows() -> None:
    assert figures_line(answer(FIGURES), None).startswith("first token after 62 ms at the edge · ")


def test_a_stand_in_is_shown_as_one() -> None:
    assert figures_line(answer(FIGURES | {"answeredBy": "tiny"}), None).endswith("tiny in place of big")


def test_what_is_not_known_is_left_out() -> None:
    assert figures_line(answer({"model": "big", "ttftMs": None, "tokensPerSecond": None}), 5.0) == "big"


@pytest.mark.parametrize("message", [answer("hm"), UIMessage(id="m", role="assistant")])
def test_without_figures_there_is_no_line(message: UIMessage) -> None:
    assert figures_line(message, 1.0) == ""
