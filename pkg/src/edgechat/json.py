"""JSON from strangers. A few thousand nested brackets would end all of Python in Pyodide, whose stack is small."""

import json
import re
from itertools import accumulate
from typing import Any

import msgspec

MAX_DEPTH = 200
"""Levels of nesting. Pyodide 314 dies at some 4000, with less of the stack left earlier."""

# Possessive, and an open string reaches to the end: linear in the length, whatever comes.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_NO_BRACKET = bytes(byte for byte in range(256) if byte not in b"[]{}")
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


class JSONDecoder[T]:
    """`msgspec.json.Decoder` that refuses what is nested too deeply, as a `msgspec.DecodeError`."""

    def __init__(self, type: Any) -> None:
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(type)

    def decode(self, data: bytes | str | msgspec.Raw) -> T:
        if len(data) > MAX_DEPTH and is_too_deep(data):
            raise msgspec.DecodeError(f"JSON is nested more than {MAX_DEPTH} levels deep")
        try:
            return self._decoder.decode(data)
        except UnicodeError as error:
            raise msgspec.DecodeError(f"JSON is no Unicode: {error}") from None


def is_too_deep(data: bytes | str | msgspec.Raw) -> bool:
    # Most documents have too few brackets to be too deep: two searches at the speed of C.
    if isinstance(data, str):
        if data.count("[") + data.count("{") <= MAX_DEPTH:
            return False
        data = data.encode(errors="surrogatepass")
    data = bytes(data)
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return False
    brackets = _STRING.sub(b"", data).translate(None, _NO_BRACKET)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH


def mended_surrogates(data: bytes | str) -> str | None:
    """The same JSON with U+FFFD for each half of a surrogate pair, or None if it has none or is wrong otherwise.

    JavaScript sends them where it cuts an emoji in two; they are no Unicode, and msgspec refuses them.
    """
    if is_too_deep(data):
        return None
    try:
        text = json.dumps(json.loads(data), ensure_ascii=False)
    except ValueError:
        return None
    mended = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return None if mended == text else mended
