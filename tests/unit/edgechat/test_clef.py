from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import pytest

from edgechat.errors import APICallError
from edgechat.http import FetchResponse
from edgechat.model.types import ModelRequest
from edgechat.routing import Router, RouterConfig, RouteRequest
from edgechat.routing.clef import SHOWN, ClefClassifier, clef_body, read_clef

ANSWER = (
    '{"model":"clef-flash","answers":{"tier":{"type":"choice","choice":"large",'
    '"probabilities":{"small":0.2,"large":0.8},"confidence":0.8}},"usage":{"input_tokens":9,"output_tokens":0}}'
)
REST = f'{{"result":{ANSWER},"success":true,"errors":[],"messages":[]}}'


class Response:
    def __init__(self, body: str, status: int) -> None:
        self.status = status
        self.headers = {"content-type": "application/json"}
        self._body = body

    async def read(self) -> bytes | None:
        raise AssertionError("it is short: read at once")

    async def text(self) -> str:
        return self._body


class Binding:
    def __init__(self, body: str, status: int = 200) -> None:
        self.requests: list[ModelRequest] = []
        self._response = Response(body, status)

    @asynccontextmanager
    async def __call__(self, request: ModelRequest) -> AsyncGenerator[FetchResponse]:
        self.requests.append(request)
        yield self._response


async def test_it_asks_which_model_should_answer() -> None:
    binding = Binding(ANSWER)
    assert await ClefClassifier(binding)(RouteRequest(text="Is it?")) == 0.8
    (request,) = binding.requests
    assert (request.model, request.url) == ("@cf/cloudflare/clef-flash", None)
    body = msgspec.json.decode(request.body)
    assert body["model"] == "clef-flash"
    assert body["state"] == {"message": "Is it?"}
    assert body["questions"]["tier"]["type"] == "choice"
    assert body["questions"]["tier"]["instructions"]
    assert body["questions"]["tier"]["criteria"].keys() == {"small", "large"}


def test_the_larger_clef_is_asked_by_its_own_name() -> None:
    assert msgspec.json.decode(clef_body(RouteRequest(text="?"), "@cf/cloudflare/clef"))["model"] == "clef"


def test_of_a_long_message_both_ends_are_sent() -> None:
    state = msgspec.json.decode(clef_body(RouteRequest(text="begin" + "x" * 100_000 + "end")))["state"]
    assert state["message"].startswith("begin")
    assert state["message"].endswith("end")
    assert len(state["message"]) < SHOWN + 10


def test_it_hears_who_answered_before() -> None:
    state = msgspec.json.decode(clef_body(RouteRequest(text="And?", last_side="central")))["state"]
    assert state["the answer before came from"] == "a large model"


def test_the_answer_may_come_as_rest_wraps_it() -> None:
    assert read_clef(REST) == 0.8


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "no JSON",
        "{}",
        '{"result":null,"success":false,"errors":[],"messages":[]}',
        ANSWER.replace("large", "huge"),
        ANSWER.replace("0.8}", "8}"),
        ANSWER.replace("0.8}", "null}"),
        "[" * 10_000,
    ],
)
def test_an_answer_that_is_none_is_an_error(body: str) -> None:
    with pytest.raises(APICallError) as raised:
        read_clef(body)
    assert not raised.value.is_retryable


async def test_an_error_of_workers_ai_keeps_its_code() -> None:
    binding = Binding('{"internalCode":3040,"name":"AiError","description":"Capacity temporarily exceeded"}', 429)
    with pytest.raises(APICallError, match="3040") as raised:
        await ClefClassifier(binding)(RouteRequest(text="?"))
    assert (raised.value.code, raised.value.is_retryable) == (3040, True)


async def test_the_router_asks_it_when_unsure() -> None:
    router = Router(RouterConfig(edge="small", central="frontier", sure=1.0), ClefClassifier(Binding(REST)))
    request = RouteRequest(text="Is it?")
    decision = await router.classify(request, router.decide(request))
    assert (decision.model, decision.stage, decision.confidence) == ("frontier", "classifier", 0.8)


async def test_without_clef_the_edge_answers() -> None:
    clef = ClefClassifier(Binding('{"internalCode":5007,"description":"No such model"}', 400))
    router = Router(RouterConfig(edge="small", central="frontier", sure=1.0), clef)
    request = RouteRequest(text="Is it?")
    decision = await router.classify(request, router.decide(request))
    assert (decision.side, decision.stage) == ("edge", "deadline")
