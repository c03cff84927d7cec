"""Middleware for models that mix into their text what belongs elsewhere (npm `ai` 7.0.173, `extractReasoningMiddleware`
and `extractJsonMiddleware`). The text may be cut anywhere.
"""

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Literal

from edgechat.errors import InvalidArgumentError
from edgechat.model.middleware import Middleware
from edgechat.model.parts import (
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    TextDelta,
    TextEnd,
    TextStart,
)


def extract_reasoning(
    tag_name: str | tuple[str, str] = "think", *, separator: str = "\n", start_with_reasoning: bool = False
) -> Middleware:
    """Makes reasoning of what a model writes between tags.

    `tag_name` is the name of an XML tag, or the opening and the closing mark as they are. `separator` stands where two
    pieces of reasoning, or of text, meet. `start_with_reasoning` is for models that leave out the first opening tag.
    """
    opening, closing = (f"<{tag_name}>", f"</{tag_name}>") if isinstance(tag_name, str) else tag_name
    if not opening or not closing:
        raise InvalidArgumentError("The marks of reasoning must not be empty.")
    tags = _Tag(opening), _Tag(closing)
    return Middleware(transform_stream=lambda _: _ReasoningExtractor(tags, separator, start_with_reasoning))


def extract_json(transform: Callable[[str], str] | None = None) -> Middleware:
    """Removes the Markdown fence that a model writes around JSON, and the space around it.

    A `transform` of one's own is given the whole text, which then comes in one piece.
    """
    return Middleware(transform_stream=lambda _: _JSONExtractor(transform))


class _Tag:
    def __init__(self, text: str) -> None:
        self.text = text
        self._beginnings = tuple(text[:size] for size in range(len(text) - 1, 0, -1))

    def begun(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of this tag."""
        if not text.endswith(self._beginnings):
            return 0
        return next(len(beginning) for beginning in self._beginnings if text.endswith(beginning))


class _ReasoningExtractor:
    """A `PartTransform`."""

    def __init__(self, tags: tuple[_Tag, _Tag], separator: str, start_with_reasoning: bool) -> None:
        self._tags = tags
        self._separator = separator
        self._start_with_reasoning = start_with_reasoning
        self._numbers = count()
        self._blocks: dict[str, _ReasoningBlock] = {}

    def feed(self, parts: list[ModelPart]) -> list[ModelPart]:
        result: list[ModelPart] = []
        for part in parts:
            if isinstance(part, TextDelta) and (block := self._blocks.get(part.id)):
                result += block.feed(part.delta)
            elif isinstance(part, TextStart):
                self._blocks[part.id] = _ReasoningBlock(
                    part, self._tags, self._separator, self._start_with_reasoning, self._numbers
                )
            elif isinstance(part, TextEnd) and (block := self._blocks.pop(part.id, None)):
                result += block.close()
                result.append(part)
            else:
                result.append(part)
        return result

    def close(self) -> list[ModelPart]:
        return []


class _ReasoningBlock:
    """A block of text, and the reasoning in it. The pairs are for text and for reasoning."""

    def __init__(
        self, start: TextStart, tags: tuple[_Tag, _Tag], separator: str, is_reasoning: bool, numbers: Iterator[int]
    ) -> None:
        self._id = start.id
        self._start: TextStart | None = start  # waits for text: reasoning comes first
        self._tags = tags
        self._separator = separator
        self._is_reasoning = is_reasoning
        self._numbers = numbers
        self._reasoning_id = ""  # empty while no block of reasoning is open
        self._held = ""
        self._had = [False, False]
        self._after_tag = False

    def feed(self, delta: str) -> Iterator[ModelPart]:
        text = self._held + delta
        while True:
            tag = self._tags[self._is_reasoning]
            before, found, after = text.partition(tag.text)
            if not found:
                break
            yield from self._publish(before)
            if self._is_reasoning:
                yield from self._start_reasoning()
                yield self._end_reasoning()
            self._is_reasoning = not self._is_reasoning
            self._after_tag = True
            text = after
        size = len(text) - tag.begun(text)
        self._held = text[size:]
        yield from self._publish(text[:size])

    def close(self) -> Iterator[ModelPart]:
        yield from self._publish(self._held)
        if self._reasoning_id:
            yield self._end_reasoning()
        if self._start:
            yield self._start

    def _publish(self, text: str) -> Iterator[ModelPart]:
        if not text:
            return
        if self._after_tag and self._had[self._is_reasoning]:
            text = self._separator + text
        self._after_tag = False
        self._had[self._is_reasoning] = True
        if self._is_reasoning:
            yield from self._start_reasoning()
            yield ReasoningDelta(self._reasoning_id, text)
        else:
            if self._start:
                yield self._start
                self._start = None
            yield TextDelta(self._id, text)

    def _start_reasoning(self) -> Iterator[ModelPart]:
        if not self._reasoning_id:
            self._reasoning_id = f"reasoning-{next(self._numbers)}"
            yield ReasoningStart(self._reasoning_id)

    def _end_reasoning(self) -> ReasoningEnd:
        end = ReasoningEnd(self._reasoning_id)
        self._reasoning_id = ""
        return end


_FENCE_START = re.compile(r"\A```(?:json)?\s*\n")
_FENCE_START_IN_LINE = re.compile(r"\A```(?:json)?\s*")
_FENCE_END = re.compile(r"\n?```\s*\Z")


class _JSONExtractor:
    """A `PartTransform`."""

    def __init__(self, transform: Callable[[str], str] | None) -> None:
        self._transform = transform
        self._blocks: dict[str, _JSONBlock] = {}

    def feed(self, parts: list[ModelPart]) -> list[ModelPart]:
        result: list[ModelPart] = []
        for part in parts:
            if isinstance(part, TextDelta) and (block := self._blocks.get(part.id)):
                if text := block.feed(part.delta):
                    result.append(TextDelta(part.id, text))
                continue
            if isinstance(part, TextStart):
                self._blocks[part.id] = _JSONBlock(self._transform)
            elif isinstance(part, TextEnd) and (block := self._blocks.pop(part.id, None)) and (text := block.close()):
                result.append(TextDelta(part.id, text))
            result.append(part)
        return result

    def close(self) -> list[ModelPart]:
        return []


class _JSONBlock:
    """A block of text. Gives at once what cannot be a fence, or space around it."""

    def __init__(self, transform: Callable[[str], str] | None) -> None:
        self._transform = transform
        self._phase: Literal["start", "fence", "text", "whole"] = "whole" if transform else "start"
        self._held: list[str] = []

    def feed(self, delta: str) -> str:
        self._held.append(delta)
        if (
            (self._phase == "text" and delta.isspace())
            or (self._phase == "fence" and "\n" not in delta)
            or self._phase == "whole"
        ):
            return ""
        text = "".join(self._held)
        if self._phase == "start" and not "```".startswith(text):
            self._phase = "fence" if text.startswith("```") else "text"
        if self._phase == "fence" and "\n" in text:
            self._phase = "text"
            text = _FENCE_START.sub("", text)
        size = _settled(text) if self._phase == "text" else 0
        self._held = [text[size:]]
        return text[:size]

    def close(self) -> str:
        text = "".join(self._held)
        if self._transform:
            return self._transform(text)
        if self._phase != "text":
            text = _FENCE_START_IN_LINE.sub("", text)
        return _FENCE_END.sub("", text).rstrip()


def _settled(text: str) -> int:
    """The size of a text without what may become the closing fence, or space at the end."""
    size = len(text.rstrip())
    fence = min(3, size - len(text[:size].rstrip("`")))
    return len(text[: size - fence].rstrip()) if fence else size
