"""What may be attached, and how its first bytes look. What a browser might run, such as SVG and HTML, may not."""

import codecs
import re

START = 512
"""So many first bytes tell the kind."""

_IMAGES = {
    "image/png": rb"\x89PNG\r\n\x1a\n",
    "image/jpeg": rb"\xff\xd8\xff",
    "image/gif": rb"GIF8[79]a",
    "image/webp": rb"RIFF....WEBPVP8[ LX]",
}
_SIGNATURES = {name: re.compile(pattern, re.DOTALL) for name, pattern in _IMAGES.items()}
_TEXTS = frozenset({"text/plain", "text/markdown"})

# The bytes that no text has (WHATWG MIME Sniffing, "binary data byte").
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
# How documents begin, not Markdown, where <p> or <div> may come first.
_DOCUMENT = re.compile(
    rb"(\xef\xbb\xbf)?\s*<(!doctype|\?xml|html|head|body|script|style|iframe|svg)[\s/>]", re.IGNORECASE
)


def is_image(type: str) -> bool:
    return type in _IMAGES


def is_allowed(type: str) -> bool:
    return type in _IMAGES or type in _TEXTS


def fits(type: str, start: bytes) -> bool:
    """Whether a file that begins like this is of the type."""
    if type in _IMAGES:
        return _SIGNATURES[type].match(start) is not None
    return _is_text(start) and not _DOCUMENT.match(start)


def _is_text(start: bytes) -> bool:
    try:
        # Where the file goes on, its last character may be cut.
        codecs.getincrementaldecoder("utf-8")().decode(start, final=len(start) < START)
    except UnicodeDecodeError:
        return False
    return not _BINARY.search(start)
