"""What the scripted servers say, by the name in the path: the same on ASGI and in a Worker."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from edgechat.errors import APICallError
from edgechat.generate import Output, TextStream, Tool, step_count_is, stream_text, tool
from edgechat.model import parts as model
from edgechat.model.prompt import ModelMessage
from edgechat.testing import FakeModel, hang, reasoning, tool_call
from edgechat.ui import chunks as ui
from edgechat.ui.convert import convert_to_model_messages
from edgechat.ui.messages import decode_messages

type Chunks = AsyncGenerator[list[ui.UIChunk]]


class _Body(msgspec.Struct):
    messages: msgspec.Raw


@tool
async def weather(city: str) -> AsyncGenerator[dict[str, str]]:
    """The weather."""
    yield {"city": city, "sky": "looking"}
    yield {"city": city, "sky": "rain"}


@tool(needs_approval=True)
def pay(amount: int) -> str:
    """Pays."""
    return f"Paid {amount}."


@tool
def broken() -> None:
    """Fails."""
    raise KeyError("column password_hash")


ask_location = Tool("ask_location", input={"type": "object"})


def answer(name: str, body: bytes) -> Chunks:
    """The chunks of a script, for the AI SDK's request body. Raises `KeyError` for an unknown name."""
    messages = convert_to_model_messages(decode_messages(msgspec.json.decode(body, type=_Body).messages))
    return SCRIPTS[name](messages)


def _text(_messages: list[ModelMessage]) -> Chunks:
    return stream_text(model=FakeModel("Zürich ist schön. 日本語 🎉\n\u2028 end"), prompt="x").ui_message_stream(
        message_id="m1"
    )


def _reasoning(_messages: list[ModelMessage]) -> Chunks:
    return stream_text(model=FakeModel([reasoning("Let me think."), "Yes."]), prompt="x").ui_message_stream()


def _tools(messages: list[ModelMessage]) -> Chunks:
    calls = [tool_call("weather", {"city": "Oslo"}), tool_call("broken"), tool_call("weather", {"town": 1})]
    fake = FakeModel(calls, "It rains.")
    return stream_text(
        model=fake, messages=messages, tools=[weather, broken], stop_when=step_count_is(3)
    ).ui_message_stream()


def _approval(messages: list[ModelMessage]) -> Chunks:
    """First it asks; with the user's answer it goes on."""
    fake = FakeModel(
        "Done." if messages[-1].__struct_config__.tag == "tool" else tool_call("pay", {"amount": 5}, id="c1")
    )
    return stream_text(model=fake, messages=messages, tools=[pay], approval_secret=b"k" * 32).ui_message_stream()


def _client_tool(messages: list[ModelMessage]) -> Chunks:
    fake = FakeModel("In Oslo." if messages[-1].__struct_config__.tag == "tool" else tool_call("ask_location", id="c1"))
    return stream_text(model=fake, messages=messages, tools=[ask_location]).ui_message_stream()


async def _data(_messages: list[ModelMessage]) -> Chunks:
    yield [ui.Start(message_metadata={"model": "fake"}), ui.Data(type="data-status", data={"step": 1}, id="s")]
    yield [ui.Data(type="data-hint", data="soon", transient=True)]
    async for batch in stream_text(model=FakeModel("Hi"), prompt="x").ui_message_stream(send_start=False):
        yield batch
    yield [ui.Data(type="data-status", data={"step": 2}, id="s")]


def _sources_and_files(_messages: list[ModelMessage]) -> Chunks:
    answer: Any = [
        model.Source("url", "s1", url="https://example.org/a", title="A"),
        model.Source("document", "s2", title="B", media_type="text/plain", filename="b.txt"),
        model.File("image/png", "data:image/png;base64,AA=="),
        model.Custom("fake.note", {"fake": {"a": 1}}),
        "See.",
    ]
    return stream_text(model=FakeModel(answer), prompt="x").ui_message_stream(send_sources=True)


def _object(_messages: list[ModelMessage]) -> Chunks:
    fake = FakeModel('{"elements": [1, 2]}')
    return stream_text(model=fake, prompt="x", output=Output.array(int)).ui_message_stream()


def _error(_messages: list[ModelMessage]) -> Chunks:
    fake = FakeModel(["So", APICallError("connection to 10.0.0.7 lost")])
    return stream_text(model=fake, prompt="x").ui_message_stream()


def _refused(_messages: list[ModelMessage]) -> Chunks:
    return stream_text(model=FakeModel(APICallError("5007: no such model", status=400)), prompt="x").ui_message_stream()


async def _abort(_messages: list[ModelMessage]) -> Chunks:
    """The server ends the answer."""
    stream: TextStream[str] = stream_text(model=FakeModel(["So far", hang()]), prompt="x")
    async for batch in stream.ui_message_stream():
        yield batch
        if any(isinstance(chunk, ui.TextDelta) and "far" in chunk.delta for chunk in batch):
            asyncio.get_running_loop().call_later(0.01, stream.stop, "enough")


def _hang(_messages: list[ModelMessage]) -> Chunks:
    return stream_text(model=FakeModel(["So far", hang()]), prompt="x", timeout=5).ui_message_stream()


SCRIPTS = {
    "text": _text,
    "reasoning": _reasoning,
    "tools": _tools,
    "approval": _approval,
    "client-tool": _client_tool,
    "data": _data,
    "sources-and-files": _sources_and_files,
    "object": _object,
    "error": _error,
    "refused": _refused,
    "abort": _abort,
    "hang": _hang,
}
