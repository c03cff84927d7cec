import asyncio
import time

import fakes
import pytest
from limiting import TIER, Bursts, Env

from edgechat.testing import FakeClock, JsException
from service import limits as quotas
from service import usage
from service.auth import User
from service.clock import day_of
from service.limits import Caller
from service.stores import within_reach
from service.web import HTTPError, Unavailable

NOON = 1_800_014_400.0  # 2027-01-15
GUEST = Caller(User("guest_1"), "home")
USER = Caller(User("user_1"), None)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Noon of a day on which this isolate remembers nothing."""
    clock = FakeClock(NOON)
    monkeypatch.setattr(time, "time", clock)
    monkeypatch.setattr(quotas, "_refused", {})
    monkeypatch.setattr(quotas, "_scarce", {})
    return clock


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """As another isolate would be."""
    monkeypatch.setattr(quotas, "_refused", {})
    monkeypatch.setattr(quotas, "_scarce", {})


async def refused(env: Env, caller: Caller, message_id: str, chat_id: str = "c1") -> HTTPError:
    with pytest.raises(HTTPError) as caught:
        await quotas.admit(within_reach(env), caller, chat_id, message_id)
    return caught.value


async def spend(env: Env, user_id: str, tokens: int, turn_id: str = "a1", model: str = "@cf/a/small") -> None:
    day = day_of(time.time() * 1000)
    await (
        env.db.prepare(
            "INSERT INTO usage (user_id, turn_id, model, day, input_tokens, output_tokens, is_estimated)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0) ON CONFLICT (user_id, turn_id, model)"
            " DO UPDATE SET input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens"
        )
        .bind(user_id, turn_id, model, day, tokens // 2)
        .run()
    )


async def test_as_many_messages_as_a_day_has_are_admitted_and_no_more() -> None:
    env = Env()
    for number in range(5):
        await quotas.admit(env, GUEST, "c1", f"m{number}")
    error = await refused(env, GUEST, "m5")
    assert (error.status, error.code) == (429, "daily_messages")
    assert error.headers == {"retry-after": str(12 * 3600)}
    assert str(error) == (
        "You have sent 5 messages today, the most for a guest. You can go on in 12 hours, at midnight UTC."
    )


async def test_messages_that_come_at_once_are_counted_one_by_one() -> None:
    env = Env()
    sent = [quotas.admit(env, USER, "c1", f"m{number}") for number in range(20)]
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    assert outcomes.count(None) == 5
    assert sum(isinstance(outcome, HTTPError) for outcome in outcomes) == 15


async def test_a_message_that_is_sent_again_counts_once() -> None:
    env = Env()
    for number in range(5):
        for _ in range(3):
            await quotas.admit(env, USER, "c1", f"m{number}")
    await refused(env, USER, "m5")


async def test_a_message_cannot_be_sent_again_for_ever() -> None:
    env = Env()
    for _ in range(5 + 4):
        await quotas.admit(env, USER, "c1", "m1")
    assert (await refused(env, USER, "m1")).code == "daily_messages"


async def test_the_same_id_in_another_chat_is_another_message() -> None:
    env = Env()
    for number in range(5):
        await quotas.admit(env, USER, f"c{number}", "m1")
    await refused(env, USER, "m1", chat_id="c5")


async def test_users_do_not_take_from_each_other() -> None:
    env = Env()
    for number in range(5):
        await quotas.admit(env, USER, "c1", f"m{number}")
    await quotas.admit(env, Caller(User("user_2"), None), "c1", "m0")


async def test_the_next_day_starts_anew(clock: FakeClock) -> None:
    env = Env()
    for number in range(5):
        await quotas.admit(env, GUEST, "c1", f"m{number}")
    clock.advance(12 * 3600 - 90)
    error = await refused(env, GUEST, "m5")
    assert error.headers == {"retry-after": "90"}
    assert "in 2 minutes, at midnight UTC" in str(error)
    clock.advance(90)
    await quotas.check(env, GUEST)
    await quotas.admit(env, GUEST, "c1", "m5")


async def test_who_was_refused_is_known_before_a_model_is_called(clock: FakeClock) -> None:
    env = Env()
    await quotas.check(env, GUEST)
    for number in range(5):
        await quotas.admit(env, GUEST, "c1", f"m{number}")
    await refused(env, GUEST, "m5")
    env.db.log.clear()
    clock.advance(3600)
    with pytest.raises(HTTPError) as caught:
        await quotas.check(env, GUEST)
    assert (caught.value.code, caught.value.headers) == ("daily_messages", {"retry-after": str(11 * 3600)})
    assert env.db.log == []
    await quotas.check(env, USER)


async def test_another_isolate_comes_to_the_same_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    env = Env()
    for number in range(5):
        await quotas.admit(env, GUEST, "c1", f"m{number}")
    first = await refused(env, GUEST, "m5")
    forget(monkeypatch)
    await quotas.check(env, GUEST)
    assert str(await refused(env, GUEST, "m5")) == str(first)


async def test_an_isolate_does_not_remember_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "_MAX_REMEMBERED", 3)
    env = Env(user=TIER | {"models": ["small"], "messages": 1})
    for number in range(10):
        caller = Caller(User(f"user_{number}"), None)
        await quotas.admit(env, caller, "c1", "m1")
        await refused(env, caller, "m2")
    assert [*quotas._refused] == ["user_7", "user_8", "user_9"]


async def test_who_starts_a_new_session_is_not_a_new_guest() -> None:
    env = Env(guest=TIER | {"models": ["small"], "messages_per_address": 7})
    for number in range(7):
        await quotas.admit(env, Caller(User(f"guest_{number}"), "home"), "c1", "m1")
    error = await refused(env, Caller(User("guest_7"), "home"), "m1")
    assert error.code == "daily_messages_of_address"
    assert "7 messages today, the most for one" in str(error)
    with pytest.raises(HTTPError):
        await quotas.check(env, Caller(User("guest_8"), "home"))
    await quotas.admit(env, Caller(User("guest_7"), "office"), "c1", "m2")
    await quotas.admit(env, USER, "c1", "m1")


async def test_tokens_of_saved_answers_count() -> None:
    env = Env()
    await spend(env, "user_1", 600, "a1")
    await quotas.admit(env, USER, "c1", "m1")
    await spend(env, "user_1", 400, "a2")
    error = await refused(env, USER, "m2")
    assert (error.status, error.code) == (429, "daily_tokens")
    assert "have come to 1,000 tokens, the most for one user" in str(error)
    await quotas.admit(env, Caller(User("user_2"), None), "c1", "m1")


async def test_an_answer_that_is_saved_again_counts_once_with_its_last_figures() -> None:
    env = Env()
    for tokens in (600, 600, 800):
        await spend(env, "user_1", tokens)
    await quotas.admit(env, USER, "c1", "m1")
    await spend(env, "user_1", 1000)
    await refused(env, USER, "m2")


async def test_who_deletes_their_data_does_not_start_anew() -> None:
    env = Env()
    await spend(env, "user_1", 1000)
    await env.db.exec("UPDATE usage SET user_id = ''")
    await env.db.exec("DELETE FROM usage")
    assert (await refused(env, USER, "m1")).code == "daily_tokens"


async def test_the_service_spends_no_more_than_it_may() -> None:
    env = Env(dollars=0.01)
    # half of them at $0.5, half at $2 for a million
    await spend(env, "user_7", 7_000)
    await quotas.admit(env, USER, "c1", "m1")
    await spend(env, "user_8", 1_000)
    error = await refused(env, USER, "m2")
    assert (error.status, error.code) == (429, "daily_budget")
    assert "The service has spent all" in str(error)
    for caller in (USER, GUEST):
        with pytest.raises(HTTPError) as caught:
            await quotas.check(env, caller)
        assert caught.value.code == "daily_budget"


async def test_models_without_a_price_cost_nothing() -> None:
    env = Env(dollars=0.01)
    await spend(env, "user_7", 10**9, "a1", "@cf/a/large")
    await spend(env, "user_7", 10**9, "a2", "@cf/a/unheard-of")
    await quotas.admit(env, USER, "c1", "m1")


async def test_while_d1_fails_users_go_on_and_guests_wait(caplog: pytest.LogCaptureFixture) -> None:
    env = Env()
    env.db.fail_on("admissions", JsException("D1_ERROR: Network connection lost."))
    await quotas.admit(within_reach(env), USER, "c1", "m1")
    assert isinstance(await refused(env, GUEST, "m1"), Unavailable)
    assert "Network connection lost" in caplog.text
    await quotas.check(env, GUEST)


async def test_who_comes_too_fast_is_refused_before_anything_is_asked() -> None:
    env = Env()
    env.bursts = Bursts(room=2)
    for _ in range(2):
        await quotas.check(env, USER)
    with pytest.raises(HTTPError) as caught:
        await quotas.check(env, USER)
    assert caught.value.code == "too_fast"
    assert env.db.log == []
    await quotas.check(env, Caller(User("user_2"), None))


async def test_guests_of_one_address_share_its_bursts() -> None:
    env = Env()
    await quotas.check(env, GUEST)
    await quotas.check(env, Caller(User("guest_2"), "home"))
    await quotas.check(env, Caller(User("guest_3"), None))
    assert env.bursts
    assert env.bursts.keys == ["chat:home", "chat:home", "chat:guest_3"]


def test_the_address_counts_for_guests_alone() -> None:
    request = fakes.request(headers={"cf-connecting-ip": "203.0.113.7"})
    guest = quotas.caller_of(request, Env(), GUEST.user)
    assert (guest.tier, guest.key) == ("guest", guest.address)
    assert quotas.caller_of(request, Env(), USER.user) == USER
    assert (USER.tier, USER.key) == ("user", "user_1")


async def test_old_days_are_forgotten_but_not_yesterday(clock: FakeClock) -> None:
    env = Env()
    for _ in range(3):
        await quotas.admit(env, USER, "c1", "m1")
        await spend(env, "user_1", 10, turn_id=str(clock.now))
        clock.advance(24 * 3600)
    clock.advance(-24 * 3600)
    await quotas.forget_old_days(env.db)
    for table in ("admissions", "daily_tokens"):
        found = await env.db.prepare(f"SELECT group_concat(DISTINCT day) AS days FROM {table}").first("days")
        assert found == "2027-01-16,2027-01-17"


async def test_usage_is_told_by_day_and_model(clock: FakeClock) -> None:
    env = Env()
    clock.advance(-40 * 24 * 3600)
    await spend(env, "user_1", 100, "a0")
    clock.advance(39 * 24 * 3600)
    await spend(env, "user_1", 200, "a1")
    clock.advance(24 * 3600)
    await spend(env, "user_1", 300, "a2")
    await spend(env, "user_1", 500, "a3")
    await spend(env, "user_1", 400, "a4", "@cf/a/large")
    await spend(env, "user_2", 700, "a5")
    for message_id in ("m1", "m2"):
        with pytest.raises(HTTPError):  # there are no more tokens
            await quotas.admit(env, USER, "c1", message_id)
    found = await usage.usage_of(env.db, env.limits, USER)
    assert found["tier"] == "user"
    assert found["today"] == {
        "day": "2027-01-15",
        "endsAt": "2027-01-16T00:00:00Z",
        "messages": {"used": 2, "limit": 5},
        "tokens": {"used": 1200, "limit": 1000},
    }
    assert [(row["day"], row["id"], row["turns"], row["inputTokens"]) for row in found["usage"]] == [
        ("2027-01-15", "large", 1, 200),
        ("2027-01-15", "small", 2, 400),
        ("2027-01-14", "small", 1, 100),
    ]
    large, small, _ = found["usage"]
    assert large["cost"] is None
    assert small["cost"] == pytest.approx((400 * 0.5 + 400 * 2) / 1e6)
    assert small["model"] == "@cf/a/small"
