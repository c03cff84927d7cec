"""All of a user's conversations as one JSON text.

`{user, exportedAt, conversations: [{conversation, messages}], usage}`: all versions of the messages, as in the archive.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from service.auth import User
from service.bindings import D1Session, R2Bucket
from service.history.archive import Archive
from service.history.catalogue import Catalogue, Conversation
from service.history.rows import read_rows
from service.history.usage import read_usage


async def export(db: D1Session, r2: R2Bucket, user: User, now: int) -> AsyncGenerator[bytes]:
    """In pieces, so that no more than one of them is in memory."""
    yield b'{"user":%b,"exportedAt":%d,"conversations":[' % (msgspec.json.encode(user.id), now)
    comma = b""
    async with aclosing(Catalogue(db, user).all()) as conversations:
        async for conversation in conversations:
            yield comma + b'{"conversation":%b,"messages":[' % msgspec.json.encode(conversation)
            separator = ""
            async with aclosing(_messages(db, r2, user, conversation)) as pages:
                async for lines in pages:
                    yield (separator + ",\n".join(lines)).encode()
                    separator = ",\n"
            yield b"]}"
            comma = b",\n"
    yield b'],"usage":%b}' % await read_usage(db, user)


async def _messages(db: D1Session, r2: R2Bucket, user: User, conversation: Conversation) -> AsyncGenerator[list[str]]:
    if conversation.is_archived:
        yield await Archive(db, r2).lines(user, conversation.id)
    else:
        async with aclosing(read_rows(db, user.id, conversation.id)) as pages:
            async for page in pages:
                yield page
