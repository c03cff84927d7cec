import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, cast

import pytest
from fakes import request

from edgechat.errors import APICallError
from edgechat.generate import stream_text
from edgechat.http import Fetch
from edgechat.testing import FakeClock, FakeFetch, FakeModel, HTTPAnswer, wait
from edgechat.ui.chunks import encode
from service.telemetry import Telemetry, note_error, note_route, note_user, observed_model, phase
from service.telemetry.log import JSONFormatter
from service.telemetry.otlp import read_headers
from service.telemetry.record import current
from service.web import Request, Response, json_response

COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example/otlp/"}
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"


class Isolate:
    """A Worker whose variables are `env`, and what it logs and exports."""

    def __init__(self, caplog: pytest.LogCaptureFixture, env: Mapping[str, str], fetch: Fetch) -> None:
        self.clock = FakeClock()
        self.telemetry = Telemetry(fetch, self.clock)
        self.fetch = fetch
        self._caplog = caplog
        self._env = {"SESSION_SECRET": "s" * 32} | dict(env)
        self._tasks: list[asyncio.Task[None]] = []

    async def answer(self, asked: Request, respond: Any) -> Response:
        return await self.telemetry.observe(asked, respond, self._env.get, self._background)

    async def ask(self, respond: Any, **headers: str) -> Response:
        """The whole of an answer, and what is done after it."""
        asked = request("POST", "/api/chat", headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = await self.answer(asked, respond)
        if isinstance(response.body, AsyncGenerator):
            async for _ in response.body:
                pass
        await asyncio.gather(*self._tasks)
        return response

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [record.fields for record in self._caplog.records if hasattr(record, "fields")]

    @property
    def spans(self) -> list[dict[str, Any]]:
        assert isinstance(self.fetch, FakeFetch)
        (resource,) = self.fetch.requests[-1].json()["resourceSpans"]
        (scope,) = resource["scopeSpans"]
        spans: list[dict[str, Any]] = scope["spans"]
        return spans


@pytest.fixture(autouse=True)
def _logging(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.INFO)
    root = logging.getLogger()
    handlers = list(root.handlers)
    yield
    root.handlers[:] = [handler for handler in root.handlers if handler in handlers]
    current.set(None)


@pytest.fixture
def isolate(caplog: pytest.LogCaptureFixture) -> Isolate:
    return Isolate(caplog, COLLECTOR, FakeFetch(lambda _: HTTPAnswer("{}")))


async def well() -> Response:
    note_route("/api/chat")
    note_user("guest_abcdefgh")
    return json_response({})


def chatting(isolate: Isolate, *said: Any) -> Any:
    """A chat with a slow history, and a model that begins to answer when the headers have left."""

    async def respond() -> Response:
        note_route("/api/chat")
        with phase("auth"):
            note_user("user_abcdefgh")
        with phase("history"):
            await isolate.clock.sleep(0.02)
        model = observed_model(FakeModel(list(said), clock=isolate.clock, model_id="@cf/small"))
        stream = stream_text(model=model, prompt="my diary")
        return Response(encode(batch) async for batch in stream.ui_message_stream())

    return respond


def attributes_of(span: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


async def test_each_request_leaves_one_line(isolate: Isolate) -> None:
    response = await isolate.ask(well)
    (line,) = isolate.lines
    assert line.pop("traceId")
    assert line.pop("user") not in ("guest_abcdefgh", "")
    assert line == {
        "status": 200,
        "userKind": "guest",
        "method": "POST",
        "route": "/api/chat",
        "durationMs": 0,
        "timing": {},
        "cold": True,
    }
    assert response.headers["x-request-id"]
    assert response.headers["server-timing"] == "total;dur=0.0"


async def test_only_the_first_request_of_an_isolate_is_cold(isolate: Isolate) -> None:
    for _ in range(3):
        await isolate.ask(well)
    assert [line.get("cold") for line in isolate.lines] == [True, None, None]


async def test_users_are_told_apart_and_not_known(isolate: Isolate, caplog: pytest.LogCaptureFixture) -> None:
    async def other() -> Response:
        note_user("guest_other")
        return json_response({})

    for respond in (well, other, well):
        await isolate.ask(respond)
    first, second, third = [line["user"] for line in isolate.lines]
    assert first == third != second
    foreign = Isolate(caplog, {"SESSION_SECRET": "t" * 32}, FakeFetch())
    await foreign.ask(well)
    assert foreign.lines[-1]["user"] != first


async def test_a_chat_is_measured_to_its_end(isolate: Isolate) -> None:
    response = await isolate.ask(chatting(isolate, wait(0.3), "Hello", wait(0.5), " there"))
    assert response.headers["server-timing"] == "auth;dur=0.0, history;dur=20.0, total;dur=20.0"
    (line,) = isolate.lines
    assert line["timing"] == {"auth": 0, "history": 20, "model": 0}
    assert (line["durationMs"], line["ttftMs"]) == (820, 300)
    assert (line["model"], line["finishReason"]) == ("@cf/small", "stop")
    assert line["outputTokens"] > 0


async def test_nothing_that_was_said_is_logged_or_exported(isolate: Isolate, caplog: pytest.LogCaptureFixture) -> None:
    await isolate.ask(
        chatting(isolate, "a secret", APICallError("refused: my diary", status=400)),
        cookie="__Host-edgechat=c00kie",
        authorization="Bearer t0ken",
    )
    assert isolate.lines[-1]["errorCode"] == "APICallError"
    told = json.dumps([isolate.lines, isolate.spans]) + caplog.text
    for secret in ("secret", "diary", "c00kie", "t0ken", "abcdefgh"):
        assert secret not in told


async def test_an_error_has_its_code_in_the_line(isolate: Isolate) -> None:
    async def refused() -> Response:
        note_error("unauthorized")
        return json_response({}, HTTPStatus.UNAUTHORIZED)

    response = await isolate.ask(refused)
    assert (isolate.lines[0]["status"], isolate.lines[0]["errorCode"]) == (401, "unauthorized")
    assert "route" not in isolate.lines[0]
    assert response.headers["x-request-id"]


async def test_the_ray_is_the_id_where_there_is_one(isolate: Isolate) -> None:
    assert (await isolate.ask(well, cf_ray="8f1e2d3c4b5a6978-FRA")).headers["x-request-id"] == "8f1e2d3c4b5a6978-FRA"


@pytest.mark.parametrize("ray", ["", "x", "8f1e2d3c4b5a6978-FRA\r\nset-cookie: a=b", "8f1e2d3c4b5a6978" * 1000])
async def test_what_is_no_ray_is_no_id(isolate: Isolate, ray: str) -> None:
    ids = [(await isolate.ask(well, cf_ray=ray)).headers["x-request-id"] for _ in range(2)]
    assert [*map(len, ids)] == [32, 32]
    assert ids[0] != ids[1]


async def test_requests_at_once_do_not_mix(isolate: Isolate) -> None:
    async def respond(number: int) -> Response:
        note_user(f"guest_{number}")
        await asyncio.sleep(0)
        note_route(f"/{number}")
        await asyncio.gather(asyncio.create_task(asyncio.sleep(0)))
        with phase(f"phase{number}"):
            await asyncio.sleep(0)
        return json_response({})

    asked = [asyncio.create_task(isolate.answer(request(), lambda n=n: respond(n))) for n in range(20)]
    await asyncio.gather(*asked)
    assert {(line["route"], *line["timing"]) for line in isolate.lines} == {(f"/{n}", f"phase{n}") for n in range(20)}
    assert len({line["user"] for line in isolate.lines}) == 20


async def test_a_trace_is_exported_in_one_request(isolate: Isolate) -> None:
    await isolate.ask(chatting(isolate, wait(0.3), "Hello"))
    assert isinstance(isolate.fetch, FakeFetch)
    (sent,) = isolate.fetch.requests
    assert (sent.method, sent.url) == ("POST", "https://collector.example/otlp/v1/traces")
    assert sent.headers["content-type"] == "application/json"
    root, *others = isolate.spans
    assert [root["name"], *(span["name"] for span in others)] == ["POST /api/chat", "auth", "history", "chat @cf/small"]
    assert [root["kind"], others[-1]["kind"]] == [2, 3]
    assert "parentSpanId" not in root
    assert {span["parentSpanId"] for span in others} == {root["spanId"]}
    assert {span["traceId"] for span in [root, *others]} == {isolate.lines[0]["traceId"]}
    assert len({span["spanId"] for span in [root, *others]}) == 4
    assert int(root["endTimeUnixNano"]) - int(root["startTimeUnixNano"]) == pytest.approx(320_000_000, abs=1000)
    about = attributes_of(root)
    assert about["http.request.method"] == "POST"
    assert about["http.route"] == "/api/chat"
    assert about["http.response.status_code"] == "200"
    assert about["enduser.pseudo.id"] == isolate.lines[0]["user"]
    assert about["faas.coldstart"] is True
    model = attributes_of(others[-1])
    assert model["gen_ai.operation.name"] == "chat"
    assert model["gen_ai.response.finish_reasons"] == {"values": [{"stringValue": "stop"}]}


async def test_a_trace_goes_on_where_the_caller_began_it(isolate: Isolate) -> None:
    await isolate.ask(well, traceparent=PARENT)
    assert isolate.spans[0]["traceId"] == PARENT[3:35]
    assert isolate.spans[0]["parentSpanId"] == PARENT[36:52]


async def test_what_fails_is_an_error_in_the_trace(isolate: Isolate) -> None:
    async def broken() -> Response:
        return json_response({}, HTTPStatus.INTERNAL_SERVER_ERROR)

    await isolate.ask(broken)
    assert isolate.spans[0]["status"] == {"code": 2}
    assert attributes_of(isolate.spans[0])["error.type"] == "500"


@pytest.mark.parametrize(
    "env",
    [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, COLLECTOR | {"OTEL_TRACES_SAMPLER_ARG": "0"}],
)
async def test_nothing_is_exported_unless_it_is_wanted(
    env: Mapping[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    isolate = Isolate(caplog, env, FakeFetch())
    await isolate.ask(chatting(isolate, "Hello"), traceparent=PARENT[:-2] + "01")
    assert len(isolate.lines) == 1


async def test_a_ratio_that_is_none_is_told_and_all_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    isolate = Isolate(caplog, COLLECTOR | {"OTEL_TRACES_SAMPLER_ARG": "all"}, FakeFetch("{}"))
    await isolate.ask(well)
    assert "OTEL_TRACES_SAMPLER_ARG" in caplog.text
    assert isolate.spans


@pytest.mark.parametrize(
    "failure",
    [APICallError("out of reach"), HTTPAnswer("no", status=401), HTTPAnswer("no", status=503), RuntimeError("odd")],
)
async def test_a_failing_collector_is_nobodys_problem(failure: Any, caplog: pytest.LogCaptureFixture) -> None:
    isolate = Isolate(caplog, COLLECTOR, FakeFetch(failure))
    response = await isolate.ask(well)
    assert response.status == 200
    assert "collector" in caplog.text


async def test_a_collector_that_hangs_is_left(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def hanging(url: str, **options: Any) -> AsyncGenerator[Any]:
        yield await asyncio.Event().wait()

    monkeypatch.setattr("service.telemetry.otlp.TIMEOUT", 0.01)
    isolate = Isolate(caplog, COLLECTOR, cast(Fetch, hanging))
    await isolate.ask(well)
    assert "TimeoutError" in JSONFormatter().format(caplog.records[-1])


def test_the_headers_of_a_collector_are_a_list() -> None:
    assert read_headers("api-key=s%3Dcret%2C, X-Team = edge ,,=none") == {"api-key": "s=cret,", "x-team": "edge"}
    assert read_headers("") == {}


async def test_a_stream_that_is_left_leaves_its_line_too(isolate: Isolate) -> None:
    async def body() -> AsyncGenerator[bytes]:
        while True:
            yield b""

    async def respond() -> Response:
        return Response(body())

    response = await isolate.answer(request(), respond)
    assert isinstance(response.body, AsyncGenerator)
    await anext(response.body)
    assert isolate.lines == []
    await response.body.aclose()
    assert len(isolate.lines) == 1
