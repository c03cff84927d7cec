"""Whatever the user does while answers stream and connections are lost: what is shown is what there is."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.edgechat.chat.chatting import View

from edgechat.chat import Chat, ChunkStream, Finish, Reconnect, ResumeRequest, SendRequest
from edgechat.errors import APICallError, InvalidArgumentError
from edgechat.ui import chunks as ui
from edgechat.ui.messages import TextPart, ToolPart

ACTIONS = ["send", "edit", "regenerate", "stop", "resume", "back", "set", "clear", "tool", "wait", "cancel"]


class Server:
    """Answers each question by a text and a call; some connections are lost, and what was lost can be resumed."""

    resume_stream_is_replay = True
    keeps_versions = False

    def __init__(self, drops: list[int]) -> None:
        self._drops = drops
        self._last: list[ui.UIChunk] = []
        self._count = 0

    @asynccontextmanager
    async def send(self, request: SendRequest) -> AsyncGenerator[ChunkStream]:
        self._count += 1
        key = f"a{self._count}"
        call = ui.ToolInputAvailable(tool_call_id=key, tool_name="ask", input={})
        words = [ui.TextDelta(id="t", delta=f"{word} ") for word in range(4)]
        self._last = [ui.Start(message_id=key), ui.StartStep(), ui.TextStart(id="t"), *words, ui.TextEnd(id="t"), call]
        self._last.append(ui.Finish(finish_reason="stop"))
        yield Stream(self._last, self._drops)

    @asynccontextmanager
    async def resume(self, request: ResumeRequest) -> AsyncGenerator[ChunkStream | None]:
        await asyncio.sleep(0)
        yield Stream(self._last, self._drops) if self._last else None

    async def stop(self, chat_id: str) -> bool:
        await asyncio.sleep(0)
        return False


class Stream:
    last_id = None
    is_complete = False

    def __init__(self, chunks: list[ui.UIChunk], drops: list[int]) -> None:
        drop = drops.pop(0) if drops else len(chunks)
        self._chunks = chunks[:drop]
        self._is_whole = drop >= len(chunks)

    async def read(self) -> Sequence[ui.UIChunk] | None:
        await asyncio.sleep(0)
        if self._chunks:
            return [self._chunks.pop(0)]
        if not self._is_whole:
            raise APICallError("The connection was lost.")
        return None


class User:
    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.tasks: list[asyncio.Task[Any]] = []

    async def act(self, name: str) -> None:
        chat = self.chat
        asked = [message.id for message in chat.messages if message.role == "user"]
        match name:
            case "send":
                self._begin(chat.send_message("Hi"))
            case "edit" if asked:
                self._begin(chat.send_message("Ho", message_id=asked[-1]))
            case "regenerate":
                self._begin(chat.regenerate())
            case "stop":
                await chat.stop()
                assert chat.status in ("ready", "error")
            case "resume":
                self._begin(chat.resume_stream())
            case "back":
                self._begin(chat.resume_if_disconnected())
            case "set":
                chat.set_messages(chat.messages[:-1])
            case "clear":
                chat.clear_error()
            case "tool":
                for message in chat.messages:
                    for part in message.parts:
                        if isinstance(part, ToolPart):
                            await chat.add_tool_output(part.tool_call_id, 1, tool="ask")
            case "cancel":
                for task in self.tasks:
                    task.cancel()
        for _ in range(3):
            await asyncio.sleep(0)

    def _begin(self, doing: Any) -> None:
        self.tasks.append(asyncio.ensure_future(doing))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(ACTIONS), max_size=12),
    st.lists(st.integers(0, 12), max_size=6),
    st.booleans(),
    st.booleans(),
)
def test_what_is_shown_is_what_there_is(actions: list[str], drops: list[int], queue: bool, reconnects: bool) -> None:
    view, finishes = View(), list[Finish]()

    async def talk() -> Chat:
        chat = Chat(
            transport=Server(drops),
            id="c",
            on_change=view.apply,
            on_finish=finishes.append,
            queue=queue,
            reconnect=Reconnect(first_delay=0, tries=2) if reconnects else None,
        )
        user = User(chat)
        for action in actions:
            await user.act(action)
        async with asyncio.timeout(5):
            results = await asyncio.gather(*user.tasks, return_exceptions=True)
        refusals = (asyncio.CancelledError, RuntimeError, InvalidArgumentError)
        assert all(isinstance(result, refusals) for result in results if result)
        await chat.stop()
        return chat

    chat = asyncio.run(talk())
    assert chat.status in ("ready", "error")
    assert view.shown == [message.parts for message in chat.messages]
    assert [message for message, _ in view.messages] == chat.messages
    for message in chat.messages:
        texts = [part for part in message.parts if isinstance(part, TextPart)]
        assert all(part.state in ("done", None) for part in texts)
        assert message.role == "user" or "0 1 2 3 ".startswith(message.text)
        calls = [part.tool_call_id for part in message.parts if isinstance(part, ToolPart)]
        assert len(calls) <= 1
    assert len({message.id for message in chat.messages}) == len(chat.messages)
