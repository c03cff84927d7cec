from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edgechat.routing import RefusalDetector
from edgechat.routing.refusal import LONGEST

PIECES = [
    "I ",
    "I'm sorry",
    ", ",
    "but ",
    "can't ",
    "know ",
    ". ",
    "ich ",
    "kann ",
    "nicht ",
    "je ne ",
    "sais pas ",
    "no ",
]
PIECES += [
    "puedo ",
    "すみません",
    "その",
    "は",
    "できません",
    "が、",
    "。",
    "我",
    "不",
    "知道",
    "As an AI",
    "x",
    "\U0001f642",
]
TEXTS = st.text(max_size=200) | st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def is_refusal(*deltas: str) -> bool:
    detector = RefusalDetector()
    verdicts = (detector.feed(delta) for delta in deltas)
    verdict = next((verdict for verdict in verdicts if verdict is not None), None)
    return detector.close() if verdict is None else verdict


@given(TEXTS, st.lists(st.integers(0, 200)))
def test_any_text_gets_the_same_verdict_however_it_is_cut(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), None]
    deltas = [text[start:end] for start, end in pairwise(edges)]
    assert is_refusal(*deltas) == is_refusal(text) == is_refusal(*text)


@given(TEXTS)
def test_after_so_many_letters_any_text_is_decided(text: str) -> None:
    detector = RefusalDetector()
    verdict = detector.feed(text)
    assert (detector.feed("x" * LONGEST) if verdict is None else verdict) is not None
