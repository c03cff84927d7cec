"""Edge first, central when it pays: who answers on real workerd, and what of it is seen, stored and cancelled."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from scripted_ai import ScriptedAI
from worker.failing import FailingPop, fault
from worker.guests import Guest, going_on, message_of, question, until

from edgechat.ids import generate_id
from edgechat.routing import Router, RouterConfig, RouteRequest
from edgechat.ui.messages import DataPart, UIMessage

EDGE, CENTRAL = "8b", "70b"
HARD = "Prove step by step that there are infinitely many primes, and compare two proofs of it in detail."
UNSURE = ("Why is the sky blue?", "Is it a fact that the sky is blue, briefly?")
ROUTER = Router(RouterConfig(edge="small", central="large"), lambda _: NotImplemented)


def on(model: str, *step: Any) -> list[Any]:
    return ["on", model, list(step)]


def ask(*script: list[Any], model: str = "auto", words: str = "Hello!", **more: Any) -> dict[str, Any]:
    """The words are for the router, the script is for the models."""
    body = question(*script, **more)
    body["message"]["parts"][0]["text"] = f"{words}\n{json.dumps(script)}"
    return body | {"model": model}


def ask_unsure(*script: list[Any]) -> dict[str, Any]:
    """A question of which the signals say little; the script is among them."""
    bodies = [ask(*script, words=words) for words in UNSURE]
    texts = [body["message"]["parts"][0]["text"] for body in bodies]
    found = [not ROUTER.decide(RouteRequest(text=text)).is_sure for text in texts]
    return bodies[found.index(True)]


def script_of(body: dict[str, Any]) -> str:
    return str(body["message"]["parts"][0]["text"].rpartition("\n")[2])


def route_of(message: UIMessage) -> dict[str, Any]:
    (data,) = [part.data for part in message.parts if isinstance(part, DataPart) and part.type == "data-route"]
    return dict(data)


def why(message: UIMessage) -> tuple[str, str, str]:
    route = route_of(message)
    return route["model"], route["side"], route["stage"]


@pytest.fixture
def user(failing_pop: FailingPop) -> Iterator[Guest]:
    """Who may use the central model, in an isolate that knows of no failures."""
    failing_pop.forget()
    with failing_pop.failing():
        user = Guest(failing_pop.url, f"user_{generate_id()}")
        yield user
        user.http.close()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


@contextmanager
def deciding(ai: ScriptedAI, large: float, after: float = 0.0) -> Iterator[None]:
    ai.large, ai.large_after = large, after
    try:
        yield
    finally:
        ai.large, ai.large_after = None, 0.0


def used(user: Guest) -> dict[str, int]:
    """Output tokens by alias."""
    rows = user.http.get("/api/usage").raise_for_status().json()["usage"]
    return {row["id"]: row["outputTokens"] for row in rows}


def test_a_hard_question_goes_central_and_says_why(user: Guest, scripted_ai: ScriptedAI) -> None:
    body = ask(["say", "Take any list of primes."], words=HARD)
    message = message_of(user.post(body))
    assert (message.text, why(message)) == ("Take any list of primes.", ("large", "central", "signals"))
    assert route_of(message)["reason"] in ("reasoning", "maths", "asks for thought")
    assert [CENTRAL in call.model for call in scripted_ai.calls_of(script_of(body))] == [True]
    assert user.saved(body["id"])[1] == message, "a reload shows it too"


def test_a_plain_one_stays_at_the_edge(user: Guest, scripted_ai: ScriptedAI) -> None:
    body = ask(["say", "Hi"], model="fast")
    assert why(message_of(user.post(body))) == ("small", "edge", "wish")
    assert [EDGE in call.model for call in scripted_ai.calls_of(script_of(body))] == [True]


def test_where_the_edge_refuses_one_good_answer_is_seen_and_stored_once(user: Guest, scripted_ai: ScriptedAI) -> None:
    refusal, hanging = on(EDGE, "say", "I'm sorry, but I can't help with that."), on(EDGE, "hang")
    body = ask(refusal, hanging, on(CENTRAL, "say", "Of course."), model="fast")
    response = user.post(body)
    message = message_of(response)
    assert (message.text, why(message)) == ("Of course.", ("large", "central", "refusal"))
    assert "sorry" not in response.text
    assert user.saved(body["id"])[1] == message
    assert len(user.all_saved()[body["id"]]) == 2
    refused, answered = scripted_ai.calls_of(script_of(body))
    assert refused.left, "its call is cancelled"
    assert answered.is_over
    assert used(user) == {"small": 10, "large": 11}


@pytest.mark.parametrize(
    "failure",
    [
        ["status", 429],
        ["status", 500],
        ["drop"],
        ["end"],
        ["raw", 'data: {"error": {"message": "3040: Capacity temporarily exceeded"}}\n\n'],
    ],
    ids=["429", "500", "cut", "empty", "error in a 200"],
)
def test_when_the_edge_is_down_nobody_notices(user: Guest, failure: list[Any]) -> None:
    ends = [on(EDGE, "end")] if failure[0] == "raw" else []
    body = ask(on(EDGE, *failure), *ends, ["say", "Here I am."], model="fast")
    message = message_of(user.post(body))
    assert (message.text, message.metadata, why(message)) == ("Here I am.", None, ("large", "central", "fallback"))


def test_when_the_central_model_is_down_the_edge_answers(user: Guest) -> None:
    message = message_of(user.post(ask(on(CENTRAL, "status", 429), ["say", "I can try."], model="best")))
    assert (message.text, why(message)) == ("I can try.", ("small", "edge", "fallback"))


def test_after_the_first_word_an_error_interrupts_the_answer_and_it_goes_on(user: Guest) -> None:
    error = ["raw", 'data: {"error": {"message": "3040: Capacity temporarily exceeded"}}\n\n']
    body = ask(["say", "Blue"], ["once", error], ["once", ["end"]], ["break"], ["say", "berry"], model="fast")
    message = message_of(user.post(body))
    assert (message.text, message.metadata) == ("Blue", {"outcome": "interrupted"})
    user.post(going_on(body["id"], message.id) | {"model": "fast"})
    _, saved = user.saved(body["id"])
    assert (saved.id, saved.text, saved.metadata) == (message.id, "Blueberry", {"outcome": "done"})


def test_an_ordinary_answer_waits_for_nothing(user: Guest, pool: ThreadPoolExecutor) -> None:
    body = ask(["say", "Paris"], ["hang"], model="fast")
    with user.http.stream("POST", "/api/chat", json=body) as response:
        assert any('"delta":"Paris"' in line for line in response.iter_lines())
        assert user.stop(body["id"])


def test_an_edge_call_that_was_begun_in_vain_is_cancelled(user: Guest, scripted_ai: ScriptedAI) -> None:
    body = ask_unsure(on(EDGE, "say", "Ed"), on(EDGE, "hang"), on(CENTRAL, "say", "Light scatters."))
    with deciding(scripted_ai, large=0.9, after=0.1):
        message = message_of(user.post(body))
    assert (message.text, why(message)) == ("Light scatters.", ("large", "central", "classifier"))
    in_vain = next(call for call in scripted_ai.calls_of(script_of(body)) if EDGE in call.model)
    assert until(lambda: in_vain.left)
    assert set(used(user)) == {"small", "large"}


def test_a_classifier_that_is_late_is_not_waited_for(user: Guest, scripted_ai: ScriptedAI) -> None:
    with deciding(scripted_ai, large=0.9, after=5):
        began = time.monotonic()
        message = message_of(user.post(ask_unsure(["say", "Blue."])))
    assert (message.text, why(message)) == ("Blue.", ("small", "edge", "deadline"))
    assert time.monotonic() - began < 4


def test_a_stop_cancels_whoever_is_being_asked(user: Guest, scripted_ai: ScriptedAI, pool: ThreadPoolExecutor) -> None:
    body = ask_unsure(["hang"])
    with deciding(scripted_ai, large=0.9, after=0.1):
        asking = pool.submit(user.post, body)
        until(lambda: len(scripted_ai.calls_of(script_of(body))) == 2)
        until(lambda: user.stop(body["id"]))
        asking.result()
    assert until(lambda: all(call.left for call in scripted_ai.calls_of(script_of(body))))


def test_who_is_a_guest_is_answered_at_the_edge_and_told_why(failing_pop: FailingPop) -> None:
    with closing(Guest(failing_pop.url).http) as http:
        message = message_of(http.post("/api/chat", json=ask(["say", "Hm."], words=HARD)))
        assert (why(message), route_of(message)["reason"]) == (("small", "edge", "policy"), "not for guests")
        assert http.get("/api/models").json()["wishes"] == []


def test_a_circuit_opens_is_shared_and_probed(failing_pop: FailingPop, user: Guest, scripted_ai: ScriptedAI) -> None:
    down = (on(EDGE, "status", 500), ["say", "Here I am."])

    def is_failing() -> bool:
        models = user.http.get("/api/models").raise_for_status().json()["models"]
        return any(model["failing"] for model in models if model["id"] == "small")

    def asks_edge(*script: list[Any]) -> bool:
        body = ask(*script, ["say", generate_id()], model="fast")
        assert message_of(user.post(body)).text
        return any(EDGE in call.model for call in scripted_ai.calls_of(script_of(body)))

    assert [asks_edge(*down) for _ in range(4)] == [True, True, True, False]
    assert is_failing()
    failing_pop.forget()
    assert is_failing(), "another isolate hears of it from KV"
    assert not asks_edge(*down)
    with failing_pop.failing(clock=11):
        assert asks_edge(*down), "one call probes it"
        assert not asks_edge(*down)
    with failing_pop.failing(clock=45):
        assert asks_edge(), "and finds it well"
        assert asks_edge()
        assert not is_failing()


@pytest.mark.parametrize("how", ["fail", "hang"])
def test_no_answer_waits_for_kv(failing_pop: FailingPop, user: Guest, how: str) -> None:
    with failing_pop.failing(fault("kv.get", how=how)):
        began = time.monotonic()
        message = message_of(user.post(ask(["say", "Hi"], model="fast")))
        assert message.text == "Hi"
        assert time.monotonic() - began < 2
        time.sleep(0.3)
