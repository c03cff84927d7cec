from hypothesis import given
from hypothesis import strategies as st

from edgechat.routing import RefusalDetector


def is_refusal(*deltas: str) -> bool:
    detector = RefusalDetector()
    verdicts = (detector.feed(delta) for delta in deltas)
    verdict = next((verdict for verdict in verdicts if verdict is not None), None)
    return detector.close() if verdict is None else verdict


@given(st.text(max_size=200), st.integers(0, 200))
def test_any_text_gets_a_verdict_wherever_it_is_cut(text: str, cut: int) -> None:
    assert is_refusal(text[:cut], text[cut:]) == is_refusal(text)
