import asyncio
from typing import Any

import msgspec
from unit.edgechat.chat.chatting import DONE, HEL, LO, START, reads

from edgechat.chat import Completion, ObjectStream
from edgechat.errors import EdgeChatError, NoObjectGeneratedError
from edgechat.testing import FakeFetch, HTTPAnswer, hang
from edgechat.ui import chunks as ui


class Dish(msgspec.Struct):
    name: str
    minutes: int


async def test_a_prompt_is_posted_and_its_completion_streams() -> None:
    fetch = FakeFetch(reads(START, HEL, LO, DONE))
    seen: list[tuple[str, bool]] = []
    finished: list[tuple[str, str]] = []
    completion = Completion(
        fetch,
        headers={"a": "1"},
        body=lambda: {"model": "m"},
        credentials="include",
        on_change=lambda: seen.append((completion.completion, completion.is_loading)),
        on_finish=lambda *finish: finished.append(finish),
    )
    assert await completion.complete("Once", body={"n": 1}, headers={"B": "2"}) == "Hello"
    [request] = fetch.requests
    assert (request.url, request.credentials) == ("/api/completion", "include")
    assert request.json() == {"prompt": "Once", "model": "m", "n": 1}
    assert request.headers == {"content-type": "application/json", "a": "1", "b": "2"}
    assert seen == [("", True), ("Hel", True), ("Hello", True), ("Hello", False)]
    assert finished == [("Once", "Hello")]


async def test_a_completion_may_be_plain_text_cut_anywhere() -> None:
    text = "Grüße".encode()
    completion = Completion(FakeFetch(HTTPAnswer(text[:3], text[3:])), stream_protocol="text")
    assert await completion.complete("Once") == "Grüße"


async def test_a_completion_that_fails_keeps_its_text_and_tells() -> None:
    errors: list[EdgeChatError] = []
    fetch = FakeFetch(reads(START, HEL, [ui.Error(error_text="The model is gone.")]), HTTPAnswer("no", status=500))
    completion = Completion(fetch, on_error=errors.append)
    assert await completion.complete("Once") is None
    assert (completion.completion, completion.is_loading) == ("Hel", False)
    assert [error.public_message for error in errors] == ["The model is gone."]
    assert await completion.complete("Once") is None
    assert completion.error is errors[1]


async def test_a_completion_that_is_stopped_keeps_its_text_without_an_error() -> None:
    fetch = FakeFetch(reads(START, HEL, hang()))
    completion = Completion(fetch)
    completing = asyncio.create_task(completion.complete("Once"))
    while not completion.completion:
        await asyncio.sleep(0)
    await completion.stop()
    assert await completing is None
    assert (completion.completion, completion.is_loading, completion.error) == ("Hel", False, None)
    assert fetch.aborted == [True]


async def test_the_next_prompt_ends_the_one_before() -> None:
    fetch = FakeFetch(reads(START, HEL, hang()), reads(START, HEL, LO, DONE))
    completion = Completion(fetch)
    first = asyncio.create_task(completion.complete("One"))
    await asyncio.sleep(0)
    assert await completion.complete("Two") == "Hello"
    assert await first is None
    assert (completion.completion, fetch.aborted) == ("Hello", [True, False])


async def test_an_object_grows_and_is_validated_in_the_end() -> None:
    fetch = FakeFetch(HTTPAnswer('{"name": "So', 'up"', "  ", ', "minutes": 2', "0}"))
    seen: list[Any] = []
    finished: list[tuple[Dish | None, EdgeChatError | None]] = []
    stream: ObjectStream[Dish] = ObjectStream(
        fetch,
        "/api/dish",
        type=Dish,
        on_change=lambda: seen.append(stream.object),
        on_finish=lambda *finish: finished.append(finish),
    )
    assert await stream.submit({"wish": "soup"}) == Dish("Soup", 20)
    assert fetch.requests[0].json() == {"wish": "soup"}
    grown = [{"name": "So"}, {"name": "Soup"}, {"name": "Soup", "minutes": 2}, {"name": "Soup", "minutes": 20}]
    assert seen == [None, *grown, grown[-1]]  # nothing was told of the read that changed nothing
    assert finished == [(Dish("Soup", 20), None)]


async def test_an_object_of_another_kind_is_told_as_an_error() -> None:
    finished: list[tuple[object, EdgeChatError | None]] = []
    stream: ObjectStream[Dish] = ObjectStream(
        FakeFetch('{"name": 1}'), "/api/dish", type=Dish, on_finish=lambda *finish: finished.append(finish)
    )
    assert await stream.submit("x") is None
    [(result, error)] = finished
    assert result is None
    assert isinstance(error, NoObjectGeneratedError)
    assert error.text == '{"name": 1}'
    assert stream.object == {"name": 1}
    assert stream.error is None


async def test_an_object_may_be_validated_by_a_function() -> None:
    stream = ObjectStream(FakeFetch("[1, 2]"), "/api/sum", validate=sum)
    assert await stream.submit(None) == 3


async def test_a_refused_object_is_an_error_and_can_be_cleared() -> None:
    stream: ObjectStream[Any] = ObjectStream(FakeFetch(HTTPAnswer("no", status=500), "{}"), "/api/dish")
    assert await stream.submit("x") is None
    assert str(stream.error) == "no"
    await stream.clear()
    assert (stream.object, stream.error) == (None, None)
    assert await stream.submit("x") == {}
