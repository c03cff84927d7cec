"""Markdown that grows: CommonMark, tables and strikethrough, as a flat list of what is to be on the page.

A push object without a DOM. Blocks that can no longer change are told once; what is parsed again is the open block.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from page.links import is_safe, link_attributes


class Open(msgspec.Struct, frozen=True):
    tag: str
    """Empty where there is no element: what is inside belongs to the one around."""
    attributes: Mapping[str, str] = {}


class Close(msgspec.Struct, frozen=True):
    pass


class Text(msgspec.Struct, frozen=True):
    text: str


class Code(msgspec.Struct, frozen=True):
    """A block of code."""

    language: str
    text: str


class Inline(msgspec.Struct, frozen=True):
    """Text with markup in it, for `parse_inline`: most of it is never parsed again."""

    source: str


type Item = Open | Close | Text | Code | Inline

_BLOCKS = frozenset("p h1 h2 h3 h4 h5 h6 ul ol li blockquote hr table thead tbody tr th td".split())
_INLINES = frozenset("a strong em s".split())
TAGS = _BLOCKS | _INLINES | {"br", "code", "pre"}
"""All elements that a text can ask for."""


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802
        return is_safe(url)


_parser = _Parser("commonmark", {"html": False}).enable(["table", "strikethrough"])

_LINE_END = re.compile(r"\r\n?")
# At the end of a line that has a letter, in a paragraph, nothing else can change what came before.
_MARKUP = re.compile(r"[\x00-\x1f\x7f-\x9f\\`*_~\]>);]")
_LETTER = re.compile(r"[^\W\d_]")
_FENCE = re.compile(r"[`~]")
# Blocks that end a paragraph by their first line, and those that end with it.
_INTERRUPTING = frozenset("heading_open hr fence bullet_list_open ordered_list_open blockquote_open".split())
_COMPLETE = frozenset("heading_open hr fence".split())


class MarkdownStream:
    def __init__(self) -> None:
        self._text = ""  # from the beginning of the open block
        self._return_held = False  # it may be half of a line end
        self._definitions: dict[str, Any] = {}
        self._has_definitions = False
        self._markup: re.Pattern[str] | None = None  # without it, text only adds to the end; None: unknown
        self._space = ""  # at the end, and not shown yet

    def append(self, text: str) -> str | None:
        """What this adds to the end of the last text on the page; None if `parse` has to find out."""
        if self._return_held:
            text = "\r" + text
        self._return_held = text.endswith("\r")
        text = _normalized(text.removesuffix("\r"))
        self._text += text
        if self._markup is None or self._markup.search(text):
            self._markup = None
            return None
        text = self._space + text
        shown = text.removesuffix("\n") if self._markup is _FENCE else text.rstrip()
        self._space = text[len(shown) :]
        return shown

    def parse(self) -> tuple[list[Item], int]:
        """The items from the first one on that could have changed, and how many of them are final now.

        Final ones are not given again.
        """
        tokens, self._definitions = _parse_blocks(self._text)
        self._has_definitions |= bool(self._definitions)
        self._watch_end(tokens)
        first, line = self._open_block(tokens)
        self._text = self._text.split("\n", line)[-1]
        final = _block_items(tokens[:first])
        return final + _block_items(tokens[first:]), len(final)

    def close(self, whole: str) -> tuple[list[Item], bool]:
        """The text has ended, and this was all of it. What `parse` gives; or all items, and true.

        That is where it defines links (`[name]: address`), because these count for the text before as well.
        """
        if self._return_held:
            self.append("\n")
        items, _ = self.parse()
        if not self._has_definitions:
            return items, False
        tokens, self._definitions = _parse_blocks(_normalized(whole))
        return _block_items(tokens), True

    def parse_inline(self, source: str) -> list[Item]:
        tokens: list[Token] = []
        _parser.inline.parse(source, _parser, {"references": self._definitions}, tokens)
        return list(_joined(_inline_items(tokens)))

    def _watch_end(self, tokens: Sequence[Token]) -> None:
        """Finds out whether the text ends in a paragraph or in code to which text may simply be added."""
        self._markup, self._space = None, ""
        last = next((index for index in reversed(range(len(tokens))) if tokens[index].nesting != -1), None)
        if last is None:
            return
        token, text = tokens[last], self._text
        first_line, last_line = token.map or (0, 0)
        if token.type == "fence" and token.level == 0:
            at_margin = text.split("\n", first_line)[-1].startswith(token.markup)
            # Without a fence in it, and at the very end: it cannot have been closed.
            is_open = token.content.strip() and not _FENCE.search(token.content) and text.endswith(token.content)
            if at_margin and is_open:
                self._markup = _FENCE
                self._space = token.content[len(token.content.removesuffix("\n")) :]
        elif token.type == "inline" and tokens[last - 1].type == "paragraph_open" and last_line == text.count("\n") + 1:
            shown = text.rstrip(" ")
            line = token.content.rpartition("\n")[2]
            is_plain = _LETTER.search(line) and not _MARKUP.search(line[-1]) and "]:" not in token.content
            if is_plain and shown.endswith(line):
                self._markup = _MARKUP
                self._space = text[len(shown) :]

    def _open_block(self, tokens: Sequence[Token]) -> tuple[int, int]:
        """The first token, and the line, of the last block that is sure to begin where it does; or 0 and 0."""
        lines = self._text.split("\n")
        starts = [index for index, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0]
        for before, start in reversed(list(pairwise(starts))):
            token, previous = tokens[start], tokens[before]
            line, end = _lines(token)[0], _lines(previous)[1]
            # Another block may still grow into a line that is not complete, or take back what follows a definition.
            begins_anew = (
                not lines[line - 1].strip(" \t")
                or (token.type in _INTERRUPTING and token.markup not in ("=", "-"))
                or (previous.type in _COMPLETE and end == line)
            )
            if line < len(lines) - 1 and begins_anew:
                return start, line
        return 0, 0


def _normalized(text: str) -> str:
    return _LINE_END.sub("\n", text).replace("\0", "\ufffd")


def _lines(token: Token) -> tuple[int, int]:
    """From where to before which line a block goes."""
    first, end = token.map or (0, 0)
    return first, end


def _parse_blocks(text: str) -> tuple[list[Token], dict[str, Any]]:
    """The tokens, and the links that are defined."""
    tokens: list[Token] = []
    environment: dict[str, Any] = {}
    _parser.block.parse(text, _parser, environment, tokens)
    return tokens, environment.get("references", {})


def _block_items(tokens: Iterable[Token]) -> list[Item]:
    return list(chain.from_iterable(map(_block_item, tokens)))


def _block_item(token: Token) -> tuple[Item, ...]:
    match token.type:
        case "inline":
            return (Inline(token.content),)
        case "fence" | "code_block":
            return (Code(token.info.split()[0] if token.info.strip() else "", token.content.removesuffix("\n")),)
        case "hr":
            return Open("hr"), Close()
    if token.nesting == 1:
        return (Open(token.tag if token.tag in _BLOCKS and not token.hidden else "", _block_attributes(token)),)
    return (Close(),)


def _block_attributes(token: Token) -> dict[str, str]:
    attributes = {}
    if token.level == 0:
        attributes["dir"] = "auto"  # what is inside goes the same way
    if "start" in token.attrs:
        attributes["start"] = str(token.attrs["start"])
    if align := str(token.attrs.get("style", "")).removeprefix("text-align:"):
        attributes["class"] = f"align-{align}"  # the policy allows no styles in attributes
    return attributes


def _inline_items(tokens: Iterable[Token]) -> Iterator[Item]:
    is_linked = False
    for token in tokens:
        match token.type:
            case "text" | "text_special":
                yield Text(token.content)
            case "softbreak":
                yield Text("\n")
            case "hardbreak":
                yield from (Open("br"), Close())
            case "code_inline":
                yield from (Open("code"), Text(token.content), Close())
            case "image":
                # Never loaded: an address can tell somebody what was said here.
                label = Text("".join(child.content for child in token.children or ()) or str(token.attrs["src"]))
                yield from (label,) if is_linked else (_link(str(token.attrs["src"])), label, Close())
            case "link_open":
                is_linked = True
                yield _link(str(token.attrs["href"]))
            case _ if token.nesting == 1:
                yield Open(token.tag if token.tag in _INLINES else "")
            case _:
                is_linked = is_linked and token.type != "link_close"
                yield Close()


def _link(url: str) -> Open:
    return Open("a", link_attributes(url))


def _joined(items: Iterable[Item]) -> Iterator[Item]:
    """Text beside text is one text, wherever it came from."""
    text = ""
    for item in items:
        if isinstance(item, Text):
            text += item.text
            continue
        if text:
            yield Text(text)
            text = ""
        yield item
    if text:
        yield Text(text)
