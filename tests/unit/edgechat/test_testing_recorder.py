from pathlib import Path
from typing import Any

import msgspec
import pytest

from edgechat.errors import APICallError
from edgechat.http import Fetch, FetchResponse
from edgechat.testing import (
    FakeClock,
    FakeFetch,
    HTTPAnswer,
    drop,
    record,
    replay,
    wait,
)

KEYS = {"Authorization": "Bearer s3cret", "x-api-key": "s3cret", "cookie": "a=s3cret", "accept": "*/*"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "recording.jsonl"


def line_of(path: Path) -> Any:
    (line,) = path.read_bytes().splitlines()
    return msgspec.json.decode(line)


async def read_all(response: FetchResponse) -> list[bytes]:
    chunks = []
    while (chunk := await response.read()) is not None:
        chunks.append(chunk)
    return chunks


async def ask(fetch: Fetch, url: str = "https://x/") -> list[bytes]:
    async with fetch(url, method="POST", body=b"{}") as response:
        return await read_all(response)


async def test_an_answer_is_played_as_it_was_recorded(path: Path) -> None:
    chunks = ["é".encode()[:1], "é".encode()[1:], b"data: x\n\n", b"\x00\xff"]
    live = FakeFetch(HTTPAnswer(*chunks, status=201, headers={"Content-Type": "text/event-stream"}), "again")
    recorded = record(live, path)
    assert await ask(recorded) == chunks
    assert await ask(recorded) == [b"again"]
    replayed = replay(path)
    async with replayed("https://x/", method="POST", body=b"another") as response:
        assert (response.status, response.headers) == (201, {"content-type": "text/event-stream"})
        assert await read_all(response) == chunks
    async with replayed("https://x/", method="POST") as response:
        assert await response.text() == "again"


async def test_a_text_is_recorded_too(path: Path) -> None:
    async with record(FakeFetch(HTTPAnswer("no such thing", status=404)), path)("https://x/") as response:
        assert await response.text() == "no such thing"
    async with replay(path)("https://x/") as response:
        assert (response.status, await response.text()) == (404, "no such thing")


async def test_no_credentials_get_into_the_file(path: Path) -> None:
    live = FakeFetch(HTTPAnswer("hi", headers={"set-cookie": "s3cret", "x-id": "7"}))
    url = "https://me:s3cret@x/y?alt=sse&key=s3cret&access_token=s3cret#z"
    async with record(live, path)(url, headers=KEYS, body=b'{"a": 1}') as response:
        await response.text()
    assert live.requests[0].headers == KEYS
    line = line_of(path)
    assert b"s3cret" not in msgspec.json.encode(line)
    assert line["url"] == "https://REDACTED@x/y?alt=sse&key=REDACTED&access_token=REDACTED#z"
    assert line["headers"]["accept"] == "*/*"
    assert line["body"] == {"text": '{"a": 1}'}
    async with replay(path)(url) as response:
        assert response.headers == {"set-cookie": "REDACTED", "x-id": "7"}


@pytest.mark.parametrize(("speed", "times"), [(0, [0, 0, 0]), (1, [1, 3, 3]), (2, [0.5, 1.5, 1.5])])
async def test_the_times_are_kept(path: Path, speed: float, times: list[float]) -> None:
    live = FakeClock(now=50)
    await ask(record(FakeFetch(HTTPAnswer(wait(1), b"a", wait(2), b"b", b"c"), clock=live), path, clock=live))
    clock = FakeClock(now=0)
    found = []
    async with replay(path, speed=speed, sleep=clock.sleep)("https://x/", method="POST") as response:
        while await response.read():
            found.append(clock())
    assert found == times


async def test_a_connection_that_was_lost_is_lost_again(path: Path) -> None:
    with pytest.raises(APICallError, match="lost"):
        await ask(record(FakeFetch(HTTPAnswer(b"a", drop())), path))
    async with replay(path)("https://x/", method="POST") as response:
        assert await response.read() == b"a"
        with pytest.raises(APICallError, match="lost"):
            await response.read()


async def test_a_server_out_of_reach_stays_so(path: Path) -> None:
    with pytest.raises(APICallError, match="refused"):
        await ask(record(FakeFetch(APICallError("refused")), path))
    with pytest.raises(APICallError, match="refused"):
        await ask(replay(path))


async def test_what_was_not_read_cannot_be_played(path: Path) -> None:
    async with record(FakeFetch(HTTPAnswer(b"a", b"b")), path)("https://x/") as response:
        await response.read()
    async with replay(path)("https://x/") as response:
        assert await response.read() == b"a"
        with pytest.raises(APICallError, match="The recording ends here"):
            await response.read()


async def test_an_error_of_the_reader_is_none_of_the_connection(path: Path) -> None:
    with pytest.raises(APICallError, match="mine"):
        async with record(FakeFetch("a"), path)("https://x/") as response:
            await read_all(response)
            raise APICallError("mine")
    async with replay(path)("https://x/") as response:
        assert await read_all(response) == [b"a"]


async def test_other_requests_than_the_recorded_are_refused(path: Path) -> None:
    await ask(record(FakeFetch("a"), path))
    with pytest.raises(AssertionError, match="POST https://y/ is not what was recorded: POST https://x/"):
        await ask(replay(path), "https://y/")
    replayed = replay(path)
    await ask(replayed)
    with pytest.raises(AssertionError, match="one request more"):
        await ask(replayed)


async def test_a_recording_starts_anew(path: Path) -> None:
    await ask(record(FakeFetch("a"), path))
    await ask(record(FakeFetch("b"), path))
    assert await ask(replay(path)) == [b"b"]
