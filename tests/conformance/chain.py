"""From the bytes of a provider to what a page shows: `stream_text`, its UI chunks, and the message they fold into."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

import msgspec

from conformance.compare import difference, normalise
from edgechat.errors import UIMessageStreamError
from edgechat.generate import Tool, stream_text
from edgechat.model.remote import RemoteModel
from edgechat.model.types import API, ModelRequest
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import UIMessage


class Recording:
    """A sender, and its answer: the recorded body, one piece a read."""

    status = 200
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, body: bytes, size: int) -> None:
        self._pieces = [body[at : at + size] for at in range(0, len(body), size)]

    @asynccontextmanager
    async def __call__(self, request: ModelRequest) -> AsyncGenerator["Recording"]:
        yield self

    async def read(self) -> bytes | None:
        return self._pieces.pop(0) if self._pieces else None

    async def text(self) -> str:
        raise AssertionError("nobody reads the body of a good answer at once")


def check_chain(case: Any, api: API, size: int) -> str | None:
    """The first difference in the chunks or in the message."""
    chunks = asyncio.run(_chunks(case, api, size))
    expected = [_unworded(chunk) for chunk in case["uiChunks"]], case["message"]
    actual = [_unworded(msgspec.to_builtins(chunk)) for chunk in chunks], _folded(chunks)
    expected_names: dict[str, str] = {}
    actual_names: dict[str, str] = {}
    for kind, want, have in zip(("uiChunks", "message"), expected, actual, strict=True):
        want, have = normalise(want, case["sse"], expected_names), normalise(have, case["sse"], actual_names)
        if found := difference(want, have):
            return f"{kind}: {found}"
    return None


async def _chunks(case: Any, api: API, size: int) -> list[ui.UIChunk]:
    stream = stream_text(
        model=RemoteModel(api, Recording(case["sse"].encode(), size)),
        prompt="hi",
        tools=[Tool(name, input={}) for name in case["tools"]],
        max_retries=0,
    )
    batches = stream.ui_message_stream(message_id="msg-1", send_sources=True)
    return [chunk async for batch in batches for chunk in batch]


def _folded(chunks: list[ui.UIChunk]) -> Any:
    """The message as it was last shown: the reference recorded what it wrote."""
    fold = MessageFold(UIMessage(id="msg-1", role="assistant"))
    shown = None
    try:
        for chunk in chunks:
            if fold.apply(chunk):
                shown = msgspec.to_builtins(fold.message)
    except UIMessageStreamError:
        return None
    return shown


def _unworded(chunk: dict[str, Any]) -> dict[str, Any]:
    """Each library has its own words for an error."""
    return chunk | {"errorText": ""} if chunk["type"] == "error" else chunk
