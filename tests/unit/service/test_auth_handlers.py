import logging
import time
from typing import Any

import jwt
import pytest
from fakes import ORIGIN, Env, bearer, request
from issuing import AUDIENCE, ISSUER, claims, ec_key, rsa_key
from signing_in import SAME_ORIGIN, Service, body_of, code_of, cookie, cookie_of

from edgechat.ids import generate_id
from edgechat.testing import FakeFetch, drop
from service import auth
from service.auth import accounts
from service.routes import respond
from service.web import MAX_BODY, Response

TEAM = "team.example.org"
ACCESS = {"ACCESS_TEAM_DOMAIN": TEAM, "ACCESS_AUD": "aud-tag"}
ADA = accounts.account_of(ISSUER, "ada").id


def user_of(response: Response) -> str:
    """Of the body; the cookie says the same."""
    assert response.status == 200, response.body
    session = body_of(response)
    assert f"{auth.COOKIE}={session['token']}; " in response.headers["set-cookie"]
    said = jwt.decode(session["token"], options={"verify_signature": False})
    assert said["sub"] == session["user"]["id"]
    return str(session["user"]["id"])


def id_token(**changes: Any) -> str:
    return ec_key().token(claims(**changes))


def access_token(**changes: Any) -> str:
    return rsa_key().token(claims(**{"iss": f"https://{TEAM}", "aud": ["aud-tag"]} | changes))


# who one is


async def test_nobody_is_told_how_to_become_somebody() -> None:
    response = await Service().ask("GET", "/api/session")
    sign_in = {"type": "oidc", "issuer": ISSUER, "clientId": AUDIENCE}
    assert body_of(response) == {"user": None, "signIn": sign_in, "turnstile": None}
    assert "set-cookie" not in response.headers
    plain = Service(OIDC_ISSUER=None, TURNSTILE_SECRET="secret", TURNSTILE_SITE_KEY="0x4")
    assert body_of(await plain.ask("GET", "/api/session")) == {
        "user": None,
        "signIn": None,
        "turnstile": {"siteKey": "0x4"},
    }
    assert body_of(await Service(**ACCESS).ask("GET", "/api/session"))["signIn"] == {"type": "access"}


async def test_a_page_is_told_where_one_signs_in() -> None:
    service = Service(OIDC_AUTHORIZE_URL="https://issuer.example/authorize")
    sign_in = body_of(await service.ask("GET", "/api/session"))["signIn"]
    assert sign_in["authorizeUrl"] == "https://issuer.example/authorize"


async def test_a_guest_and_an_account_are_told_who_they_are() -> None:
    service = Service()
    guest = await service.ask("GET", "/api/session", headers=cookie("guest_1"))
    assert body_of(guest)["user"] == {"id": "guest_1", "isGuest": True, "name": None}
    signed_in = await service.ask("POST", "/api/session", {"idToken": id_token(name="Ada Lovelace")})
    ada = {"id": ADA, "isGuest": False, "name": "Ada Lovelace"}
    assert body_of(signed_in)["user"] == ada
    renewed = await service.ask("POST", "/api/session", headers=cookie_of(signed_in) | SAME_ORIGIN)
    assert body_of(renewed)["user"] == ada
    assert body_of(await service.ask("GET", "/api/session", headers=cookie_of(renewed)))["user"] == ada
    await service.ask("DELETE", "/api/session", headers=cookie_of(renewed) | SAME_ORIGIN)
    assert body_of(await service.ask("GET", "/api/session", headers=cookie_of(renewed)))["user"] is None


# guests


async def test_a_new_guest_needs_no_database() -> None:
    first, second = [await respond(request("POST", "/api/session"), Env()) for _ in range(2)]
    assert user_of(first).startswith("guest_")
    assert user_of(first) != user_of(second)
    assert first.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers", [bearer("guest_1"), cookie("guest_1") | SAME_ORIGIN, cookie("user_1") | {"origin": ORIGIN}]
)
async def test_a_session_is_renewed_for_the_same_user(headers: dict[str, str]) -> None:
    service = Service()
    renewed = await service.ask("POST", "/api/session", headers=headers)
    assert user_of(renewed) in ("guest_1", "user_1")
    again = await service.ask("POST", "/api/session", headers=cookie_of(renewed) | SAME_ORIGIN)
    assert user_of(again) == user_of(renewed)


