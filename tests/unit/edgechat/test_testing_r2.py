"""Texts and limits are held to the real ones in tests/worker/test_pop_runtime.py."""

import datetime

import pytest

from edgechat.testing import FakeClock, FakeR2, JsException


async def test_what_was_put_is_got() -> None:
    bucket = FakeR2(clock=FakeClock(now=1_800_000_000))
    await bucket.put("a", '{"x": 1.0}', httpMetadata={"contentType": "application/json"}, customMetadata={"by": "me"})
    found = await bucket.get("a")
    assert await found.json() == {"x": 1}
    assert (found.size, found.httpMetadata.contentType, found.customMetadata.by) == (10, "application/json", "me")
    assert found.uploaded == datetime.datetime.fromtimestamp(1_800_000_000)
    assert (await bucket.head("a")).version == found.version
    assert await (await bucket.get("a")).arrayBuffer() == b'{"x": 1.0}'
    await bucket.delete("a")
    assert await bucket.get("a") is None


async def test_a_body_is_read_once() -> None:
    bucket = FakeR2()
    await bucket.put("a", b"hello")
    found = await bucket.get("a", range={"offset": 1, "length": 3})
    assert not found.bodyUsed
    assert await found.bytes() == b"ell"
    with pytest.raises(JsException, match="Body has already been used"):
        await found.text()


async def test_a_condition_saves_the_body() -> None:
    bucket = FakeR2()
    etag = (await bucket.put("a", "hello")).etag
    assert not hasattr(await bucket.get("a", onlyIf={"etagDoesNotMatch": etag}), "text")
    assert await bucket.put("a", "other", onlyIf={"etagMatches": "old"}) is None
    assert await bucket.put("a", "other", onlyIf={"etagMatches": etag})
    assert await (await bucket.get("a")).text() == "other"


@pytest.mark.parametrize(
    ("days", "condition", "holds"),
    [
        (-1, "uploadedAfter", True),
        (1, "uploadedAfter", False),
        (-1, "uploadedBefore", False),
        (1, "uploadedBefore", True),
    ],
)
async def test_a_condition_can_be_a_time(days: int, condition: str, holds: bool) -> None:
    clock = FakeClock()
    bucket = FakeR2(clock=clock)
    await bucket.put("a", "hello")
    time = datetime.datetime.fromtimestamp(clock()) + datetime.timedelta(days)
    assert hasattr(await bucket.get("a", onlyIf={condition: time}), "text") == holds


async def test_a_list_has_folders_and_pages() -> None:
    bucket = FakeR2()
    for key in ("d/1", "d/2", "e", "f"):
        await bucket.put(key, "x")
    page = await bucket.list(delimiter="/", limit=2)
    assert ([found.key for found in page.objects], page.delimitedPrefixes) == (["e"], ["d/"])
    page = await bucket.list(delimiter="/", cursor=page.cursor)
    assert ([found.key for found in page.objects], page.truncated, page.cursor) == (["f"], False, None)


async def test_it_fails_when_told() -> None:
    bucket = FakeR2()
    bucket.fail_next(JsException("put: We encountered an internal error. Please try again. (10001)"))
    with pytest.raises(JsException, match="10001"):
        await bucket.put("a", "hello")
    assert await bucket.head("a") is None
    assert bucket.log == ["put a", "head a"]
