"""Files in prompts, for the builders of providers: their kind, and their data as text.

Signatures as in npm `@ai-sdk/provider-utils` 5.0.81, `detectMediaType`.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from urllib.parse import unquote_to_bytes

from edgechat.errors import InvalidArgumentError, UnsupportedFunctionalityError
from edgechat.model.prompt import FileData, FileReference, FileSource, FileURL

_SIGNATURES = {
    "image": {
        "image/gif": rb"GIF8[79]a",
        "image/png": rb"\x89PNG",
        "image/jpeg": rb"\xff\xd8",
        "image/webp": rb"RIFF....WEBP",
        "image/bmp": rb"BM....\0{4}",
        "image/tiff": rb"II\*\0|MM\0\*",
        "image/avif": rb"\0{3}.ftypavif",
        "image/heic": rb"\0{3}.ftypheic",
    },
    "audio": {
        "audio/aac": rb"\xff[\xf0\xf1\xf8]|@\x15\0\0",
        "audio/mpeg": rb"\xff[\xfb\xfa\xf3\xf2\xe3\xe2]|ID3",
        "audio/wav": rb"RIFF....WAVE",
        "audio/ogg": rb"OggS",
        "audio/flac": rb"fLaC",
        "audio/webm": rb"\x1aE\xdf\xa3",
        "audio/mp4": rb"\0{3}.ftyp",
    },
    "video": {
        "video/mp4": rb"\0{3}.ftyp",
        "video/webm": rb"\x1aE\xdf\xa3",
        "video/x-msvideo": rb"RIFF",
    },
    "application": {"application/pdf": rb"%PDF"},
}
_PATTERNS = {
    kind: {media_type: re.compile(pattern, re.DOTALL) for media_type, pattern in signatures.items()}
    for kind, signatures in _SIGNATURES.items()
}


def kind_of(media_type: str) -> str:
    """ "image" of "image/png", "image/*" and "image"."""
    return media_type.partition("/")[0]


def full_media_type(media_type: str, source: FileSource) -> str:
    """With its second half, which is found out from the data if need be."""
    kind, _, subtype = media_type.partition("/")
    if subtype and subtype != "*":
        return media_type
    if isinstance(source, FileData):
        for found, pattern in _PATTERNS.get(kind, {}).items():
            if pattern.match(source.data):
                return found
    raise UnsupportedFunctionalityError(f"The file must have a full media type, such as image/png, not {media_type!r}.")


def inline(source: FileSource) -> FileSource:
    """The data itself where the source is a `data:` URL, else the source."""
    if not (isinstance(source, FileURL) and source.url.startswith("data:")):
        return source
    head, _, body = source.url.partition(",")
    data = unquote_to_bytes(body)
    if not head.endswith(";base64"):
        return FileData(data)
    try:
        return FileData(b64decode(data))
    except Base64Error as error:
        raise InvalidArgumentError(f"A data: URL has invalid Base64: {error}") from None


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64(data)}"


def reference_for(provider: str, source: FileReference) -> str:
    """The id of an uploaded file."""
    try:
        return source.reference[provider]
    except KeyError:
        raise InvalidArgumentError(f"The file was not uploaded to {provider}.") from None