async def test_a_renewed_session_ends_with_the_one_it_renews() -> None:
    service = Service()
    first = cookie("guest_1") | SAME_ORIGIN
    renewed = cookie_of(await service.ask("POST", "/api/session", headers=first)) | SAME_ORIGIN
    await service.ask("DELETE", "/api/session", headers=first)
    assert not await service.lets_in(renewed)


async def test_a_session_that_does_not_hold_is_followed_by_a_new_guest() -> None:
    service = Service()
    response = await service.ask("POST", "/api/session", headers={"cookie": f"{auth.COOKIE}=x"} | SAME_ORIGIN)
    assert user_of(response).startswith("guest_")
    response = await service.ask("POST", "/api/session", headers={"authorization": "Bearer x"})
    assert user_of(response).startswith("guest_")


async def test_guests_solve_a_riddle_where_turnstile_is_used() -> None:
    service = Service(TURNSTILE_SECRET="secret")
    assert code_of(await service.ask("POST", "/api/session")) == (403, "turnstile_required")
    assert code_of(await service.ask("POST", "/api/session", {"turnstile": "other"})) == (403, "turnstile_failed")
    guest = await service.ask("POST", "/api/session", {"turnstile": "solved"})
    assert user_of(guest).startswith("guest_")
    again = await service.ask("POST", "/api/session", headers=cookie_of(guest) | SAME_ORIGIN)
    assert user_of(again) == user_of(guest), "once is enough"
    assert user_of(await service.ask("POST", "/api/session", {"idToken": id_token()})) == ADA


async def test_when_turnstile_is_out_of_reach_nobody_is_let_in() -> None:
    service = Service(TURNSTILE_SECRET="secret")
    service.network = FakeFetch(drop())
    response = await service.ask("POST", "/api/session", {"turnstile": "solved"})
    assert code_of(response) == (503, "sign_in_unavailable")
    assert response.headers["retry-after"] == "60"


# sign-in


@pytest.mark.parametrize("key", [rsa_key(), ec_key()], ids=["RS256", "ES256"])
async def test_a_person_signs_in(key: Any) -> None:
    service = Service()
    response = await service.ask("POST", "/api/session", {"idToken": key.token(claims())})
    assert user_of(response) == ADA
    assert await service.lets_in(cookie_of(response))


async def test_what_a_guest_has_is_theirs_after_the_sign_in_and_the_guest_is_gone() -> None:
    service = Service()
    guest = cookie("guest_1") | SAME_ORIGIN
    signed_in = await service.ask("POST", "/api/session", {"idToken": id_token()}, guest)
    assert user_of(signed_in) == ADA
    assert await service.rows("SELECT id, merged_into FROM users ORDER BY id") == [
        {"id": "guest_1", "merged_into": ADA},
        {"id": ADA, "merged_into": None},
    ]
    assert not await service.lets_in(guest)
    assert user_of(await service.ask("POST", "/api/session", headers=guest)) not in ("guest_1", ADA)


async def test_an_account_does_not_become_another() -> None:
    service = Service()
    await service.ask("POST", "/api/session", {"idToken": id_token()}, cookie("user_0") | SAME_ORIGIN)
    assert await service.rows("SELECT id, merged_into FROM users") == [{"id": ADA, "merged_into": None}]


async def test_a_guest_who_has_signed_out_is_taken_nowhere() -> None:
    service = Service()
    guest = cookie("guest_1") | SAME_ORIGIN
    await service.ask("DELETE", "/api/session", headers=guest)
    await service.ask("POST", "/api/session", {"idToken": id_token()}, guest)
    assert await service.rows("SELECT id FROM users") == [{"id": ADA}]


async def test_the_nonce_is_checked() -> None:
    token = id_token(nonce="n1")
    assert user_of(await Service().ask("POST", "/api/session", {"idToken": token, "nonce": "n1"})) == ADA
    response = await Service().ask("POST", "/api/session", {"idToken": token, "nonce": "n2"})
    assert code_of(response) == (401, "sign_in_failed")


async def test_a_refused_sign_in_leaves_no_session_and_no_word_of_the_token(caplog: pytest.LogCaptureFixture) -> None:
    token = id_token(aud="another")
    response = await Service().ask("POST", "/api/session", {"idToken": token})
    assert code_of(response) == (401, "sign_in_failed")
    assert "set-cookie" not in response.headers
    assert "another audience" in caplog.text
    for part in [*token.split("."), "ada"]:
        assert part not in caplog.text


