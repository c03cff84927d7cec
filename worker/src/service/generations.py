"""The answers that this isolate is generating, so that their owner can stop them.

Requests of one isolate share its memory, but none may wait for another's promises. So a stop is a mark, which the
answering request looks at after each read. In another isolate the mark is not seen: the answer then goes on to its end.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.auth import User

PATIENCE = 1.5
"""Seconds that a stop waits for the answer to be saved."""

_POLL = 0.02


@dataclass(eq=False)
class Generation:
    user: User
    chat_id: str
    is_to_stop: bool = False


_running: set[Generation] = set()


@contextmanager
def running(user: User, chat_id: str) -> Iterator[Generation]:
    """Around the work of an answer, until it is saved."""
    generation = Generation(user, chat_id)
    _running.add(generation)
    try:
        yield generation
    finally:
        _running.discard(generation)


async def stop(user: User, chat_id: str) -> bool:
    """Stops what the user has running in a chat. True once it has ended; false if nothing runs here, or it hangs."""
    marked = {running for running in _running if (running.user, running.chat_id) == (user, chat_id)}
    for generation in marked:
        generation.is_to_stop = True
    for _ in range(int(PATIENCE / _POLL)):
        if not marked & _running:
            break
        await asyncio.sleep(_POLL)
    return bool(marked) and not marked & _running
