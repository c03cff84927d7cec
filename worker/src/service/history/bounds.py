"""Texts of a message as its row has them."""

import msgspec

from edgechat.ui.messages import FilePart, TextPart, UIMessage

MAX_PARTS = 900_000
"""Bytes of JSON: a row of D1 has at most 2 MB, and several messages are read as one."""

MAX_TITLE = 60
"""Characters."""


def parts_of(message: UIMessage) -> str:
    """JSON. Where that is too much for D1, its largest parts beside the text are left out, and the rest is kept."""
    encoded = msgspec.json.encode(message.parts)
    if len(encoded) <= MAX_PARTS:
        return encoded.decode()
    sizes = [len(msgspec.json.encode(part)) for part in message.parts]
    excess = len(encoded) - MAX_PARTS
    left_out = set()
    for index in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
        if excess > 0 and not isinstance(message.parts[index], TextPart):
            left_out.add(index)
            excess -= sizes[index]
    return msgspec.json.encode([part for index, part in enumerate(message.parts) if index not in left_out]).decode()


def title_of(message: UIMessage) -> str:
    """The first words, or the name of a file; empty where there is neither."""
    files = (part.filename for part in message.parts if isinstance(part, FilePart))
    text = " ".join((message.text or next(filter(None, files), ""))[: 4 * MAX_TITLE].split())
    if len(text) <= MAX_TITLE:
        return text
    start, _, cut = text[: MAX_TITLE - 1].rpartition(" ")
    return f"{start or cut}…"
