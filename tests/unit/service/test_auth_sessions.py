import time
from collections.abc import Iterator

import jwt
import pytest
from attacks import session_header, session_token, session_token_attacks

from service.auth import sessions
from service.auth.sessions import LIFETIME, MAX_TOKEN, Session, User

SECRET, PREVIOUS = "a" * 32, "p" * 32
SESSION = Session(User("guest_1"), "sid1")
ATTACKS = session_token_attacks(SECRET, "guest_1")


def read(token: str) -> Session | None:
    return sessions.read(token, iter([SECRET, PREVIOUS]))


def test_a_signed_token_tells_its_session() -> None:
    assert read(sessions.sign(SESSION, SECRET)) == SESSION
    later = Session(User("user_1"), "sid2", epoch=3)
    assert read(sessions.sign(later, SECRET)) == later
    assert read(session_token(SECRET, "guest_1")) == SESSION, "or the attacks below would prove nothing"


def test_a_token_of_the_previous_secret_holds_until_it_is_taken_away() -> None:
    token = sessions.sign(SESSION, PREVIOUS)
    assert read(token) == SESSION
    assert sessions.read(token, iter([SECRET])) is None


def test_the_previous_secret_is_asked_for_only_by_its_own_tokens() -> None:
    def secrets() -> Iterator[str]:
        yield SECRET
        raise AssertionError("the previous secret was asked for")

    assert sessions.read(sessions.sign(SESSION, SECRET), secrets()) == SESSION


def test_the_fingerprint_is_another_for_each_secret_and_tells_nothing_of_it() -> None:
    header = session_header(SECRET)
    assert header == {"alg": "HS256", "kid": header["kid"], "typ": "JWT"}
    assert len(header["kid"]) == 16
    assert header["kid"] != session_header(PREVIOUS)["kid"]


def test_a_token_says_of_its_user_only_an_id() -> None:
    token = sessions.sign(SESSION, SECRET)
    said = jwt.decode(token, options={"verify_signature": False})
    assert said.pop("exp") - said.pop("iat") == LIFETIME
    assert said == {"iss": "edgechat", "aud": "edgechat", "sub": "guest_1", "sid": "sid1", "epoch": 0}


def test_guests_and_sessions_are_all_different() -> None:
    assert len({sessions.new_guest().id for _ in range(100)}) == 100
    assert len({sessions.new_session(User("u")).id for _ in range(100)}) == 100


def test_guests_are_told_from_accounts() -> None:
    assert sessions.new_guest().is_guest
    assert not User("user_0").is_guest


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(RuntimeError, match="shorter than 32 bytes"):
        sessions.sign(SESSION, "short")


@pytest.mark.parametrize(
    ("changes", "holds"),
    [
        ({"exp": -30}, True),
        ({"exp": -120}, False),
        ({"iat": 30}, True),
        ({"iat": 120}, False),
        ({"nbf": 120}, False),
    ],
)
def test_clocks_may_differ_by_a_minute(changes: dict[str, int], holds: bool) -> None:
    times = {name: int(time.time()) + seconds for name, seconds in changes.items()}
    assert (read(session_token(SECRET, "guest_1", **times)) == SESSION) is holds


@pytest.mark.parametrize("token", ATTACKS.values(), ids=ATTACKS.keys())
def test_no_other_token_holds(token: str) -> None:
    started = time.perf_counter()
    assert read(token) is None
    assert time.perf_counter() - started < 0.1


@pytest.mark.parametrize("length", [MAX_TOKEN, MAX_TOKEN + 1, 10_000_000])
def test_the_longest_token_is_refused_in_no_time(length: int) -> None:
    started = time.perf_counter()
    assert read((sessions.sign(SESSION, SECRET).partition(".")[0] + ".").ljust(length, "A")) is None
    assert time.perf_counter() - started < 0.1
