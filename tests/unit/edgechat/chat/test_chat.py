import asyncio

import pytest
from unit.edgechat.chat.chatting import DONE, HEL, HELLO, LO, START, Chatting, reads

from edgechat.chat import DirectChatTransport, SendRequest
from edgechat.errors import APICallError
from edgechat.testing import HTTPAnswer, drop, hang
from edgechat.ui import chunks as ui
from edgechat.ui.messages import TextPart


async def until_text(chatting: Chatting) -> "asyncio.Future[None]":
    """Sends a message and returns when the first text has come."""
    sending = asyncio.ensure_future(chatting.chat.send_message("Hi"))
    while chatting.chat.status != "streaming" or not chatting.texts[-1]:
        await asyncio.sleep(0)
    return sending


async def test_a_message_is_sent_and_its_answer_streams() -> None:
    chatting = Chatting(reads(START, HEL, LO, DONE))
    await chatting.chat.send_message("Hi")
    assert chatting.view.statuses == ["submitted", "streaming", "ready"]
    assert [message.role for message in chatting.chat.messages] == ["user", "assistant"]
    assert chatting.texts == ["Hi", "Hello"]
    assert chatting.chat.messages[1].id == "a1"
    assert (chatting.finish.finish_reason, chatting.finish.is_abort, chatting.finish.is_error) == ("stop", False, False)


async def test_the_next_message_follows_the_whole_conversation() -> None:
    sent: list[list[str]] = []

    async def answer(request: SendRequest):  # type: ignore[no-untyped-def]
        sent.append([message.text for message in request.messages])
        for chunk in HELLO:
            yield chunk

    chat = Chatting(transport=DirectChatTransport(answer)).chat
    await chat.send_message("Hi")
    await chat.send_message("And?")
    assert sent == [["Hi"], ["Hi", "Hello", "And?"]]


async def test_a_refusal_is_an_error_and_the_message_stays() -> None:
    chatting = Chatting(HTTPAnswer("no", status=500))
    await chatting.chat.send_message("Hi")
    assert chatting.view.statuses == ["submitted", "error"]
    assert isinstance(chatting.chat.error, APICallError)
    assert chatting.texts == ["Hi"]
    assert chatting.finish.is_error
    assert not chatting.finish.is_disconnect


async def test_an_error_in_the_middle_keeps_what_came() -> None:
    chatting = Chatting(reads(START, HEL, [ui.Error(error_text="The model is gone.")], DONE))
    await chatting.chat.send_message("Hi")
    assert chatting.view.statuses == ["submitted", "streaming", "error"]
    assert chatting.chat.error is not None
    assert chatting.chat.error.public_message == "The model is gone."
    assert chatting.texts[-1] == "Hel"
    assert chatting.fetch.aborted == [True]


async def test_after_an_error_one_can_go_on() -> None:
    chatting = Chatting(HTTPAnswer("no", status=500), reads(HELLO, DONE))
    await chatting.chat.send_message("Hi")
    await chatting.chat.send_message("Hi again")
    assert chatting.view.statuses == ["submitted", "error", "submitted", "streaming", "ready"]
    assert chatting.chat.error is None


@pytest.mark.parametrize("stopped", [HTTPAnswer('{"stopped":false}'), HTTPAnswer("", status=404), drop()])
async def test_stop_keeps_the_text_closes_its_part_and_leaves_the_stream(stopped: HTTPAnswer | Exception) -> None:
    chatting = Chatting(reads(START, HEL, hang()), stopped)
    sending = await until_text(chatting)
    await chatting.chat.stop()
    assert chatting.fetch.aborted[0]
    assert chatting.view.statuses == ["submitted", "streaming", "ready"]
    assert chatting.chat.messages[-1].parts[-1] == TextPart(text="Hel", state="done")
    assert chatting.finish.is_abort
    await sending


async def test_a_server_that_stops_says_its_last_words() -> None:
    asked = asyncio.Event()

    async def answer(_: SendRequest):  # type: ignore[no-untyped-def]
        yield [*START, *HEL]
        await asked.wait()
        yield [ui.TextDelta(id="t", delta="l"), ui.TextEnd(id="t"), ui.Abort()]

    class Server(DirectChatTransport):
        async def stop(self, chat_id: str) -> bool:
            asked.set()
            return chat_id == "c"

    chatting = Chatting(transport=Server(answer))
    sending = await until_text(chatting)
    await chatting.chat.stop()
    assert chatting.view.statuses == ["submitted", "streaming", "ready"]
    assert chatting.texts[-1] == "Hell"
    assert chatting.finish.is_abort
    await sending


async def test_stop_without_an_answer_does_nothing() -> None:
    chatting = Chatting()
    await chatting.chat.stop()
    assert chatting.view.statuses == []


async def test_a_second_message_has_to_wait() -> None:
    chatting = Chatting(reads(hang()), HTTPAnswer('{"stopped":false}'))
    sending = asyncio.ensure_future(chatting.chat.send_message("Hi"))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="being streamed"):
        await chatting.chat.send_message("Too soon")
    await chatting.chat.stop()
    await sending
    assert len(chatting.chat.messages) == 1


async def test_a_mistake_in_a_program_is_not_hidden() -> None:
    async def answer(_: SendRequest):  # type: ignore[no-untyped-def]
        yield []
        raise ZeroDivisionError

    chatting = Chatting(transport=DirectChatTransport(answer))
    with pytest.raises(ZeroDivisionError):
        await chatting.chat.send_message("Hi")
    assert chatting.chat.status == "error"
