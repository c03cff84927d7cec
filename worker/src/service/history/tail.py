"""The end of a conversation in KV, so that the next message needs no look at the database before its model is called.

KV is eventually consistent and takes one write a second for a key. So what it has counts only if it ends with the
message that the page has seen last. Else, and whenever KV fails, D1 is read.
"""

import asyncio
import logging

import msgspec

from edgechat.ui.messages import UIMessage, decode_messages
from service.auth import User
from service.bindings import KVNamespace
from service.history.retry import DELETE_DELAYS, retrying
from service.history.window import Past

log = logging.getLogger("edgechat")

PATIENCE = 0.3
"""Seconds for a read. D1 is as fast."""

LIFETIME = 24 * 3600
"""Seconds."""

MAX_SIZE = 256_000
"""Bytes: more is faster read from D1."""


class _Tail(msgspec.Struct):
    messages: msgspec.Raw
    summary: str | None


class _NewTail(msgspec.Struct):
    messages: list[UIMessage]
    summary: str | None


class Tail:
    """Of the conversations of one user."""

    def __init__(self, kv: KVNamespace, user: User) -> None:
        self._kv = kv
        self._prefix = f"tail:{user.id}/"

    async def read(self, chat_id: str, leaf_id: str) -> Past | None:
        """What may be told of the conversation up to `leaf_id`; None if KV does not know, or does not answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._kv.get(self._prefix + chat_id)
            if found is None:
                return None
            tail = msgspec.json.decode(found, type=_Tail)
            messages = decode_messages(tail.messages)
        except Exception as error:
            log.warning("KV has no tail of chat %s: %r", chat_id, error)
            return None
        return Past(messages, tail.summary) if messages and messages[-1].id == leaf_id else None

    async def write(self, chat_id: str, past: Past) -> None:
        """Never fails: without it, D1 is read."""
        value = msgspec.json.encode(_NewTail(list(past.messages), past.summary))
        if len(value) > MAX_SIZE:
            return
        try:
            await self._kv.put(self._prefix + chat_id, value.decode(), expirationTtl=LIFETIME)
        except Exception as error:
            log.warning("KV did not take the tail of chat %s: %r", chat_id, error)

    async def forget(self, chat_id: str | None = None) -> None:
        """Of a conversation, or of all."""
        if chat_id is not None:
            await self._delete(self._prefix + chat_id)
            return
        page = await self._kv.list(prefix=self._prefix)
        while True:
            for key in page["keys"]:
                await self._delete(key["name"])
            if page["list_complete"]:
                return
            page = await self._kv.list(prefix=self._prefix, cursor=page["cursor"])

    async def _delete(self, key: str) -> None:
        await retrying(lambda: self._kv.delete(key), DELETE_DELAYS)
