"""Ids of tool calls, which go from the model of one provider to that of another."""

import hashlib
import re

_PORTABLE = re.compile(r"[a-zA-Z0-9_-]{1,40}")


def portable_call_id(id: str) -> str:
    """An id that all providers take: Anthropic takes these letters only, OpenAI no more than 40 of them. One that fits
    stays as it is, and the same id always becomes the same."""
    return id if _PORTABLE.fullmatch(id) else f"call_{hashlib.sha256(id.encode()).hexdigest()[:32]}"
