"""Every route asks who is there, whoever adds it."""

import re

import pytest
from fakes import bearer, request
from signing_in import Service, code_of, cookie

from service.auth import gate, revocation
from service.routes import ROUTES, respond

PUBLIC = {("GET", "/api/health"), *((method, "/api/session") for method in ("GET", "POST", "DELETE"))}
# These ask beside their call of the model.
ASKED_LATER = {("POST", f"/api/{name}") for name in ("chat", "complete", "classify", "transcribe", "speech")}


def path_of(pattern: re.Pattern[str]) -> str:
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda found: "y" if found[1] == "token" else "x", pattern.pattern)
    assert pattern.fullmatch(path)
    return path


PRIVATE = [(method, path_of(pattern)) for method, pattern, _ in ROUTES if (method, pattern.pattern) not in PUBLIC]


@pytest.mark.parametrize(("method", "path"), PRIVATE)
async def test_no_route_works_without_a_session(method: str, path: str) -> None:
    for headers in ({}, {"authorization": "Bearer x"}, {"cookie": "__Host-edgechat=x"}):
        assert code_of(await respond(request(method, path, {}, headers), Service())) == (401, "unauthorized")


@pytest.mark.parametrize(("method", "path"), [route for route in PRIVATE if route not in ASKED_LATER])
async def test_no_route_works_with_a_session_that_was_revoked(method: str, path: str) -> None:
    service, headers = Service(), bearer("user_1")
    session = gate.session_of(request(headers=headers), service)
    assert session
    await revocation.revoke(service, session)
    assert code_of(await respond(request(method, path, {}, headers), service)) == (401, "unauthorized")


@pytest.mark.parametrize(("method", "path"), [route for route in PRIVATE if route[0] != "GET"])
async def test_no_route_is_open_to_other_sites(method: str, path: str) -> None:
    for told in ({}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        response = await respond(request(method, path, {}, cookie("user_1") | told), Service())
        assert code_of(response) == (403, "cross_site")
