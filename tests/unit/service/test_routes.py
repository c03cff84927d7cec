import json

import pytest
from fakes import Env, bearer, database, request

from edgechat import __version__
from edgechat.testing import FakeD1
from service.routes import respond
from service.web import MAX_BODY, Response

SIGNED = bearer("guest_1")
HI = {"id": "u1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}


def body_of(response: Response) -> dict[str, object]:
    assert isinstance(response.body, bytes)
    assert response.headers["content-type"] == "application/json"
    decoded: dict[str, object] = json.loads(response.body)
    return decoded


def code_of(response: Response) -> object:
    error = body_of(response)["error"]
    assert isinstance(error, dict)
    assert error.keys() == {"code", "message"}
    return error["code"]


async def test_health_needs_nothing() -> None:
    response = await respond(request("GET", "/api/health"), Env())
    assert (response.status, body_of(response)) == (200, {"status": "ok", "version": __version__})


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api", 404, "not_found"),
        ("GET", "/api/nothing", 404, "not_found"),
        ("GET", "/api/chats/", 404, "not_found"),
        ("GET", "/api/chats/../../etc/passwd", 404, "not_found"),
        ("GET", "/api/chats/" + "x" * 65, 404, "not_found"),
        ("GET", "/api/chats/a\n", 404, "not_found"),
        ("GET", "/api/chat", 405, "method_not_allowed"),
        ("PROPFIND", "/api/chat", 405, "method_not_allowed"),
        ("DELETE", "/api/health", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there_is_said_in_json(method: str, path: str, status: int, code: str) -> None:
    response = await respond(request(method, path, headers=SIGNED), Env())
    assert (response.status, code_of(response)) == (status, code)


async def test_a_wrong_method_is_told_the_right_ones() -> None:
    response = await respond(request("PUT", "/api/chat"), Env())
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/api/chat"), ("POST", "/api/chat/c1/stop"), ("GET", "/api/chats/c1")]
)
async def test_without_a_session_nothing_is_done(method: str, path: str) -> None:
    response = await respond(request(method, path, {"id": "c1", "message": HI}), Env())
    assert (response.status, code_of(response)) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b"[" * 100_000, 400, "invalid_json"),
        (b'{"new":' + b"[" * 100_000, 400, "invalid_json"),
        (b'{"id":"c1","message":' + b'{"a":' * 100_000, 400, "invalid_json"),
        (b" " * (MAX_BODY + 1), 413, "body_too_large"),
        (b"null", 400, "invalid_request"),
        ({}, 400, "invalid_request"),
        ({"id": "c1"}, 400, "invalid_request"),
        ({"id": "c1\n", "message": HI}, 400, "invalid_request"),
        ({"id": "c1", "message": HI | {"id": "u1\n"}}, 400, "invalid_request"),
        ({"id": 1, "message": HI}, 400, "invalid_request"),
        ({"id": "", "message": HI}, 400, "invalid_request"),
        ({"id": "../x", "message": HI}, 400, "invalid_request"),
        ({"id": "c1", "message": HI, "parentId": 5}, 400, "invalid_request"),
        ({"id": "c1", "message": None}, 400, "invalid_request"),
        ({"id": "c1", "message": "Hi"}, 400, "invalid_request"),
        ({"id": "c1", "message": HI | {"id": "x y"}}, 400, "invalid_request"),
        ({"id": "c1", "message": HI | {"role": "system"}}, 400, "invalid_request"),
        ({"id": "c1", "message": HI | {"parts": []}}, 400, "empty_message"),
        ({"id": "c1", "message": HI | {"parts": [{"type": "text", "text": " \n"}]}}, 400, "empty_message"),
        ({"id": "c1", "message": HI | {"parts": [{"type": "text"}]}}, 400, "invalid_request"),
        ({"id": "c1", "message": HI | {"parts": [{"type": "text", "text": "x" * 8001}]}}, 413, "message_too_long"),
        ({"id": "c1", "messages": []}, 400, "invalid_request"),
        ({"id": "c1", "messages": [1]}, 400, "invalid_request"),
        ({"id": "c1", "messages": [{}, HI]}, 400, "invalid_request"),
        ({"id": "c1", "messages": [HI], "trigger": "explode"}, 400, "invalid_request"),
    ],
)
async def test_a_bad_message_is_refused_before_anything_is_asked(body: object, status: int, code: str) -> None:
    response = await respond(request("POST", "/api/chat", body, SIGNED), Env())
    assert (response.status, code_of(response)) == (status, code)


@pytest.mark.parametrize("content_type", ["", "text/plain", "multipart/form-data; boundary=x"])
async def test_only_json_is_taken(content_type: str) -> None:
    headers = SIGNED | {"content-type": content_type}
    response = await respond(request("POST", "/api/chat", {"id": "c1", "message": HI}, headers), Env())
    assert (response.status, code_of(response)) == (415, "unsupported_media_type")


async def test_where_nothing_runs_nothing_is_stopped() -> None:
    class WithDatabase(Env):
        @property
        def db(self) -> FakeD1:
            return database()

    response = await respond(request("POST", "/api/chat/c1/stop", headers=SIGNED), WithDatabase())
    assert body_of(response) == {"stopped": False}


async def test_a_failure_inside_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    response = await respond(request("GET", "/api/chats/c1", headers=SIGNED), Env())
    assert (response.status, code_of(response)) == (500, "internal_error")
    assert isinstance(response.body, bytes)
    assert b"asked" not in response.body
    assert "the database was asked" in caplog.text
