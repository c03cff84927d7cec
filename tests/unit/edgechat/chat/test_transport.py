from typing import Any

import msgspec
import pytest
from unit.edgechat.chat.chatting import HELLO

from edgechat.chat import ChatTransport, EdgeChatTransport, SendRequest
from edgechat.errors import MASKED, APICallError, InvalidChunkError
from edgechat.testing import FakeFetch, HTTPAnswer
from edgechat.ui import chunks as ui
from edgechat.ui.messages import TextPart, UIMessage

HI = UIMessage(id="u1", role="user", parts=[TextPart(text="Hi")])
ANSWER = UIMessage(id="a1", role="assistant", parts=[TextPart(text="Hello")])
AGAIN = UIMessage(id="u2", role="user", parts=[TextPart(text="And?")])
STREAM = b'data: {"type":"start","messageId":"m"}\n\n: ping\n\ndata: {"type":"finish"}\n\ndata: [DONE]\n\n'


async def send(transport: ChatTransport, *messages: UIMessage, **more: Any) -> list[list[ui.UIChunk]]:
    batches = []
    async with transport.send(SendRequest(chat_id="c1", messages=messages, **more)) as stream:
        while (chunks := await stream.read()) is not None:
            batches.append(list(chunks))
    return batches


async def test_only_the_new_message_is_sent_and_its_place() -> None:
    fetch = FakeFetch(STREAM)
    await send(EdgeChatTransport(fetch, headers={"Authorization": "Bearer x"}), HI, ANSWER, AGAIN)
    [request] = fetch.requests
    assert (request.method, request.url) == ("POST", "/api/chat")
    assert request.headers == {"content-type": "application/json", "authorization": "Bearer x"}
    assert request.json() == {"id": "c1", "message": msgspec.to_builtins(AGAIN), "parentId": "a1"}


async def test_a_message_that_got_no_answer_is_no_part_of_the_conversation() -> None:
    fetch = FakeFetch(STREAM)
    third = UIMessage(id="u3", role="user", parts=[TextPart(text="Once more")])
    await send(EdgeChatTransport(fetch), HI, ANSWER, AGAIN, third)
    body = fetch.requests[0].json()
    assert (body["message"]["id"], body["parentId"]) == ("u3", "a1")


async def test_the_first_message_has_no_parent() -> None:
    fetch = FakeFetch(STREAM)
    await send(EdgeChatTransport(fetch), HI)
    assert fetch.requests[0].json() == {"id": "c1", "message": msgspec.to_builtins(HI), "parentId": None}


@pytest.mark.parametrize(("answer", "stopped"), [(b'{"stopped":true}', True), (b'{"stopped":false}', False)])
async def test_the_server_is_asked_to_stop(answer: bytes, stopped: bool) -> None:
    fetch = FakeFetch(answer)
    assert await EdgeChatTransport(fetch).stop("c1") is stopped
    assert (fetch.requests[0].method, fetch.requests[0].url) == ("POST", "/api/chat/c1/stop")


async def test_a_server_that_knows_no_stop_does_not() -> None:
    assert not await EdgeChatTransport(FakeFetch(HTTPAnswer(b"not found", status=404))).stop("c1")


async def test_there_is_one_list_for_each_read_that_carried_chunks() -> None:
    fetch = FakeFetch(HTTPAnswer(STREAM[:10], STREAM[10:50], STREAM[50:]))
    assert await send(EdgeChatTransport(fetch), HI) == [[ui.Start(message_id="m")], [ui.Finish()]]


async def test_what_came_before_a_chunk_that_is_none_still_counts() -> None:
    fetch = FakeFetch(ui.encode(HELLO[:2]) + b'data: {"type":"?"}\n\n')
    async with EdgeChatTransport(fetch).send(SendRequest(chat_id="c1", messages=[HI])) as stream:
        assert await stream.read() == HELLO[:2]
        with pytest.raises(InvalidChunkError):
            await stream.read()


async def test_a_refusal_carries_the_words_of_the_server() -> None:
    body = b'{"error":{"code":"message_too_long","message":"The message is too long."}}'
    with pytest.raises(APICallError) as caught:
        await send(EdgeChatTransport(FakeFetch(HTTPAnswer(body, status=413))), HI)
    assert (caught.value.status, caught.value.code) == (413, "message_too_long")
    assert caught.value.public_message == "The message is too long."


async def test_a_refusal_of_another_kind_is_not_shown_to_people() -> None:
    with pytest.raises(APICallError) as caught:
        await send(EdgeChatTransport(FakeFetch(HTTPAnswer(b"<html>nginx</html>", status=502))), HI)
    assert caught.value.public_message == MASKED
    assert caught.value.is_retryable
