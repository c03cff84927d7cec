"""A conversation as a file: Markdown to read, JSON to process."""

import json
import re
from collections.abc import Iterable, Sequence

import msgspec

from edgechat.ui.messages import (
    FilePart,
    ReasoningPart,
    SourceDocumentPart,
    SourceURLPart,
    TextPart,
    ToolPart,
    UIMessage,
    UIPart,
)
from page.strings import t

_ROLES = {"user": "you", "assistant": "answer", "system": "instructions"}


def to_markdown(title: str, messages: Iterable[UIMessage]) -> str:
    blocks = [f"# {_line(title)}"]
    for message in messages:
        parts = list(filter(None, map(_block, message.parts)))
        if parts:
            blocks += [f"## {t(_ROLES[message.role])}", *parts]
    return "\n\n".join(blocks) + "\n"


def to_json(chat_id: str, title: str, messages: Sequence[UIMessage]) -> str:
    """`{id, title, messages}`, the messages as in the AI SDK."""
    data = msgspec.json.encode({"id": chat_id, "title": title, "messages": messages})
    return msgspec.json.format(data, indent=2).decode() + "\n"


def file_name(title: str, ending: str) -> str:
    """One that all file systems take."""
    words = re.sub(r"[^\w]+", "-", title)[:60].strip("-")
    return f"{words or 'chat'}.{ending}"


def _block(part: UIPart) -> str:
    match part:
        case TextPart(text=text):
            return text.strip()
        case ReasoningPart(text=text):
            return "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())
        case ToolPart():
            told = {"tool": part.name, "input": part.input, "output": part.output, "error": part.error_text}
            known = {key: value for key, value in told.items() if value not in (None, msgspec.UNSET)}
            return _fenced(json.dumps(known, indent=2, ensure_ascii=False, default=str), "json")
        case SourceURLPart(url=url, title=title):
            return f"- [{_line(title or url)}](<{_line(url)}>)"
        case SourceDocumentPart(title=title):
            return f"- {_line(title)}"
        case FilePart(media_type=media_type, filename=filename):
            return f"- {_line(filename or media_type)}"
        case _:
            return ""


def _fenced(text: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _line(text: str) -> str:
    return " ".join(text.split())
