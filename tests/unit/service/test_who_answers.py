"""Who answers in the service, and what the page is told of it."""

import time

import msgspec
import pytest
from chatting import body, chunks_of, message_of, outlet_of
from fakes import bearer, request
from routed import BUSY, GONE, HARD, ID, LATE, PAID, PLAIN, UNSURE, USED_UP, RoutedService, route_of, why

from edgechat.errors import APICallError, StreamTruncatedError
from edgechat.generate import retry
from edgechat.model.parts import Error, TextDelta, TextStart
from edgechat.testing import FakeClock, hang
from edgechat.ui import chunks as ui
from edgechat.ui.messages import DataPart, UIMessage, decode_messages
from service import circuits, limits
from service.circuits import Circuits


@pytest.fixture(autouse=True)
def isolate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new one, that does not wait for long."""
    known = Circuits()
    monkeypatch.setattr(circuits, "circuits", known)
    for module in ("service.routing", "service.chat", "service.routes"):
        monkeypatch.setattr(f"{module}.circuits", known)
    monkeypatch.setattr(limits, "_scarce", {})
    monkeypatch.setattr(retry, "INITIAL_DELAY", 0.001)


def figures_of(message: UIMessage) -> dict[str, object]:
    (data,) = [part.data for part in message.parts if isinstance(part, DataPart) and part.type == "data-figures"]
    return dict(data)


async def test_a_plain_question_is_answered_at_the_edge_and_says_so() -> None:
    service = RoutedService()
    message = await service.say(PLAIN)
    assert (message.text, service.calls()) == ("Edge.", {"small": 1})
    route = route_of(message)
    assert route == {
        "model": "small",
        "side": "edge",
        "stage": "signals",
        "reason": "small talk",
        "confidence": route["confidence"],
        "ms": route["ms"],
    }
    assert figures_of(message)["route"] == "edge"


async def test_a_hard_one_centrally() -> None:
    service = RoutedService()
    message = await service.say(HARD)
    assert (message.text, why(message)) == ("Central.", ("large", "central", "signals"))
    figures = figures_of(message)
    assert (figures["model"], figures["route"]) == (ID["large"], "central")
    assert figures["cost"] == pytest.approx((10 * 0.293 + 20 * 2.253) / 1e6)


async def test_who_answers_is_told_before_the_first_word_and_saved() -> None:
    service = RoutedService()
    chunks = await chunks_of(await service.send(HARD))
    types = [chunk.type if isinstance(chunk, ui.Data) else type(chunk).__name__ for chunk in chunks]
    assert types[:4] == ["Start", "data-route", "StartStep", "TextStart"]
    for work in service.work:
        await work
    opened = await service.ask(request("GET", "/api/chats/c1", headers=bearer("user_1")))
    assert isinstance(opened.body, bytes)
    answer = decode_messages(msgspec.json.encode(msgspec.json.decode(opened.body)["messages"]))[-1]
    assert why(answer) == ("large", "central", "signals")


async def test_the_first_chunk_of_an_ordinary_answer_is_the_first_of_the_model() -> None:
    service = RoutedService(small=[TextStart("0"), TextDelta("0", "Paris"), hang()])
    response = await service.send(PLAIN)
    assert '"delta":"Paris"' in await outlet_of(response).read_until("Paris")
    await service.ask(request("POST", "/api/chat/c1/stop", headers=bearer("user_1")))


@pytest.mark.parametrize(
    ("wish", "asked"), [("fast", "small"), ("best", "large"), ("small", "small"), (ID["large"], "large")]
)
async def test_a_wish_is_a_command(wish: str, asked: str) -> None:
    for text in (PLAIN, HARD, UNSURE):
        service = RoutedService()
        message = await service.say(text, wish)
        assert service.calls() == {asked: 1}
        assert (route_of(message)["stage"], route_of(message)["reason"]) == ("wish", "your choice")


async def test_a_model_by_its_name_may_be_a_third_one() -> None:
    service = RoutedService()
    message = await service.say(HARD, "vision")
    assert (message.text, why(message)) == ("I see.", ("vision", "edge", "wish"))


async def test_without_routing_the_first_model_of_the_tier_answers_and_no_route_is_told() -> None:
    service = RoutedService()
    service.settings = None  # type: ignore[assignment]
    message = await service.say(HARD)
    assert message.text == "Edge."
    assert [part.type for part in message.parts if isinstance(part, DataPart)] == ["data-figures"]
    refused = await service.send(HARD, "auto", id="u2")
    assert refused.status == 400


async def test_a_guest_hears_why_the_edge_answers() -> None:
    service = RoutedService(user="guest_1")
    message = await service.say(HARD)
    assert (message.text, why(message)) == ("Edge.", ("small", "edge", "policy"))
    assert route_of(message)["reason"] == "not for guests"


async def test_who_may_not_go_central_gets_the_refusal_of_the_edge() -> None:
    service = RoutedService(user="guest_1", small="I don't know.")
    assert (await service.say(PLAIN)).text == "I don't know."
    assert service.calls() == {"small": 1}


async def test_a_central_model_that_cannot_be_reached_is_skipped() -> None:
    service = RoutedService()
    models = dict(service.bounds.models)
    models["large"] = msgspec.structs.replace(models["large"], id="anthropic/claude")
    service.bounds = msgspec.structs.replace(service.bounds, models=models)
    message = await service.say(HARD, "best")
    assert (why(message), route_of(message)["reason"]) == (("small", "edge", "policy"), "no central model")


@pytest.mark.parametrize(
    ("user", "spent", "reason"),
    [("user_1", 900_000, "your quota"), ("user_2", 100_000_000, "budget of the day")],
)
async def test_who_has_little_left_stays_at_the_edge(user: str, spent: int, reason: str) -> None:
    service = RoutedService()
    model = ID["small"] if user == "user_1" else "@cf/other/model"
    models = service.bounds.models
    if user == "user_2":
        dear = msgspec.structs.replace(models["small"], id=model)
        service.bounds = msgspec.structs.replace(service.bounds, models=models | {"dear": dear})
    day = time.strftime("%Y-%m-%d", time.gmtime())
    await (
        service.d1.prepare(
            "INSERT INTO usage (user_id, turn_id, model, day, input_tokens, output_tokens, is_estimated)"
            " VALUES (?1, 'a', ?2, ?3, ?4, 0, 0)"
        )
        .bind(user, model, day, spent)
        .run()
    )
    first = await service.say(HARD)
    assert why(first)[1] == "central", "an isolate that has heard nothing yet"
    second = await service.say(HARD, id="u2", parent=first.id)
    assert (why(second), route_of(second)["reason"]) == (("small", "edge", "policy"), reason)


@pytest.mark.parametrize("wish", ["auto", "best", "large", "vision"])
async def test_what_is_spared_no_wish_can_have(wish: str) -> None:
    service = RoutedService()
    limits._scarce["all"] = limits._Scarce("budget of the day", time.time() + 60)
    message = await service.say(HARD, wish)
    assert service.calls() == {"small": 1}
    assert (why(message), route_of(message)["reason"]) == (("small", "edge", "policy"), "budget of the day")


async def test_where_the_edge_refuses_one_good_answer_is_seen_and_saved() -> None:
    service = RoutedService(small=["I'm sorry, but I can't help with that.", hang()])
    message = await service.say(PLAIN)
    assert (message.text, why(message)) == ("Central.", ("large", "central", "refusal"))
    assert [row["text"] for row in await service.saved()] == [PLAIN, "Central."]
    assert service.models["small"].aborted == [True]
    used = await service.used()
    assert used["large"] == (10, 20)
    assert used["small"][1] > 0, "what was refused had its price, too"


@pytest.mark.parametrize("failure", [GONE, PAID, USED_UP, BUSY], ids=lambda error: str(error.code))
async def test_when_the_edge_is_down_nobody_notices(failure: APICallError) -> None:
    service = RoutedService(small=failure)
    message = await service.say(PLAIN)
    assert (message.text, message.metadata, why(message)) == ("Central.", None, ("large", "central", "fallback"))
    assert await service.used() == {"large": (10, 20)}


@pytest.mark.parametrize("failure", [GONE, PAID, USED_UP, BUSY], ids=lambda error: str(error.code))
async def test_when_the_central_model_is_down_the_edge_answers(failure: APICallError) -> None:
    service = RoutedService(large=failure)
    message = await service.say(HARD, "best")
    assert (message.text, why(message)) == ("Edge.", ("small", "edge", "fallback"))


async def test_an_error_inside_a_good_stream_before_the_first_word_is_not_seen() -> None:
    service = RoutedService(small=[Error(BUSY)])
    message = await service.say(PLAIN)
    assert (message.text, why(message)) == ("Central.", ("large", "central", "fallback"))


async def test_after_the_first_word_the_answer_is_kept_and_can_go_on() -> None:
    service = RoutedService(small=["Blue", StreamTruncatedError("cut")])
    message = await service.say(PLAIN)
    assert (message.text, message.metadata, service.calls()) == ("Blue", {"outcome": "interrupted"}, {"small": 1})
    service.models["small"] = RoutedService(small="berry").models["small"]
    going_on = {"id": "c1", "message": {"id": message.id, "role": "assistant"}}
    more = await message_of(await service.ask(request("POST", "/api/chat", going_on, bearer("user_1"))))
    assert (more.id, more.text) == (message.id, "berry")
    for work in service.work:
        await work
    assert [row["text"] for row in await service.saved()] == [PLAIN, "Blueberry"]


async def test_a_model_that_is_late_with_its_first_word_gives_way() -> None:
    service = RoutedService(small=[hang()])
    service.set(first_token=0.02)
    message = await service.say(PLAIN)
    assert (message.text, why(message)[2]) == ("Central.", "fallback")
    assert service.models["small"].aborted == [True]
    assert (await service.used())["small"][1] == 0


async def test_when_all_are_down_the_answer_has_failed() -> None:
    service = RoutedService(small=USED_UP, large=USED_UP)
    message = await service.say(PLAIN)
    assert (message.text, message.metadata) == ("", {"outcome": "failed"})
    assert await service.used() == {"small": (0, 0)}


async def test_where_the_signals_say_little_the_classifier_is_asked() -> None:
    for central, answer in ((0.1, "Edge."), (0.9, "Central.")):
        service = RoutedService(central=central)
        message = await service.say(UNSURE)
        assert (message.text, route_of(message)["stage"]) == (answer, "classifier")
        assert [request.text for request in service.classified] == [UNSURE]


async def test_an_edge_call_that_was_begun_in_vain_is_cancelled_and_booked() -> None:
    service = RoutedService(central=0.9, small=["Edge", hang()])
    assert (await service.say(UNSURE)).text == "Central."
    assert service.models["small"].aborted == [True]
    assert set(await service.used()) == {"small", "large"}


async def test_it_is_asked_only_where_that_is_wanted() -> None:
    service = RoutedService()
    service.set(asks_classifier=False)
    assert route_of(await service.say(UNSURE))["stage"] == "signals"
    assert service.classified == []


async def test_a_classifier_that_fails_is_not_asked_for_a_while() -> None:
    service = RoutedService(central=GONE)
    parent, stages = None, []
    for number in range(4):
        message = await service.say(UNSURE, id=f"u{number}", parent=parent)
        parent = message.id
        stages.append(route_of(message)["stage"])
    assert (stages, len(service.classified)) == (["deadline"] * 3 + ["signals"], 3)


async def test_nobody_closes_it_to_others_by_what_they_ask() -> None:
    service = RoutedService(central=APICallError("5004: Invalid data", status=400, code=5004))
    parent = None
    for number in range(4):
        parent = (await service.say(UNSURE, id=f"u{number}", parent=parent)).id
    assert len(service.classified) == 4


async def test_nor_is_one_that_is_late() -> None:
    service = RoutedService(central=LATE)
    service.set(deadline=0.01)
    parent, stages = None, []
    for number in range(4):
        message = await service.say(UNSURE, id=f"u{number}", parent=parent)
        parent = message.id
        stages.append(route_of(message)["stage"])
    assert stages == ["deadline"] * 3 + ["signals"]


async def test_the_side_that_answered_before_is_known() -> None:
    service = RoutedService()
    first = await service.say(HARD)
    await service.say("Why is that so?", id="u2", parent=first.id)
    assert [request.last_side for request in service.classified] == ["central"]


async def test_an_open_circuit_is_not_called_and_is_told() -> None:
    service = RoutedService(small=BUSY)
    parent = None
    for number in range(4):
        parent = (await service.say(PLAIN, id=f"u{number}", parent=parent)).id
    assert service.calls() == {"small": 3, "large": 4}
    response = await service.ask(request("GET", "/api/models", headers=bearer("user_1")))
    assert isinstance(response.body, bytes)
    listed = msgspec.json.decode(response.body)
    assert (listed["default"], listed["wishes"]) == ("auto", ["auto", "fast", "best"])
    assert {model["id"]: model["failing"] for model in listed["models"]} == {
        "small": True,
        "large": False,
        "vision": False,
    }


async def test_others_hear_of_it_and_one_call_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    service = RoutedService(small=BUSY)
    clock = FakeClock(time.time())
    monkeypatch.setattr(time, "time", clock)
    parent = None
    for number in range(3):
        parent = (await service.say(PLAIN, id=f"u{number}", parent=parent)).id
    other = Circuits()
    await other.sync(service.kv)
    assert (other.is_failing(ID["small"]), other.breaker.admits(ID["small"])) == (True, False)
    clock.advance(11)
    assert [other.breaker.admits(ID["small"]) for _ in range(3)] == [True, False, False]


async def test_nobody_closes_a_model_to_others_by_what_they_ask() -> None:
    service = RoutedService(small=APICallError("5021: too long", status=413))
    parent = None
    for number in range(5):
        parent = (await service.say(PLAIN, id=f"u{number}", parent=parent)).id
    assert service.calls()["small"] == 5


async def test_a_guest_may_wish_for_nothing_special() -> None:
    service = RoutedService(user="guest_1")
    response = await service.ask(request("GET", "/api/models", headers=bearer("guest_1")))
    assert isinstance(response.body, bytes)
    listed = msgspec.json.decode(response.body)
    assert (listed["default"], listed["wishes"]) == ("small", [])
    assert (
        await service.ask(request("POST", "/api/chat", body(PLAIN) | {"model": "large"}, bearer("guest_1")))
    ).status == 403
