"""What comes back from a server, as chunks."""

import codecs
from collections.abc import AsyncIterable, Sequence
from typing import Protocol

from edgechat.errors import InvalidChunkError
from edgechat.http import FetchResponse
from edgechat.ui import chunks as ui


class ChunkStream(Protocol):
    """An answer that has begun."""

    @property
    def is_complete(self) -> bool:
        """Whether its end mark has come."""
        ...

    @property
    def last_id(self) -> str | None:
        """The id of the last event, where the server gives ids."""
        ...

    async def read(self) -> Sequence[ui.UIChunk] | None:
        """What has come since the last read, or None at the end. Raises `EdgeChatError`."""
        ...


class EventStream:
    """A `ChunkStream` of server-sent events. The chunks before a wrong one still count."""

    def __init__(self, response: FetchResponse) -> None:
        self._response = response
        self._decoder = ui.ChunkDecoder()
        self._error: InvalidChunkError | None = None

    @property
    def is_complete(self) -> bool:
        return self._decoder.done

    @property
    def last_id(self) -> str | None:
        return self._decoder.last_id

    async def read(self) -> Sequence[ui.UIChunk] | None:
        if self._error:
            raise self._error
        while (data := await self._response.read()) is not None:
            try:
                chunks = self._decoder.feed(data)
            except InvalidChunkError as error:
                self._error = error
                return error.chunks
            if chunks:
                return chunks
        return None


class TextStream:
    """Plain text, as one text part."""

    last_id = None

    def __init__(self, response: FetchResponse) -> None:
        self._response = response
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._has_begun = False
        self.is_complete = False

    async def read(self) -> Sequence[ui.UIChunk] | None:
        if not self._has_begun:
            self._has_begun = True
            return [ui.Start(), ui.StartStep(), ui.TextStart(id="text-1")]
        if self.is_complete:
            return None
        while (data := await self._response.read()) is not None:
            if text := self._decoder.decode(data):
                return [ui.TextDelta(id="text-1", delta=text)]
        self.is_complete = True
        rest = self._decoder.decode(b"", final=True)
        last = [ui.TextDelta(id="text-1", delta=rest)] if rest else []
        return [*last, ui.TextEnd(id="text-1"), ui.FinishStep(), ui.Finish()]


class DirectStream:
    """Chunks that are made in this process."""

    last_id = None

    def __init__(self, chunks: AsyncIterable[ui.UIChunk | Sequence[ui.UIChunk]]) -> None:
        self._chunks = aiter(chunks)
        self.is_complete = False

    async def read(self) -> Sequence[ui.UIChunk] | None:
        async for chunks in self._chunks:
            return chunks if isinstance(chunks, Sequence) else [chunks]
        self.is_complete = True
        return None
