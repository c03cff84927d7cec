import asyncio
from typing import Any

import pytest

from edgechat.errors import APICallError
from edgechat.generate.text import generate_text, stream_text
from edgechat.model import parts as model
from edgechat.testing.models import FakeModel

BUSY = APICallError("3040: no capacity", status=429)
UNKNOWN = APICallError("5007: no such model", status=400)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, without waiting them."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("edgechat.generate.retry.asyncio.sleep", sleep)
    return waited


def busy_for(seconds: float) -> APICallError:
    error = APICallError("rate limit", status=429)
    error.retry_after = seconds
    return error


async def test_a_busy_model_is_tried_again_later_and_later(pauses: list[float]) -> None:
    result = await generate_text(model=FakeModel(BUSY, BUSY, "Hello"), prompt="Hi")
    assert result.text == "Hello"
    assert pauses == [2.0, 4.0]


async def test_after_the_last_attempt_its_error_is_raised(pauses: list[float]) -> None:
    fake = FakeModel(BUSY, BUSY, APICallError("still busy", status=503))
    with pytest.raises(APICallError, match="still busy") as caught:
        await generate_text(model=fake, prompt="Hi")
    assert caught.value.__notes__ == ["After 3 attempts."]
    assert len(fake.calls) == len(pauses) + 1 == 3


async def test_what_will_fail_again_is_not_tried_again(pauses: list[float]) -> None:
    fake = FakeModel(UNKNOWN)
    with pytest.raises(APICallError, match="5007"):
        await generate_text(model=fake, prompt="Hi")
    assert (len(fake.calls), pauses) == (1, [])


async def test_the_server_says_how_long_to_wait(pauses: list[float]) -> None:
    await generate_text(model=FakeModel(busy_for(0.5), busy_for(30), "Hello"), prompt="Hi")
    assert pauses == [0.5, 30]


async def test_a_server_that_asks_for_too_long_is_not_waited_for(pauses: list[float]) -> None:
    with pytest.raises(APICallError, match="rate limit"):
        await generate_text(model=FakeModel(busy_for(3600)), prompt="Hi")
    assert pauses == []


async def test_an_error_inside_a_stream_is_tried_again_before_the_first_word(pauses: list[float]) -> None:
    fake = FakeModel([model.TextStart("t"), model.Error(BUSY)], "Hello")
    stream = stream_text(model=fake, prompt="Hi")
    assert [text async for text in stream.text_stream()] == ["Hello"]
    assert (stream.error, pauses) == (None, [2.0])
    assert fake.aborted == [True, False]


async def test_after_the_first_word_nothing_is_tried_again(pauses: list[float]) -> None:
    fake = FakeModel(["Hello", BUSY], "unused")
    stream = stream_text(model=fake, prompt="Hi")
    assert [text async for text in stream.text_stream()] == ["Hello"]
    assert (stream.error, len(fake.calls), pauses) == (BUSY, 1, [])


async def test_a_pause_can_be_stopped() -> None:
    stream = stream_text(model=FakeModel(busy_for(50), "unused"), prompt="Hi")
    asyncio.get_running_loop().call_later(0.02, stream.stop)
    async with asyncio.timeout(2):
        texts: list[Any] = [text async for text in stream.text_stream()]
    assert (texts, stream.is_aborted) == ([], True)
