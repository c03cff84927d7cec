import pytest

from bench.chat import Felt
from bench.latency.cases import CASES, OPENING, TOKENS, Case
from bench.latency.split import PARTS, READING, WORDS_PER_TOKEN, felt_rate, middle, split, time_to_read, whole
from bench.load.model import Script
from edgechat.routing import Router, RouterConfig, RouteRequest

STRETCHES = {
    "page": 4.0,
    "network": 160.0,
    "auth": 1.0,
    "history": 2.0,
    "model": 65.0,
    "delivery": 8.0,
    "paint": 6.0,
}


def felt(first_words: float = 246.0, rest: float = 1000.0) -> Felt:
    return Felt(STRETCHES, first_words, rest)


def test_the_parts_add_up_to_what_was_felt() -> None:
    parts = split(felt(), network=150, model=60)
    assert tuple(parts) == PARTS
    assert sum(parts.values()) == pytest.approx(sum(STRETCHES.values()))


def test_what_is_simulated_is_known_and_the_rest_has_a_name() -> None:
    assert split(felt(), network=150, model=60) == {
        "network": 150,
        "model": 60,
        "auth": 1,
        "history": 2,
        "Worker": 5 + 8,
        "page": 4 + 6,
        "not explained": 10,
    }


def test_a_network_that_took_less_than_it_must_is_not_hidden() -> None:
    assert split(felt(), network=170, model=60)["not explained"] == -10


def test_a_model_that_was_seen_to_answer_early_took_no_longer_than_that() -> None:
    parts = split(felt(), network=150, model=70)
    assert (parts["model"], parts["Worker"]) == (65, 8)


def test_the_run_in_the_middle_is_a_real_one() -> None:
    runs = [felt(90), felt(500), felt(100)]
    assert middle(runs) is runs[2]


def test_the_rate_counts_from_send_to_the_last_token() -> None:
    assert whole(felt(200, 1800)) == 2000
    assert felt_rate(felt(200, 1800), 240) == 120


def test_a_reader_of_a_fast_stream_waits_for_its_first_words_only() -> None:
    reading = TOKENS * WORDS_PER_TOKEN / READING * 60
    assert time_to_read(felt(200, 1800), TOKENS) == pytest.approx(0.2 + reading)


def test_a_slow_stream_is_read_when_it_ends() -> None:
    assert time_to_read(felt(200, 99_800), TOKENS) == 100


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_the_model_is_asked_for_the_rate_and_the_first_token_of_the_table(case: Case) -> None:
    script = Script.read(f"{OPENING} {case.script(TOKENS).question()}")
    assert case.round_trip + script.first_ms == case.published
    assert script.seconds == pytest.approx(script.first_ms / 1000 + (TOKENS - 1) / case.rate)
    assert len(script.answer()) == TOKENS


def test_the_router_is_sure_that_its_question_is_for_the_edge() -> None:
    async def never(request: RouteRequest) -> float:
        raise AssertionError("The classifier is asked.")

    router = Router(RouterConfig(edge="small", central="large"), never)
    decision = router.decide(RouteRequest(text=f"{OPENING} {CASES[0].script(TOKENS).question()}"))
    assert (decision.side, decision.is_sure) == ("edge", True)
