import asyncio
from collections.abc import AsyncGenerator

import pytest

from edgechat.chat import Chat, ChatStatus
from edgechat.errors import APICallError, EdgeChatError
from edgechat.ui import chunks as ui
from edgechat.ui.messages import TextPart, UIMessage

HELLO: list[list[ui.UIChunk]] = [
    [ui.Start(message_id="a1"), ui.StartStep()],
    [ui.TextStart(id="t"), ui.TextDelta(id="t", delta="Hel")],
    [ui.TextDelta(id="t", delta="lo"), ui.TextEnd(id="t"), ui.FinishStep(), ui.Finish(finish_reason="stop")],
]


class Transport:
    """Plays batches of chunks; an exception is raised, None waits until the server is asked to stop, if it does."""

    def __init__(self, *script: list[ui.UIChunk] | Exception | None) -> None:
        self.sent: list[list[UIMessage]] = []
        self.can_stop: bool | Exception = False
        self._stop = asyncio.Event()
        self.closed = 0
        self._script = script

    async def send(self, _chat_id: str, messages: list[UIMessage]) -> AsyncGenerator[list[ui.UIChunk]]:
        self.sent.append(list(messages))
        try:
            for batch in self._script:
                await asyncio.sleep(0)
                if isinstance(batch, Exception):
                    raise batch
                if batch is None:
                    await self._stop.wait()
                else:
                    yield batch
        finally:
            self.closed += 1

    async def stop(self, _chat_id: str) -> bool:
        if isinstance(self.can_stop, Exception):
            raise self.can_stop
        if self.can_stop:
            self._stop.set()
        return self.can_stop


class Log:
    """What the chat told: the statuses, and the text of each message shown."""

    def __init__(self, *script: list[ui.UIChunk] | Exception | None) -> None:
        self.statuses: list[ChatStatus] = []
        self.shown: list[tuple[str, str]] = []
        self.transport = Transport(*script)
        self.chat = Chat(transport=self.transport, id="c", on_message=self._show, on_status=self.statuses.append)

    def _show(self, message: UIMessage) -> None:
        self.shown.append((message.role, message.text))


async def test_a_message_is_sent_and_its_answer_streams() -> None:
    log = Log(*HELLO)
    await log.chat.send_message("Hi")
    assert log.statuses == ["submitted", "streaming", "ready"]
    assert log.shown[0] == ("user", "Hi")
    assert log.shown[-1] == ("assistant", "Hello")
    assert ("assistant", "Hel") in log.shown
    assert [message.role for message in log.chat.messages] == ["user", "assistant"]
    assert log.chat.messages[1].id == "a1"


async def test_the_next_message_follows_the_whole_conversation() -> None:
    log = Log(*HELLO)
    await log.chat.send_message("Hi")
    await log.chat.send_message("And?")
    assert [message.text for message in log.transport.sent[1]] == ["Hi", "Hello", "And?"]


async def test_a_refusal_is_an_error_and_the_message_stays() -> None:
    log = Log(APICallError("no", status=500))
    await log.chat.send_message("Hi")
    assert log.statuses == ["submitted", "error"]
    assert isinstance(log.chat.error, APICallError)
    assert [message.text for message in log.chat.messages] == ["Hi"]


async def test_an_error_in_the_middle_keeps_what_came() -> None:
    log = Log(*HELLO[:2], [ui.Error(error_text="The model is gone.")])
    await log.chat.send_message("Hi")
    assert log.statuses == ["submitted", "streaming", "error"]
    assert isinstance(log.chat.error, EdgeChatError)
    assert log.chat.error.public_message == "The model is gone."
    assert log.chat.messages[-1].text == "Hel"
    assert log.transport.closed == 1


async def test_after_an_error_one_can_go_on() -> None:
    log = Log(APICallError("no", status=500))
    await log.chat.send_message("Hi")
    await log.chat.send_message("Hi again")
    assert log.statuses == ["submitted", "error"] * 2
    assert len(log.transport.sent) == 2


async def until_text(log: Log) -> "asyncio.Future[None]":
    """Sends a message and returns when the first text has come."""
    sending = asyncio.ensure_future(log.chat.send_message("Hi"))
    while log.chat.status != "streaming" or not log.chat.messages[-1].text:
        await asyncio.sleep(0)
    return sending


@pytest.mark.parametrize("can_stop", [False, APICallError("gone")])
async def test_stop_keeps_the_text_closes_its_part_and_leaves_the_stream(can_stop: bool | Exception) -> None:
    log = Log(*HELLO[:2], None)
    log.transport.can_stop = can_stop
    sending = await until_text(log)
    await log.chat.stop()
    assert log.transport.closed == 1
    await sending
    assert log.statuses == ["submitted", "streaming", "ready"]
    assert log.chat.messages[-1].parts[-1] == TextPart(text="Hel", state="done")


async def test_a_server_that_stops_says_its_last_words() -> None:
    log = Log(*HELLO[:2], None, [ui.TextDelta(id="t", delta="l"), ui.TextEnd(id="t"), ui.Abort()])
    log.transport.can_stop = True
    sending = await until_text(log)
    await log.chat.stop()
    await sending
    assert log.statuses == ["submitted", "streaming", "ready"]
    assert log.chat.messages[-1].text == "Hell"


async def test_stop_without_an_answer_does_nothing() -> None:
    log = Log()
    await log.chat.stop()
    assert log.statuses == []


async def test_a_second_message_has_to_wait() -> None:
    log = Log(None)
    sending = asyncio.ensure_future(log.chat.send_message("Hi"))
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="being streamed"):
        await log.chat.send_message("Too soon")
    await log.chat.stop()
    await sending
    assert len(log.chat.messages) == 1


async def test_a_mistake_in_the_transport_is_not_hidden() -> None:
    log = Log(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        await log.chat.send_message("Hi")
