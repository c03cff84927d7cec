import time
from collections.abc import Mapping

import jwt
import pytest
from fakes import request

from service import auth
from service.web import HTTPError

SECRET = "a" * 32
USER = auth.User("guest_1")


def user_of(token: str) -> auth.User | None:
    return auth.current_user(request(headers={"authorization": f"Bearer {token}"}), SECRET)


def forged(claims: Mapping[str, object], secret: str = SECRET, algorithm: str = "HS256") -> str:
    now = int(time.time())
    whole = {"iss": "edgechat", "sub": "guest_1", "iat": now, "exp": now + 60} | dict(claims)
    return jwt.encode({k: v for k, v in whole.items() if v is not None}, secret, algorithm=algorithm)


def test_a_signed_token_names_its_user() -> None:
    assert user_of(auth.sign(USER, SECRET)) == USER
    assert user_of(forged({})) == USER


def test_the_cookie_counts_where_there_is_no_bearer_token() -> None:
    cookie = auth.cookie(auth.sign(USER, SECRET)).partition(";")[0]
    assert auth.current_user(request(headers={"cookie": f"other=1; {cookie}; last=2"}), SECRET) == USER


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites() -> None:
    attributes = auth.cookie("t").split("; ")
    assert attributes[0] == "__Host-edgechat=t"
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(attributes)


def test_guests_are_all_different() -> None:
    assert len({auth.new_guest().id for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "é.ü.ö",
        "x" * 100_000,
        forged({}, secret="b" * 32),
        forged({}, algorithm="none", secret=""),
        forged({}, algorithm="HS512", secret=SECRET * 2),
        forged({"exp": int(time.time()) - 1}),
        forged({"exp": None}),
        forged({"sub": None}),
        forged({"sub": 7}),
        forged({"iss": "another"}),
        forged({"iat": int(time.time()) + 3600}),
        forged({})[:-1],
        forged({}).replace(".", "", 1),
    ],
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_no_other_token_counts(token: str) -> None:
    assert user_of(token) is None


@pytest.mark.parametrize("header", ["Bearer", "Basic abc", "bearer ", "Bearer a b", "\x00"])
def test_an_odd_authorization_header_is_no_user(header: str) -> None:
    assert auth.current_user(request(headers={"authorization": header}), SECRET) is None


def test_without_a_user_the_answer_is_401() -> None:
    with pytest.raises(HTTPError) as caught:
        auth.require_user(request(), SECRET)
    assert caught.value.status == 401
    assert caught.value.headers == {"www-authenticate": "Bearer"}
