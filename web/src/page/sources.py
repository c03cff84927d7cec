"""What an answer rests on: a numbered list below it, each source once."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from edgechat.ui.messages import SourceDocumentPart, SourceURLPart, TextPart, UIPart
from page.dom import element
from page.links import link_attributes
from page.strings import t

type Source = tuple[str, str]
"""A title, and an address or ""."""


def sources_of(parts: Iterable[UIPart]) -> list[Source]:
    """Those that the answer names as parts, then those that its text cites."""
    found: dict[Source, Source] = {}
    for title, url in _all(parts):
        found.setdefault((url, "") if url else (title, ""), (title, url))
    return list(found.values())


def _all(parts: Iterable[UIPart]) -> Iterator[Source]:
    cited: list[Any] = []
    for part in parts:
        match part:
            case SourceURLPart():
                yield part.title or _host(part.url), part.url
            case SourceDocumentPart():
                yield part.title or part.filename or t("file"), ""
            case TextPart(citations=list(citations)):
                cited += [citation.get("source") for citation in citations]
    for source in cited:
        if isinstance(source, dict):
            url = source.get("url")
            url = url if isinstance(url, str) else ""
            title = source.get("title") or source.get("filename") or _host(url)
            if isinstance(title, str) and title:
                yield title, url


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url


def sources_list(sources: Iterable[Source]) -> Any:
    rows = []
    for title, url in sources:
        link = link_attributes(url)
        rows.append(element("li", element("a" if link else "span", title, dir="auto", **link)))
    return element("details", element("summary", t("sources")), element("ol", *rows), class_name="sources", open=True)
