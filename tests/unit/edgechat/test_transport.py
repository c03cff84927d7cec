from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec
import pytest

from edgechat.chat.transport import EdgeChatTransport
from edgechat.errors import MASKED, APICallError, InvalidChunkError, StreamTruncatedError
from edgechat.ui import chunks as ui
from edgechat.ui.messages import TextPart, UIMessage

HI = UIMessage(id="u1", role="user", parts=[TextPart(text="Hi")])
ANSWER = UIMessage(id="a1", role="assistant", parts=[TextPart(text="Hello")])
AGAIN = UIMessage(id="u2", role="user", parts=[TextPart(text="And?")])
STREAM = b'data: {"type":"start","messageId":"m"}\n\n: ping\n\ndata: {"type":"finish"}\n\ndata: [DONE]\n\n'


class Server:
    """One canned answer, and the request it was given for."""

    def __init__(self, *pieces: bytes, status: int = 200) -> None:
        self.status = status
        self.url = ""
        self.headers: Mapping[str, str] = {}
        self.body: object = None
        self._pieces = list(pieces)

    @asynccontextmanager
    async def fetch(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> AsyncIterator["Server"]:
        assert method == "POST"
        self.url, self.headers, self.body = url, headers or {}, msgspec.json.decode(body or b"null")
        yield self

    async def read(self) -> bytes | None:
        return self._pieces.pop(0) if self._pieces else None

    async def text(self) -> str:
        return b"".join(self._pieces).decode()


async def send(server: Server, *messages: UIMessage) -> list[list[ui.UIChunk]]:
    transport = EdgeChatTransport(server.fetch, headers={"authorization": "Bearer x"})
    return [batch async for batch in transport.send("c1", list(messages))]


async def test_only_the_new_message_is_sent_and_its_place() -> None:
    server = Server(STREAM)
    await send(server, HI, ANSWER, AGAIN)
    assert server.url == "/api/chat"
    assert server.headers == {"content-type": "application/json", "authorization": "Bearer x"}
    assert server.body == {"id": "c1", "message": msgspec.to_builtins(AGAIN), "parentId": "a1"}


async def test_a_message_that_got_no_answer_is_no_part_of_the_conversation() -> None:
    server = Server(STREAM)
    await send(server, HI, ANSWER, AGAIN, UIMessage(id="u3", role="user", parts=[TextPart(text="Once more")]))
    assert isinstance(server.body, dict)
    assert (server.body["message"]["id"], server.body["parentId"]) == ("u3", "a1")


@pytest.mark.parametrize(("answer", "stopped"), [(b'{"stopped":true}', True), (b'{"stopped":false}', False)])
async def test_the_server_is_asked_to_stop(answer: bytes, stopped: bool) -> None:
    server = Server(answer)
    assert await EdgeChatTransport(server.fetch).stop("c1") is stopped
    assert server.url == "/api/chat/c1/stop"


async def test_a_server_that_knows_no_stop_does_not() -> None:
    assert not await EdgeChatTransport(Server(b"not found", status=404).fetch).stop("c1")


async def test_the_first_message_has_no_parent() -> None:
    server = Server(STREAM)
    await send(server, HI)
    assert server.body == {"id": "c1", "message": msgspec.to_builtins(HI), "parentId": None}


async def test_there_is_one_list_for_each_read_that_carried_chunks() -> None:
    assert await send(Server(STREAM[:10], STREAM[10:50], STREAM[50:]), HI) == [
        [ui.Start(message_id="m")],
        [ui.Finish()],
    ]


async def test_a_stream_without_done_was_cut_off() -> None:
    with pytest.raises(StreamTruncatedError):
        await send(Server(STREAM[:45]), HI)


async def test_a_chunk_that_is_none_is_an_error() -> None:
    with pytest.raises(InvalidChunkError):
        await send(Server(b'data: {"type":"?"}\n\n'), HI)


async def test_a_refusal_carries_the_words_of_the_server() -> None:
    server = Server(b'{"error":{"code":"message_too_long","message":"The message is too long."}}', status=413)
    with pytest.raises(APICallError) as caught:
        await send(server, HI)
    assert (caught.value.status, caught.value.code) == (413, "message_too_long")
    assert caught.value.public_message == "The message is too long."


async def test_a_refusal_of_another_kind_is_not_shown_to_people() -> None:
    with pytest.raises(APICallError) as caught:
        await send(Server(b"<html>nginx</html>", status=502), HI)
    assert caught.value.public_message == MASKED
    assert caught.value.is_retryable
