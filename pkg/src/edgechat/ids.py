"""Ids for messages, chats and parts. Called in request scope only: Cloudflare has no randomness at import."""

import secrets
import string

_ALPHABET = string.digits + string.ascii_letters


def generate_id(size: int = 16) -> str:
    """Letters and digits, 95 bits in 16 of them: the alphabet and size of the AI SDK's `generateId`."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(size))
