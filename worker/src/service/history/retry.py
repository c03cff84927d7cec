"""Asking a failing store again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from service.history.errors import TurnRefused

log = logging.getLogger("edgechat")

READ_DELAYS = (0.05,)
"""Seconds: somebody is waiting."""

SAVE_DELAYS = (0.2, 1, 4)
"""Seconds: nobody is waiting, and the answer must not be lost."""

DELETE_DELAYS = (1.1,)
"""Seconds: KV takes one write a second for a key."""


async def retrying[T](operation: Callable[[], Awaitable[T]], delays: Sequence[float]) -> T:
    """Tries once more after each delay. A refusal of the turn is final, and who did not answer in time is let alone."""
    for delay in delays:
        try:
            return await operation()
        except Exception as error:
            if isinstance(error, TurnRefused) or isinstance(error.__cause__, TimeoutError):
                raise
            log.warning("Trying again in %s s: %s", delay, error.__cause__ or error)
            await asyncio.sleep(delay)
    return await operation()
