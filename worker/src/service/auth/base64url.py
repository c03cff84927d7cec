"""Base64url without padding, as JOSE has it (RFC 7515, appendix C): one text for each value, and nothing else."""

import base64
import binascii
import re

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*")


def decode(text: str) -> bytes:
    """Raises `ValueError`, also where bits are left over that say nothing."""
    if not _ALPHABET.fullmatch(text):
        raise ValueError("no base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError("no base64url") from None
    if encode(data) != text:
        raise ValueError("no canonical base64url")
    return data


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
