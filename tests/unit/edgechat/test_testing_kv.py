"""Texts and limits are held to the real ones in tests/worker/test_pop_runtime.py."""

import pytest

from edgechat.testing import FakeClock, FakeKV, JsException


async def test_what_was_put_is_got() -> None:
    kv = FakeKV(limits_writes=False)
    await kv.put("a", '{"x": [1, 2.0]}', metadata={"by": "me"})
    assert await kv.get("a") == '{"x": [1, 2.0]}'
    assert await kv.get("a", "json") == {"x": [1, 2]}
    assert await kv.get("a", {"type": "arrayBuffer"}) == b'{"x": [1, 2.0]}'
    found = await kv.getWithMetadata("a", type="json")
    assert (found.value.x, found["metadata"].by) == ([1, 2], "me")
    assert await kv.get("b") is None
    await kv.delete("a")
    assert await kv.get("a") is None


async def test_a_key_takes_one_write_a_second() -> None:
    clock = FakeClock()
    kv = FakeKV(clock=clock)
    await kv.put("a", "1")
    await kv.put("b", "1")
    with pytest.raises(JsException, match="KV PUT failed: 429 Too Many Requests"):
        await kv.put("a", "2")
    clock.advance(0.9)
    with pytest.raises(JsException, match="KV DELETE failed: 429"):
        await kv.delete("a")
    clock.advance(0.1)
    await kv.put("a", "3")
    assert await kv.get("a") == "3"


async def test_the_write_limit_can_be_left_out() -> None:
    kv = FakeKV(limits_writes=False)
    for value in "123":
        await kv.put("a", value)
    assert await kv.get("a") == "3"


@pytest.mark.parametrize("options", [{"expirationTtl": 60}, {"expiration": 1060}])
async def test_a_value_expires(options: dict[str, int]) -> None:
    clock = FakeClock(now=1000)
    kv = FakeKV(clock=clock)
    await kv.put("a", "1", options)
    clock.advance(59)
    assert await kv.get("a") == "1"
    clock.advance(1)
    assert await kv.get("a") is None
    assert (await kv.list())["keys"] == []


async def test_elsewhere_a_write_is_seen_late() -> None:
    kv = FakeKV(is_eventual=True, limits_writes=False)
    await kv.put("a", "1")
    assert await kv.get("a") is None
    kv.settle()
    await kv.put("a", "2")
    assert await kv.get("a") == "1"
    await kv.delete("a")
    assert [key.name for key in (await kv.list())["keys"]] == ["a"]
    kv.settle()
    assert await kv.get("a") is None


async def test_a_list_comes_in_pages() -> None:
    kv = FakeKV()
    for key in ("b:1", "a:3", "a:1", "a:2"):
        await kv.put(key, "x")
    page = await kv.list(prefix="a:", limit=2)
    assert ([key["name"] for key in page["keys"]], page.list_complete) == (["a:1", "a:2"], False)
    page = await kv.list({"prefix": "a:", "limit": 2, "cursor": page.cursor})
    assert ([key["name"] for key in page["keys"]], page.list_complete, "cursor" in page) == (["a:3"], True, False)


async def test_it_fails_when_told() -> None:
    kv = FakeKV()
    kv.fail_next(JsException("KV GET failed: 500 Internal Server Error"))
    with pytest.raises(JsException, match="500"):
        await kv.get("a")
    assert await kv.get("a") is None
    kv.fail_on("put b", JsException("KV PUT failed: 500"))
    await kv.put("a", "1")
    for _ in range(2):
        with pytest.raises(JsException):
            await kv.put("b", "1")
    assert kv.log == ["get a", "get a", "put a", "put b", "put b"]


async def test_there_are_no_streams() -> None:
    kv = FakeKV()
    await kv.put("a", "1")
    with pytest.raises(NotImplementedError):
        await kv.get("a", "stream")
