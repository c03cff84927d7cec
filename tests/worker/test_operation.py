"""What an operator sees of the chat service: real workerd, with a model server and a collector of traces behind it."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from live import ROOT, Pop

from edgechat import __version__
from edgechat.ids import generate_id

DIARY = "my diary says xyzzy"
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Servers:
    """An OpenAI-compatible model that repeats what it is told, and refuses what has FAIL in it; a collector of OTLP."""

    def __init__(self) -> None:
        self.exports: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.collector_status = 200
        servers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200, b'{"data": [{"id": "parrot"}]}')

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if self.path == "/v1/traces":
                    servers.exports.append(({name.lower(): value for name, value in self.headers.items()}, body))
                    self._answer(servers.collector_status, b"{}")
                    return
                told = body["messages"][-1]["content"]
                if "FAIL" in told:
                    self._answer(400, json.dumps({"error": {"message": f"refused: {told}"}}).encode())
                    return
                events: list[dict[str, Any]] = [
                    {"choices": [{"delta": {"content": f"{word} "}}]} for word in told.split()
                ]
                events.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
                events.append({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 3}})
                self._answer(200, "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode())

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self, trace_id: str) -> list[dict[str, Any]]:
        """Of one trace, when they have come."""

        def found() -> list[dict[str, Any]]:
            scopes = [scope for _, body in self.exports for scope in body["resourceSpans"][0]["scopeSpans"]]
            return [span for scope in scopes for span in scope["spans"] if span["traceId"] == trace_id]

        return eventually(found)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    servers = Servers()
    thread = threading.Thread(target=servers.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield servers
    servers.server.shutdown()
    thread.join()
    servers.server.server_close()


@pytest.fixture(scope="module")
def pop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pop]:
    variables = [
        f"--var=OTEL_EXPORTER_OTLP_ENDPOINT:{servers.url}",
        "--var=OTEL_EXPORTER_OTLP_HEADERS:api-key=s%20cret",
    ]
    pop = Pop(ROOT / "wrangler.toml", tmp_path_factory.mktemp("state"), f"--upstream={servers.url}", *variables)
    pop.wait_for("Ready on")
    yield pop
    pop.stop()


@pytest.fixture(scope="module")
def client(pop: Pop) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=pop.url, timeout=30) as client:
        client.headers["authorization"] = f"Bearer {client.post('/api/session').json()['token']}"
        yield client


def eventually[T](find: Callable[[], T], seconds: float = 10) -> T:
    """What is found when it is there."""
    end = time.monotonic() + seconds
    while not (found := find()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.02)
    return found


def line_of(pop: Pop, response: httpx.Response) -> dict[str, Any]:
    """The line that a request has left in the log."""
    request_id = response.headers["x-request-id"]

    def found() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in list(pop.lines) if line.startswith("{")]
        return [line for line in lines if line.get("requestId") == request_id and "status" in line]

    (line,) = eventually(found)
    return line


def ask(client: httpx.Client, text: str, **headers: str) -> httpx.Response:
    message = {"id": generate_id(), "role": "user", "parts": [{"type": "text", "text": text}]}
    return client.post("/api/chat", json={"id": generate_id(), "message": message}, headers=headers)


def attributes_of(span: dict[str, Any]) -> dict[str, Any]:
    return {each["key"]: next(iter(each["value"].values())) for each in span["attributes"]}


def test_health_tells_version_and_isolate_and_of_the_stores(client: httpx.Client) -> None:
    report = client.get("/api/health").json()
    assert (report["status"], report["version"], report["isolate"]) == ("ok", __version__, "warm")
    assert report["uptimeMs"] >= 0
    report = client.get("/api/health?deep=1").raise_for_status().json()
    statuses = {name: check["status"] for name, check in report["checks"].items()}
    assert statuses == dict.fromkeys(("database", "kv", "files"), "ok")


def test_the_first_request_is_cold_and_no_other(pop: Pop, client: httpx.Client) -> None:
    client.get("/api/health")
    lines = [json.loads(line) for line in pop.lines if line.startswith('{"time"') and '"status"' in line]
    assert [line.get("cold") for line in lines] == [True] + [None] * (len(lines) - 1)


def test_a_chat_leaves_one_line_with_its_figures(pop: Pop, client: httpx.Client) -> None:
    response = ask(client, "one two three")
    line = line_of(pop, response)
    assert (line["method"], line["route"], line["status"]) == ("POST", "/api/chat", 200)
    assert (line["userKind"], len(line["user"])) == ("guest", 16)
    assert line["model"].startswith("@cf/")
    assert line["answeredBy"] == "parrot"
    assert (line["inputTokens"], line["outputTokens"], line["finishReason"]) == (7, 3, "stop")
    assert 0 <= line["ttftMs"] <= line["durationMs"]
    assert {"auth", "history", "admission", "model"} <= line["timing"].keys()
    assert re.search(r"auth;dur=[\d.]+,.*total;dur=[\d.]+", response.headers["server-timing"])


def test_who_comes_back_to_an_answer_leaves_a_line(pop: Pop, client: httpx.Client) -> None:
    body = {
        "id": generate_id(),
        "message": {"id": generate_id(), "role": "user", "parts": [{"type": "text", "text": "x"}]},
    }
    first = client.post("/api/chat", json=body).text.partition("\n")[0].removeprefix("id: ")
    for headers, status in (({"last-event-id": first}, 200), ({}, 204)):
        line = line_of(pop, client.get(f"/api/chat/{body['id']}/stream", headers=headers))
        assert (line["route"], line["status"]) == ("/api/chat/{chat_id}/stream", status)
        assert line["durationMs"] >= 0


@pytest.mark.parametrize(
    ("method", "path", "route", "status", "code"),
    [
        ("GET", "/api/chats/nowhere", "/api/chats/{chat_id}", 404, "unknown_chat"),
        ("GET", "/api/nothing", None, 404, "not_found"),
        ("POST", "/api/chat", "/api/chat", 415, "unsupported_media_type"),
        ("PROPFIND", "/api/chat", "/api/chat", 405, "method_not_allowed"),
    ],
)
def test_a_refusal_has_its_code_and_no_id_of_a_path(
    pop: Pop, client: httpx.Client, method: str, path: str, route: str | None, status: int, code: str
) -> None:
    response = client.request(method, path)
    line = line_of(pop, response)
    assert (line["status"], line["errorCode"], line.get("route")) == (status, code, route)
    assert "total;dur=" in response.headers["server-timing"]


def test_nothing_that_was_said_and_nothing_that_opens_a_door_is_logged_or_exported(
    pop: Pop, client: httpx.Client, servers: Servers
) -> None:
    token = client.headers["authorization"].removeprefix("Bearer ")
    line_of(pop, ask(client, DIARY))
    failed = ask(client, f"FAIL {DIARY}", cookie="__Host-edgechat=c00kie", traceparent=PARENT)
    assert line_of(pop, failed)["errorCode"]
    assert servers.spans(PARENT[3:35])
    for told in (pop.text, json.dumps([body for _, body in servers.exports])):
        for secret in ("xyzzy", token, "c00kie", "s cret"):
            assert secret not in told


def test_a_chat_is_a_trace_that_goes_on_where_the_caller_began_it(client: httpx.Client, servers: Servers) -> None:
    trace_id, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    ask(client, "one two three", traceparent=f"00-{trace_id}-{parent}-01")
    root, *others = servers.spans(trace_id)
    assert (root["name"], root["parentSpanId"]) == ("POST /api/chat", parent)
    assert {span["parentSpanId"] for span in others} == {root["spanId"]}
    (model,) = [span for span in others if span["name"].startswith("chat ")]
    attributes = attributes_of(model)
    assert attributes["gen_ai.operation.name"] == "chat"
    assert attributes["gen_ai.provider.name"] == "workers-ai"
    assert attributes["gen_ai.request.model"].startswith("@cf/")
    assert attributes["gen_ai.response.model"] == "parrot"
    assert attributes["gen_ai.response.finish_reasons"] == {"values": [{"stringValue": "stop"}]}
    assert (attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"]) == ("7", "3")
    assert attributes["gen_ai.response.time_to_first_chunk"] >= 0
    assert int(root["startTimeUnixNano"]) <= int(model["startTimeUnixNano"]) <= int(model["endTimeUnixNano"])
    assert abs(int(root["endTimeUnixNano"]) / 1e9 - time.time()) < 60
    assert servers.exports[-1][0]["api-key"] == "s cret"


def test_a_collector_that_fails_is_nobodys_problem(pop: Pop, client: httpx.Client, servers: Servers) -> None:
    servers.collector_status = 503
    try:
        assert "[DONE]" in ask(client, "one two three").text
        eventually(lambda: "The collector refused a trace: 503" in pop.text)
    finally:
        servers.collector_status = 200


def test_requests_at_once_do_not_mix(pop: Pop, client: httpx.Client) -> None:
    """Python has one loop for all requests of an isolate: what belongs to which is told by their tasks."""
    with ThreadPoolExecutor(8) as pool:
        asked = list(pool.map(lambda n: ask(client, "word " * n), range(1, 9)))
        refused = list(pool.map(lambda n: client.get(f"/api/chats/none{n}"), range(8)))
    assert len({response.headers["x-request-id"] for response in [*asked, *refused]}) == 16
    for response in asked:
        assert line_of(pop, response)["route"] == "/api/chat"
        assert line_of(pop, response)["status"] == 200
    for response in refused:
        assert line_of(pop, response)["errorCode"] == "unknown_chat"
