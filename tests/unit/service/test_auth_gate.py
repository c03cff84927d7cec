import pytest
from fakes import ORIGIN, Env, bearer, request
from signing_in import cookie

from service.auth import COOKIE, User, gate, require_session
from service.web import HTTPError

USER = User("guest_1")
BEARER, COOKIE_HEADER = bearer(USER.id), cookie(USER.id)
TOKEN = COOKIE_HEADER["cookie"].partition("=")[2]


def refusal(method: str, headers: dict[str, str]) -> str | None:
    try:
        assert require_session(request(method, headers=headers), Env()).user == USER
    except HTTPError as error:
        return error.code
    return None


def test_the_bearer_token_names_the_user() -> None:
    assert refusal("GET", BEARER) is None
    assert refusal("GET", {"authorization": f"bearer  {TOKEN} "}) is None


def test_the_cookie_counts_where_there_is_no_bearer_token() -> None:
    assert refusal("GET", COOKIE_HEADER) is None
    assert refusal("GET", {"cookie": f"other=1; {COOKIE}={TOKEN}; last=2"}) is None
    assert refusal("GET", COOKIE_HEADER | {"authorization": "Basic abc"}) is None


def test_a_bad_bearer_token_is_not_made_good_by_a_cookie() -> None:
    assert refusal("GET", COOKIE_HEADER | {"authorization": "Bearer x"}) == "unauthorized"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": TOKEN},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": f"Bearer{TOKEN}"},
        {"authorization": f"Bearer {TOKEN}, Bearer {TOKEN}"},
        {"authorization": f"Bearer {TOKEN} {TOKEN}"},
        {"authorization": f"Bearer token={TOKEN}"},
        {"authorization": f"Bearer\t{TOKEN}"},
        {"authorization": "\x00"},
        {"authorization": "Bearer " + "x" * 1_000_000},
        {"cookie": ""},
        {"cookie": TOKEN},
        {"cookie": f"{COOKIE}"},
        {"cookie": f"{COOKIE}="},
        {"cookie": f"{COOKIE}={TOKEN}x"},
        {"cookie": f'{COOKIE}="{TOKEN}"'},
        {"cookie": f"edgechat={TOKEN}"},
        {"cookie": f"__host-edgechat={TOKEN}"},
        {"cookie": f"__Host-edgechat2={TOKEN}"},
        {"cookie": f"{COOKIE}={TOKEN}; {COOKIE}=x"},
        {"cookie": ";" * 100_000},
        {"cookie": f"{COOKIE}=" * 10_000},
        {"x-authorization": f"Bearer {TOKEN}"},
    ],
)
def test_nothing_else_is_a_session(headers: dict[str, str]) -> None:
    assert refusal("GET", headers) == "unauthorized"


def test_without_a_session_the_answer_is_401() -> None:
    with pytest.raises(HTTPError) as caught:
        require_session(request(), Env())
    assert caught.value.status == 401
    assert caught.value.headers == {"www-authenticate": "Bearer"}


SAME = [
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "same-origin", "origin": "https://chat.example.org"},
    {"origin": ORIGIN},
]
OTHER = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": ORIGIN},
    {"sec-fetch-site": ""},
    {"sec-fetch-site": "Same-Origin"},
    {"sec-fetch-site": "same-origin, cross-site"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": ORIGIN + ".evil.example"},
    {"origin": ORIGIN + ":8443"},
    {"origin": ORIGIN + "/"},
    {"origin": ORIGIN.replace("https", "http")},
    {"origin": "https://www.chat.example.org"},
    {"origin": f"{ORIGIN}, {ORIGIN}"},
    {"referer": ORIGIN},
]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_a_cookie_changes_something_only_for_our_own_page(method: str) -> None:
    for told in SAME:
        assert refusal(method, COOKIE_HEADER | told) is None
    for told in [{}, *OTHER]:
        assert refusal(method, COOKIE_HEADER | told) == "cross_site"


@pytest.mark.parametrize("told", [{}, *SAME, *OTHER])
def test_no_other_site_can_send_a_bearer_token(told: dict[str, str]) -> None:
    assert refusal("POST", BEARER | told) is None
    assert refusal("POST", BEARER | COOKIE_HEADER | told) is None


@pytest.mark.parametrize("told", [{}, *OTHER])
def test_reading_is_safe(told: dict[str, str]) -> None:
    assert refusal("GET", COOKIE_HEADER | told) is None


def test_who_has_no_session_is_told_so_first() -> None:
    assert refusal("POST", OTHER[0]) == "unauthorized"


def test_a_program_that_is_no_browser_may_start_a_session() -> None:
    gate.check_origin(request("POST"))
    for told in [*OTHER[:-1], {"cookie": f"{COOKIE}=x"}]:
        with pytest.raises(HTTPError) as caught:
            gate.check_origin(request("POST", headers=told))
        assert (caught.value.status, caught.value.code) == (403, "cross_site")


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites() -> None:
    name, *attributes = gate.set_cookie("t").split("; ")
    assert name == "__Host-edgechat=t"
    assert set(attributes) == {"Path=/", "Max-Age=2592000", "HttpOnly", "Secure", "SameSite=Lax"}
    name, *attributes = gate.clear_cookie().split("; ")
    assert name == "__Host-edgechat="
    assert set(attributes) == {"Path=/", "Max-Age=0", "HttpOnly", "Secure", "SameSite=Lax"}