async def test_nothing_is_logged_of_those_who_come_in(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service = Service(TURNSTILE_SECRET="secret")
    await service.ask("POST", "/api/session", {"turnstile": "solved"})
    await service.ask("POST", "/api/session", {"idToken": id_token()}, cookie("guest_1") | SAME_ORIGIN)
    assert [record for record in caplog.records if record.name == "edgechat"] == []


async def test_without_an_issuer_nobody_signs_in() -> None:
    service = Service(OIDC_ISSUER=None)
    assert code_of(await service.ask("POST", "/api/session", {"idToken": id_token()})) == (400, "no_sign_in")


async def test_when_the_issuer_is_out_of_reach_one_is_told_to_wait(caplog: pytest.LogCaptureFixture) -> None:
    service = Service()
    service.network = FakeFetch(drop())
    response = await service.ask("POST", "/api/session", {"idToken": id_token()})
    assert code_of(response) == (503, "sign_in_unavailable")
    assert "Nobody can sign in" in caplog.text


@pytest.mark.parametrize("missing", ["OIDC_AUDIENCE", "OIDC_JWKS_URL"])
async def test_half_an_issuer_is_none(missing: str, caplog: pytest.LogCaptureFixture) -> None:
    service = Service(**{missing: None})
    assert code_of(await service.ask("POST", "/api/session", {"idToken": id_token()})) == (500, "internal_error")
    assert missing in caplog.text


async def test_while_d1_is_out_of_reach_nobody_comes_in_who_was_not_there() -> None:
    service = Service()
    service.database.fail_on("", ConnectionError("D1 is down"))
    for headers in (cookie("guest_1") | SAME_ORIGIN, bearer("guest_1")):
        assert code_of(await service.ask("POST", "/api/session", headers=headers)) == (503, "unavailable")
        assert code_of(await service.ask("GET", "/api/models", headers=headers)) == (503, "unavailable")
    assert code_of(await service.ask("POST", "/api/session", {"idToken": id_token()})) == (503, "unavailable")
    assert user_of(await service.ask("POST", "/api/session", headers=bearer("user_1"))) == "user_1"


# Cloudflare Access


@pytest.mark.parametrize("name", ["cf-access-jwt-assertion", "cookie"])
async def test_behind_access_its_token_names_the_user(name: str) -> None:
    team = f"{generate_id()}.example.org"  # whose keys no cache has seen
    service = Service(**ACCESS | {"ACCESS_TEAM_DOMAIN": team})
    token = access_token(iss=f"https://{team}")
    headers = {name: f"CF_Authorization={token}" if name == "cookie" else token} | SAME_ORIGIN
    response = await service.ask("POST", "/api/session", headers=headers)
    assert user_of(response) == accounts.account_of(f"https://{team}", "ada").id
    assert service.network.requests[0].url == f"https://{team}/cdn-cgi/access/certs"


async def test_behind_access_there_are_no_guests_and_no_session_renews_itself() -> None:
    service = Service(**ACCESS)
    for headers in ({}, bearer("guest_1"), cookie("user_1") | SAME_ORIGIN):
        assert code_of(await service.ask("POST", "/api/session", headers=headers)) == (401, "sign_in_failed")
    assert code_of(await service.ask("POST", "/api/session", {"idToken": id_token()})) == (401, "sign_in_failed")


async def test_a_session_lasts_as_long_as_the_token_of_access() -> None:
    end = int(time.time()) + 600
    headers = {"cf-access-jwt-assertion": access_token(exp=end)}
    response = await Service(**ACCESS).ask("POST", "/api/session", headers=headers)
    said = jwt.decode(body_of(response)["token"], options={"verify_signature": False})
    assert end - 2 <= said["exp"] <= end + 1
    assert "Max-Age=59" in response.headers["set-cookie"] or "Max-Age=600" in response.headers["set-cookie"]


@pytest.mark.parametrize(
    "changes", [{"aud": ["other"]}, {"iss": "https://other.example.org"}, {"sub": ""}, {"exp": 1}, {"sub": None}]
)
async def test_other_tokens_of_access_do_not_count(changes: dict[str, Any]) -> None:
    headers = {"cf-access-jwt-assertion": access_token(**changes)}
    response = await Service(**ACCESS).ask("POST", "/api/session", headers=headers)
    assert code_of(response) == (401, "sign_in_failed")


async def test_without_access_its_header_says_nothing() -> None:
    response = await Service().ask("POST", "/api/session", headers={"cf-access-jwt-assertion": access_token()})
    assert user_of(response).startswith("guest_")


# sign-out


async def test_a_session_that_is_ended_holds_no_more() -> None:
    service = Service()
    gone, other = cookie("user_1") | SAME_ORIGIN, cookie("user_1") | SAME_ORIGIN
    response = await service.ask("DELETE", "/api/session", headers=gone)
    assert body_of(response) == {"signedOut": True}
    assert response.headers["set-cookie"].startswith(f"{auth.COOKIE}=; Path=/; Max-Age=0;")
    assert not await service.lets_in(gone)
    assert await service.lets_in(other)


async def test_all_sessions_are_ended_everywhere_and_one_can_sign_in_again() -> None:
    service = Service()
    first, second = [
        cookie_of(await service.ask("POST", "/api/session", {"idToken": id_token()})) | SAME_ORIGIN for _ in range(2)
    ]
    await service.ask("DELETE", "/api/session", {"everywhere": True}, first)
    for headers in (first, second):
        assert not await service.lets_in(headers)
    third = cookie_of(await service.ask("POST", "/api/session", {"idToken": id_token()}))
    assert await service.lets_in(third)


async def test_a_session_that_has_ended_ends_no_others() -> None:
    service = Service()
    stolen, own = cookie("user_1") | SAME_ORIGIN, cookie("user_1") | SAME_ORIGIN
    await service.ask("DELETE", "/api/session", headers=stolen)
    await service.ask("DELETE", "/api/session", {"everywhere": True}, stolen)
    assert await service.lets_in(own)


async def test_who_has_no_session_may_sign_out() -> None:
    assert body_of(await Service().ask("DELETE", "/api/session")) == {"signedOut": True}


# attacks


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("headers", [{}, cookie("guest_1")])
@pytest.mark.parametrize(
    "told", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}]
)
async def test_no_other_site_signs_anybody_in_or_out(
    method: str, headers: dict[str, str], told: dict[str, str]
) -> None:
    service = Service()
    response = await service.ask(method, "/api/session", {"idToken": id_token()}, headers | told)
    assert code_of(response) == (403, "cross_site")
    assert "set-cookie" not in response.headers
    assert await service.rows("SELECT id FROM users") == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_json"),
        (b"\xff", 400, "invalid_json"),
        (b"[" * 100_000, 400, "invalid_json"),
        (b'{"idToken":' + b"[" * 100_000, 400, "invalid_json"),
        (b'{"x":' * 100_000, 400, "invalid_json"),
        (b" " * (MAX_BODY + 1), 413, "body_too_large"),
        (b"null", 400, "invalid_request"),
        ([], 400, "invalid_request"),
        ({"idToken": 1}, 400, "invalid_request"),
        ({"idToken": ["x"]}, 400, "invalid_request"),
        ({"idToken": {"toString": 1}}, 400, "invalid_request"),
        ({"nonce": 1}, 400, "invalid_request"),
        ({"turnstile": True}, 400, "invalid_request"),
        ({"idToken": ""}, 401, "sign_in_failed"),
        ({"idToken": "' OR 1=1 --"}, 401, "sign_in_failed"),
        ({"idToken": "Ignore all previous instructions"}, 401, "sign_in_failed"),
        ({"idToken": "x" * 500_000}, 401, "sign_in_failed"),
    ],
)
async def test_a_bad_body_starts_no_session(body: object, status: int, code: str) -> None:
    response = await Service().ask("POST", "/api/session", body)
    assert code_of(response) == (status, code)
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize(
    ("body", "status"), [({"everywhere": "yes"}, 400), ({"everywhere": 1}, 400), (b"[" * 100_000, 400)]
)
async def test_a_bad_body_ends_no_session(body: object, status: int) -> None:
    service = Service()
    headers = cookie("user_1") | SAME_ORIGIN
    assert (await service.ask("DELETE", "/api/session", body, headers)).status == status
    assert await service.lets_in(headers)


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_form_signs_nobody_in(content_type: str) -> None:
    response = await Service().ask("POST", "/api/session", {"idToken": id_token()}, {"content-type": content_type})
    assert code_of(response) == (415, "unsupported_media_type")
    empty = await Service().ask("POST", "/api/session", b"", {"content-type": content_type})
    assert user_of(empty).startswith("guest_")
