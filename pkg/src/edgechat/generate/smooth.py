"""Text in even pieces, however it came over the network (npm `ai` 7.0.173, `smoothStream`)."""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from itertools import chain
from typing import Literal, NamedTuple

from edgechat.generate.settings import Transform
from edgechat.generate.stream_parts import StreamPart
from edgechat.model.parts import ReasoningDelta, TextDelta

type Chunking = Literal["word", "line"] | re.Pattern[str] | Callable[[str], str | None]


def smooth_stream(*, delay: float | None = None, chunking: Chunking = "word") -> Transform:
    """Makes each delta of text and reasoning a whole word or line, and waits `delay` seconds after it.

    A pattern ends a piece with its first match. A function is given the text that waits, and returns the piece that it
    begins with, or None. What is no whole piece waits for more, or for the end of its block.
    """
    chunker = _chunker(chunking)

    async def smooth(batches: AsyncIterator[list[StreamPart]]) -> AsyncGenerator[list[StreamPart]]:
        smoother = _Smoother(chunker)
        async for batch in batches:
            *groups, rest = smoother.feed(batch)
            if delay is None:
                rest = [*chain.from_iterable(groups), *rest]
            else:
                for group in groups:
                    yield group
                    await asyncio.sleep(delay)
            if rest:
                yield rest
        if rest := smoother.close():
            yield rest

    return smooth


class _Chunker(NamedTuple):
    end: Callable[[str, int], int | None]
    """Where the piece that begins here ends, if it does."""
    mark: re.Pattern[str]
    """In each delta that ends a piece: the others need no search."""


class _Smoother:
    def __init__(self, chunker: _Chunker) -> None:
        self._chunker = chunker
        self._text = ""
        self._part: TextDelta | ReasoningDelta = TextDelta("", "")  # the last one, which the waiting text is of

    def feed(self, parts: list[StreamPart]) -> list[list[StreamPart]]:
        """Groups of parts: each but the last ends with a whole piece."""
        groups: list[list[StreamPart]] = [[]]
        for part in parts:
            if not isinstance(part, TextDelta | ReasoningDelta) or (
                not part.delta and part.provider_metadata is not None
            ):
                groups[-1] += [*self.close(), part]
                continue
            if not self._continues(part):
                groups[-1] += self.close()
            self._part = part
            self._text += part.delta
            if self._chunker.mark.search(part.delta):
                self._cut(groups)
        return groups

    def close(self) -> list[StreamPart]:
        """What is waiting."""
        text, self._text = self._text, ""
        return [self._piece(text)] if text else []

    def _continues(self, part: TextDelta | ReasoningDelta) -> bool:
        """A piece cannot be of two blocks, nor have the metadata of two deltas."""
        last = self._part
        return (
            part.id == last.id
            and type(part) is type(last)
            and part.provider_metadata is None
            and last.provider_metadata is None
        )

    def _cut(self, groups: list[list[StreamPart]]) -> None:
        text, start = self._text, 0
        while start < len(text) and (end := self._chunker.end(text, start)) is not None:
            groups[-1].append(self._piece(text[start:end]))
            groups.append([])
            start = end
        self._text = text[start:]

    def _piece(self, text: str) -> TextDelta | ReasoningDelta:
        return type(self._part)(self._part.id, text, self._part.provider_metadata)


def _chunker(chunking: Chunking) -> _Chunker:
    # The named patterns are possessive: linear in the length, whatever comes.
    if chunking == "word":
        return _Chunker(_matching(re.compile(r"\s*+\S++\s++")), re.compile(r"\s"))
    if chunking == "line":
        return _Chunker(_matching(re.compile(r"[^\n]*+\n++")), re.compile(r"\n"))
    if isinstance(chunking, re.Pattern):
        return _Chunker(_detecting(_searching(chunking)), re.compile(""))
    return _Chunker(_detecting(chunking), re.compile(""))


def _matching(pattern: re.Pattern[str]) -> Callable[[str, int], int | None]:
    def end(text: str, start: int) -> int | None:
        match = pattern.match(text, start)
        return match.end() if match else None

    return end


def _searching(pattern: re.Pattern[str]) -> Callable[[str], str | None]:
    def detect(waiting: str) -> str | None:
        match = pattern.search(waiting)
        return waiting[: match.end()] if match else None

    return detect


def _detecting(detect: Callable[[str], str | None]) -> Callable[[str, int], int | None]:
    def end(text: str, start: int) -> int | None:
        waiting = text[start:]
        piece = detect(waiting)
        if piece is None:
            return None
        if not piece or not waiting.startswith(piece):
            raise ValueError(f"The chunking found {piece!r}, which is no beginning of {waiting!r}.")
        return start + len(piece)

    return end
