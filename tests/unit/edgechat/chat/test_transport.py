from collections.abc import AsyncGenerator
from itertools import chain
from typing import Any

import msgspec
import pytest
from unit.edgechat.chat.chatting import HELLO

from edgechat.chat import (
    ChatTransport,
    DefaultChatTransport,
    DirectChatTransport,
    EdgeChatTransport,
    Prepared,
    RequestOptions,
    ResumeRequest,
    SendRequest,
    TextStreamChatTransport,
)
from edgechat.errors import MASKED, APICallError, InvalidArgumentError, InvalidChunkError
from edgechat.testing import FakeFetch, HTTPAnswer
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
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


async def test_a_server_of_the_ai_sdk_gets_the_whole_conversation() -> None:
    fetch = FakeFetch(STREAM)
    await send(DefaultChatTransport(fetch), HI, ANSWER, AGAIN, trigger="regenerate-message", message_id="a2")
    assert fetch.requests[0].json() == {
        "id": "c1",
        "messages": msgspec.to_builtins([HI, ANSWER, AGAIN]),
        "trigger": "regenerate-message",
        "messageId": "a2",
    }


async def test_headers_body_and_credentials_may_be_asked_for_at_each_request() -> None:
    tokens = iter(["one", "two"])

    async def headers() -> dict[str, str]:
        return {"Authorization": next(tokens)}

    fetch = FakeFetch(STREAM, STREAM)
    transport = DefaultChatTransport(fetch, headers=headers, body=lambda: {"model": "m"}, credentials=lambda: "include")
    await send(transport, HI)
    await send(transport, HI, options=RequestOptions(headers={"X": "1"}, body={"model": "n"}))
    assert [request.headers["authorization"] for request in fetch.requests] == ["one", "two"]
    assert [request.json()["model"] for request in fetch.requests] == ["m", "n"]
    assert [request.credentials for request in fetch.requests] == ["include", "include"]
    assert fetch.requests[1].headers["x"] == "1"


async def test_a_request_may_be_prepared_otherwise() -> None:
    async def prepare(prepared: Prepared, request: SendRequest) -> Prepared:
        body = {"last": request.messages[-1].text, "why": request.options.metadata}
        return Prepared(api="/other", headers={"a": "1"}, body=body, credentials="omit")

    fetch = FakeFetch(STREAM)
    transport = DefaultChatTransport(fetch, headers={"b": "2"}, prepare_send_messages_request=prepare)
    await send(transport, HI, options=RequestOptions(metadata="so"))
    [request] = fetch.requests
    assert (request.url, request.credentials) == ("/other", "omit")
    assert request.headers == {"content-type": "application/json", "a": "1"}
    assert request.json() == {"last": "Hi", "why": "so"}


async def resumed(transport: ChatTransport, chat_id: str = "c1", **more: Any) -> bool:
    async with transport.resume(ResumeRequest(chat_id=chat_id, **more)) as stream:
        return stream is not None


@pytest.mark.parametrize(
    ("api", "chat_id", "url"),
    [
        ("/api/chat", "c1", "/api/chat/c1/stream"),
        ("/api/chat/", "c1", "/api/chat/c1/stream"),
        ("/api/chat?a=1#b", "c1", "/api/chat/c1/stream?a=1#b"),
        ("/api/chat", "ä/../b c!'()*~", "/api/chat/%C3%A4%2F..%2Fb%20c!'()*~/stream"),
    ],
)
async def test_a_stream_is_resumed_below_the_address(api: str, chat_id: str, url: str) -> None:
    fetch = FakeFetch(STREAM)
    assert await resumed(DefaultChatTransport(fetch, api, headers={"a": "1"}), chat_id)
    [request] = fetch.requests
    assert (request.method, request.url, request.headers, request.body) == ("GET", url, {"a": "1"}, None)


@pytest.mark.parametrize("chat_id", [".", ".."])
async def test_a_chat_id_is_no_folder(chat_id: str) -> None:
    with pytest.raises(InvalidArgumentError):
        await resumed(DefaultChatTransport(FakeFetch()), chat_id)


async def test_a_resume_may_be_prepared_otherwise_and_names_the_last_event() -> None:
    def prepare(prepared: Prepared, request: ResumeRequest) -> Prepared:
        prepared.api = f"/streams/{request.chat_id}"
        return prepared

    fetch = FakeFetch(STREAM)
    transport = DefaultChatTransport(fetch, prepare_reconnect_to_stream_request=prepare)
    assert await resumed(transport, last_event_id="7")
    assert (fetch.requests[0].url, fetch.requests[0].headers) == ("/streams/c1", {"last-event-id": "7"})


async def test_there_may_be_nothing_to_resume() -> None:
    assert not await resumed(DefaultChatTransport(FakeFetch(HTTPAnswer("", status=204))))


async def test_an_answer_without_a_body_is_none() -> None:
    with pytest.raises(APICallError, match="empty"):
        await send(DefaultChatTransport(FakeFetch(HTTPAnswer("", status=204))), HI)


async def test_a_stop_that_is_answered_otherwise_is_none() -> None:
    assert not await EdgeChatTransport(FakeFetch("<html>")).stop("c1")


async def test_plain_text_is_one_text_part_however_it_is_cut() -> None:
    data = "Grüße".encode()
    batches = await send(TextStreamChatTransport(FakeFetch(HTTPAnswer(data[:3], data[3:4], data[4:]))), HI)
    fold = MessageFold(UIMessage(id="a", role="assistant"))
    for chunk in chain(*batches):
        fold.apply(chunk)
    assert fold.message.text == "Grüße"
    assert fold.finished


async def test_half_a_character_at_the_end_is_told_as_such() -> None:
    batches = await send(TextStreamChatTransport(FakeFetch("ü".encode()[:1])), HI)
    assert ui.TextDelta(id="text-1", delta="\ufffd") in chain(*batches)


async def test_chunks_of_this_process_come_one_by_one_or_in_lists() -> None:
    closed: list[bool] = []

    async def answer(_: SendRequest) -> AsyncGenerator[ui.UIChunk | list[ui.UIChunk]]:
        try:
            yield HELLO[0]
            yield HELLO[1:3]
            yield HELLO[3]
        finally:
            closed.append(True)

    transport = DirectChatTransport(answer)
    assert await send(transport, HI) == [HELLO[:1], HELLO[1:3], HELLO[3:4]]
    async with transport.send(SendRequest(chat_id="c1", messages=[HI])) as stream:
        await stream.read()
    assert closed == [True, True]
    assert not await resumed(transport)
    assert not await transport.stop("c1")
