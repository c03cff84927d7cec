"""Markdown while it streams is, at its end, what it would have been at once."""

from collections.abc import Iterator
from html.parser import HTMLParser

import fake_dom
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from page import highlight
from page.links import is_safe
from page.markdown import TAGS
from page.markdown_view import MarkdownView


@pytest.fixture(autouse=True, scope="module")
def colourless() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("colour", "forget"):
            patch.setattr(highlight, name, lambda block: None)
        yield


SCRIPT = [
    "a", "b c", "word", " ", "  ", "    ", "\n", "\n", "\n\n", "\t", "- ", "* ", "+ ", "1. ", "2. ", "10) ", "1", ".",
    "> ", "# ", "## ", "===", "---", "***", "_", "__", "*", "**", "~~", "`", "``", "```", "```py\n", "~~~", "|",
    " | ", "--|--", ":-:|-:", "[", "]", "](", ")", "(", "[a]", "[a]: ", ": ", ":", "/u", "http://x.y", "<http://x.y>",
    "<", ">", "!", "![", "&", "amp", ";", "&lt;", "\\", '"', "'", "\xe9", "\u05d0", "\u3000", "\xa0", "\u2028", "\r",
    "[a]: http://x.y\n\n", "\r\n", "\0", "=", "-", "<b>", "<!--", "~", "#", "x\ny", "0",
]  # fmt: skip
ALLOWED = {
    "a": {"href", "rel", "target"},
    "button": {"type", "data-action"},
    "div": {"class", "role", "tabindex", "dir", "aria-label"},
    "ol": {"dir", "start"},
    "pre": {"dir", "tabindex", "role", "aria-label"},
}
texts = st.lists(st.sampled_from(SCRIPT), max_size=30).map("".join)
cuts = st.lists(st.integers(min_value=1, max_value=6), min_size=1, max_size=8)


def pieces(text: str, sizes: list[int]) -> Iterator[str]:
    at = 0
    while at < len(text):
        size = sizes[at % len(sizes)]
        yield text[at : at + size]
        at += size


def streamed(text: str, sizes: list[int], rests: list[bool]) -> fake_dom.Element:
    """With a pause between the pieces, or none, in which nothing can be parsed."""
    root = fake_dom.Element("div")
    view = MarkdownView(root)
    for number, piece in enumerate(pieces(text, sizes)):
        if not rests[number % len(rests)]:
            view._rests_until = 0.0
        view.append(piece)
    view.finish(text)
    return root


def at_once(text: str) -> fake_dom.Element:
    """As one text, of which nothing was told before."""
    root = fake_dom.Element("div")
    view = MarkdownView(root)
    view._stream._has_definitions = True
    view.finish(text)
    return root


@given(texts, cuts, st.lists(st.booleans(), min_size=1, max_size=5))
@settings(max_examples=600, deadline=None)
def test_however_it_is_cut_the_page_is_the_same(text: str, sizes: list[int], rests: list[bool]) -> None:
    assert streamed(text, sizes, rests).html == at_once(text).html


class _Events(HTMLParser):
    """HTML as a list of tags and words, without the white space between blocks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.events: list[str] = []
        self._text = ""
        self.feed(html)
        self.close()
        self._end_text()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_text()
        shown = {name: value for name, value in attrs if name in ("href", "start") and value}
        self.events.append(f"<{tag} {shown}>")
        if tag in ("hr", "br"):
            self.events.append(f"</{tag}>")

    def handle_endtag(self, tag: str) -> None:
        self._end_text()
        if tag not in ("hr", "br"):
            self.events.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._text += data

    def _end_text(self) -> None:
        if words := self._text.split():
            self.events.append(" ".join(words))
        self._text = ""


def plain(element: fake_dom.Element) -> str:
    """Without what stands around code and tables."""
    if element.attributes.get("class") == "code":
        return plain(next(element.all("pre")))
    inner = "".join(plain(child) if isinstance(child, fake_dom.Element) else child.html for child in element.children)
    return inner if element.name == "div" else element.html_around(inner)


class Reference(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802
        return is_safe(url)


REFERENCE = Reference("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


@given(texts.map(lambda text: text.replace("!", "")))
@example("[]()")
@settings(max_examples=300, deadline=None)
def test_the_page_is_what_markdown_it_renders(text: str) -> None:
    assert _Events(plain(at_once(text))).events == _Events(REFERENCE.render(text)).events


@given(texts)
@settings(max_examples=300, deadline=None)
def test_a_text_asks_for_no_other_elements_and_attributes(text: str) -> None:
    for element in at_once(text).all():
        assert element.attributes.keys() <= ALLOWED.get(element.name, {"dir", "class"})
        assert element.name in TAGS | {"div", "span", "button"}
        assert is_safe(element.attributes.get("href", "https://nowhere"))


def test_all_code_is_forgotten_when_it_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    coloured: set[object] = set()
    monkeypatch.setattr(highlight, "colour", coloured.add)
    monkeypatch.setattr(highlight, "forget", coloured.discard)
    root = fake_dom.Element("div")
    view = MarkdownView(root)
    text = "```py\na\n```\n\nWords.\n\n- ```py\n  b\n  ```\n\nWords.\n"
    for letter in text:
        view._rests_until = 0.0
        view.append(letter)
    view.finish(text)
    assert len(coloured) == 2
    view.clear()
    assert coloured == set()
    assert root.children == []
