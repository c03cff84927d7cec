"""What stands for one part of a message, each with the same few methods."""

import re
import time
from typing import Any, Protocol

from edgechat.ui.messages import (
    FilePart,
    ReasoningFilePart,
    ReasoningPart,
    Role,
    SteeringMessagePart,
    TextPart,
    ToolPart,
    UIPart,
)
from page.dom import element, icon
from page.links import link_attributes
from page.strings import number, t
from page.tool_card import ToolCard

_OWN_FILE = re.compile(r"/api/attachments/[A-Za-z0-9]{1,64}")
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=]*")


class PartView(Protocol):
    element: Any

    @property
    def is_behind(self) -> bool:
        """Some of it is still to be shown, by `refresh`."""
        ...

    def append(self, text: str) -> None: ...

    def update(self, part: Any) -> None:
        """Shows the part as it is now."""
        ...

    def refresh(self) -> None: ...

    def clear(self) -> None: ...


def part_view(part: UIPart, role: Role) -> PartView | None:
    """None for what is not shown, or elsewhere: data, sources, the beginning of a step."""
    match part:
        case TextPart() if role == "user":
            return _Still(_said(part.text))
        case TextPart():
            return _Answer(part)
        case ReasoningPart():
            return _Reasoning(part)
        case FilePart() | ReasoningFilePart():
            return _Still(_file(part))
        case SteeringMessagePart():
            return _Still(_said("\n".join(inner.text for inner in part.parts if isinstance(inner, TextPart))))
        case ToolPart():
            return ToolCard(part)
    return None


def _said(text: str) -> Any:
    return element("p", text, class_name="said", dir="auto")


def _file(part: FilePart | ReasoningFilePart) -> Any:
    name = part.filename if isinstance(part, FilePart) and part.filename else t("file")
    is_own = _OWN_FILE.fullmatch(part.url)
    link = {"href": part.url, "target": "_blank", "rel": "noopener"} if is_own else link_attributes(part.url)
    if (is_own and part.media_type.startswith("image")) or _PICTURE.fullmatch(part.url):
        picture = element("img", src=part.url, alt=name, loading="lazy", decoding="async", class_name="picture")
        return element("a", picture, **link) if link else picture
    label = element("span", name, dir="auto")
    return element("a" if link else "span", icon("file"), label, class_name="chip", **link)


class _Still:
    """What does not change."""

    is_behind = False

    def __init__(self, made: Any) -> None:
        self.element = made

    def append(self, text: str) -> None:
        pass

    def update(self, part: Any) -> None:
        pass

    def refresh(self) -> None:
        pass

    def clear(self) -> None:
        pass


class _Streamed:
    """Text that grows, as Markdown in `root`."""

    def __init__(self, root: Any) -> None:
        from page.markdown_view import MarkdownView  # slow to import: see `ConversationView`

        self._view = MarkdownView(root)
        self._length = 0
        self._is_finished = False

    @property
    def is_behind(self) -> bool:
        return self._view.is_behind

    def append(self, text: str) -> None:
        self._length += len(text)
        self._view.append(text)

    def update(self, part: TextPart | ReasoningPart) -> None:
        self.append(part.text[self._length :])
        if part.state != "streaming" and not self._is_finished:
            self._is_finished = True
            self._view.finish(part.text)

    def refresh(self) -> None:
        self._view.refresh()

    def clear(self) -> None:
        self._view.clear()


class _Answer(_Streamed):
    def __init__(self, part: TextPart) -> None:
        self.element = element("div", class_name="markdown")
        super().__init__(self.element)
        self.update(part)


class _Reasoning(_Streamed):
    """Open while it grows, folded when it has ended, unless the reader has touched it."""

    def __init__(self, part: ReasoningPart) -> None:
        self._began = time.perf_counter() if part.state == "streaming" else None
        self._title = element("summary", t("thinking" if self._began else "thoughts"))
        inner = element("div", class_name="markdown")
        self.element = element("details", self._title, inner, class_name="reasoning", open=self._began is not None)
        super().__init__(inner)
        self.update(part)

    def update(self, part: TextPart | ReasoningPart) -> None:
        super().update(part)
        if part.state != "streaming" and self._began is not None:
            self._title.textContent = t("thought_for", seconds=number(max(1, time.perf_counter() - self._began)))
            self.element.open = False
            self._began = None
