"""Conversations of `Chat` with the server of `server.mjs`: `python conversations.py URL` prints what it made of them.

A page runs the same (`tests/e2e/test_own_pages.py`).
"""

import asyncio
import itertools
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

import msgspec

from edgechat.chat import (
    Change,
    Chat,
    Completion,
    DefaultChatTransport,
    Finish,
    MessageAdded,
    MessageChanged,
    MessagesSet,
    ObjectStream,
    PartAdded,
    PartChanged,
    StatusChanged,
    TextAppended,
    TextStreamChatTransport,
    last_assistant_message_is_complete_with_approval_responses,
    last_assistant_message_is_complete_with_tool_calls,
)
from edgechat.http import Fetch
from edgechat.ui import chunks as ui
from edgechat.ui.messages import ToolPart, UIMessage, UIPart

PATIENCE = 10


class View:
    """As small as a view can be: what it shows is made of changes alone."""

    def __init__(self, messages: Sequence[UIMessage]) -> None:
        self._parts: dict[int, list[Any]] = {}
        self.apply([MessagesSet([*messages])])

    def apply(self, changes: Sequence[Change]) -> None:
        for change in changes:
            match change:
                case MessageAdded(message) | MessageChanged(message):
                    self._parts[id(message)] = [draw(part) for part in message.parts]
                case MessagesSet(messages):
                    self._parts = {id(message): [draw(part) for part in message.parts] for message in messages}
                case PartAdded(message, index):
                    self._parts[id(message)].insert(index, draw(message.parts[index]))
                case PartChanged(message, index):
                    self._parts[id(message)][index] = draw(message.parts[index])
                case TextAppended(message, index, text):
                    self._parts[id(message)][index]["text"] += text

    def shows(self, messages: Sequence[UIMessage]) -> bool:
        """Whether all texts are as they are in the messages."""
        return list(self._parts) == [id(message) for message in messages] and all(
            [part.get("text") for part in self._parts[id(message)]]
            == [draw(part).get("text") for part in message.parts]
            for message in messages
        )


def draw(part: UIPart) -> Any:
    return msgspec.to_builtins(part)


class Conversation:
    """One chat with one script of the server, and all that it tells."""

    def __init__(self, fetch: Fetch, base: str, name: str, **options: Any) -> None:
        self.statuses: list[str] = []
        self.view = View(options.get("messages", ()))
        self.data: list[ui.Data] = []
        self.finishes: list[Finish] = []
        ids = itertools.count(1)
        given: dict[str, Any] = {"id": name, "transport": DefaultChatTransport(fetch, f"{base}/api/{name}")} | options
        self.chat = Chat(
            generate_id=lambda: f"id-{next(ids)}",
            on_change=self._on_change,
            on_data=self.data.append,
            on_finish=self.finishes.append,
            **given,
        )

    def _on_change(self, changes: Sequence[Change]) -> None:
        self.view.apply(changes)
        self.statuses += [change.status for change in changes if isinstance(change, StatusChanged)]

    def calls(self) -> list[ToolPart]:
        return [part for message in self.chat.messages for part in message.parts if isinstance(part, ToolPart)]

    async def until(self, text: str) -> None:
        """Waits until the answer has come to a text."""
        async with asyncio.timeout(PATIENCE):
            while text not in "".join(message.text for message in self.chat.messages[1:]):
                await asyncio.sleep(0.01)

    def seen(self) -> dict[str, Any]:
        seen: dict[str, Any] = msgspec.to_builtins(
            {
                "messages": self.chat.messages,
                "status": self.chat.status,
                "error": str(self.chat.error) if self.chat.error else None,
                "statuses": self.statuses,
                "data": self.data,
                "finishes": [
                    [finish.is_abort, finish.is_disconnect, finish.is_error, finish.finish_reason]
                    for finish in self.finishes
                ],
            }
        )
        return seen | {"isShown": self.view.shows(self.chat.messages)}


async def converse(fetch: Fetch, base: str) -> dict[str, Any]:
    """What was seen of each script, by chats and by those who ask for one text only."""
    return {"chats": await chats(fetch, base), "texts": await texts(fetch, base)}


async def texts(fetch: Fetch, base: str) -> dict[str, Any]:
    plain = Completion(fetch, f"{base}/api/text-stream", stream_protocol="text")
    streamed: ObjectStream[Any] = ObjectStream(fetch, f"{base}/api/object", type=dict[str, str])
    return {
        "completion": await Completion(fetch, f"{base}/api/completion").complete("Is it"),
        "plain completion": await plain.complete("Is it"),
        "object": await streamed.submit({"city": "Oslo"}),
    }


async def chats(fetch: Fetch, base: str) -> dict[str, Any]:

    async def ask(name: str, **options: Any) -> Conversation:
        conversation = Conversation(fetch, base, name, **options)
        async with asyncio.timeout(PATIENCE):
            await conversation.chat.send_message("Hi")
        return conversation

    async def approved(is_approved: bool) -> Conversation:
        conversation = await ask(
            "approval", send_automatically_when=last_assistant_message_is_complete_with_approval_responses
        )
        (call,) = conversation.calls()
        assert call.approval
        await conversation.chat.add_tool_approval_response(call.approval.id, is_approved)
        return conversation

    async def with_client_tool() -> Conversation:
        conversation = await ask(
            "client-tool", send_automatically_when=last_assistant_message_is_complete_with_tool_calls
        )
        await conversation.chat.add_tool_output("c1", {"city": "Oslo"}, tool="ask_location")
        return conversation

    async def stopped() -> Conversation:
        conversation = Conversation(fetch, base, "hang")
        sending = asyncio.ensure_future(conversation.chat.send_message("Hi"))
        await conversation.until("far")
        await conversation.chat.stop()
        await sending
        return conversation

    async def resumed() -> Conversation:
        """The page is opened anew while the first one's answer is streamed."""
        first = Conversation(fetch, base, "resume")
        sending = asyncio.ensure_future(first.chat.send_message("Hi"))
        await first.until("w3")
        second = Conversation(fetch, base, "resume", messages=first.chat.messages[:1])
        await second.chat.resume_stream()
        await sending
        return second

    async def nothing_to_resume() -> Conversation:
        conversation = Conversation(fetch, base, "resume", id="unknown")
        await conversation.chat.resume_stream()
        return conversation

    async def plain() -> Conversation:
        return await ask("text-stream", transport=TextStreamChatTransport(fetch, f"{base}/api/text-stream"))

    async def again() -> Conversation:
        conversation = await ask("text")
        await conversation.chat.regenerate()
        await conversation.chat.send_message("Edited", message_id=conversation.chat.messages[0].id)
        return conversation

    scripts: dict[str, Callable[[], Awaitable[Conversation]]] = {
        **{
            name: partial(ask, name)
            for name in ("text", "reasoning", "tools", "data", "error", "refused", "abort", "drop")
        },
        "approved": partial(approved, True),
        "denied": partial(approved, False),
        "client-tool": with_client_tool,
        "stopped": stopped,
        "resumed": resumed,
        "nothing to resume": nothing_to_resume,
        "plain text": plain,
        "again": again,
    }
    return {name: (await script()).seen() for name, script in scripts.items()}


async def main(base: str) -> None:
    import httpx

    from edgechat.platform.host import Fetch as HostFetch

    async with httpx.AsyncClient() as client:
        print(msgspec.json.encode(await converse(HostFetch(client), base)).decode())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
