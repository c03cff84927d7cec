from datetime import UTC, datetime

import pytest

from edgechat.errors import MASKED, APICallError, EdgeChatError, StreamTruncatedError
from page.notices import notice_of

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)


def refused(
    status: int | None, code: str = "x", text: str = "Plain words.", after: float | None = None
) -> APICallError:
    error = APICallError(text, status=status, code=code)
    error.public_message = text
    error.retry_after = after
    return error


def test_a_used_up_quota_says_when_it_goes_on() -> None:
    notice = notice_of(refused(429, "daily_messages", after=2.5 * 3600), NOW)
    assert notice.text == "That was all for today. You can go on at 00:00."
    assert notice.action is None


def test_who_is_a_guest_may_sign_in_for_more() -> None:
    assert notice_of(refused(429, "daily_tokens", after=60), NOW, can_sign_in=True).action == "sign_in"


@pytest.mark.parametrize(("after", "seconds"), [(7.2, 8), (None, 10)])
def test_who_is_too_fast_hears_for_how_long(after: float | None, seconds: int) -> None:
    notice = notice_of(refused(429, "too_fast", after=after), NOW)
    assert f"in {seconds} seconds" in notice.text
    assert notice.action == "retry"


def test_a_session_that_has_ended_starts_anew() -> None:
    assert notice_of(refused(401), NOW).action == "reload"
    assert notice_of(refused(401), NOW, can_sign_in=True).action == "reload"


def test_offline_one_waits_for_the_network() -> None:
    notice = notice_of(refused(None), NOW, online=False)
    assert notice.waits_for_network
    assert "offline" in notice.text


def test_a_service_out_of_reach_can_be_tried_again() -> None:
    assert notice_of(refused(None, text="TypeError: 10.0.0.1"), NOW) == notice_of(refused(None), NOW)
    assert notice_of(refused(None), NOW).action == "retry"


def test_a_message_that_cannot_be_taken_is_not_tried_again() -> None:
    notice = notice_of(refused(413, "message_too_long", "The message is too long."), NOW)
    assert notice == ("The message is too long.", None, False)


def test_what_is_not_meant_for_people_is_not_shown() -> None:
    assert notice_of(EdgeChatError("secret"), NOW).text == MASKED
    assert notice_of(StreamTruncatedError("secret"), NOW).text == "The answer was cut off."
