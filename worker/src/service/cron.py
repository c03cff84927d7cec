"""What the cron trigger does, every few minutes. A task that fails does not keep the others from being done."""

import logging
from collections.abc import Awaitable, Callable

from service import limits
from service.attachments import delete_missing
from service.bindings import Env
from service.history import archive_idle, deliver_waiting
from service.stores import within_reach

log = logging.getLogger("edgechat")


async def run(env: Env, now: int) -> None:
    """`now` is the time for which the trigger was set, in milliseconds since 1970."""
    env = within_reach(env)
    tasks: list[Callable[[], Awaitable[object]]] = [
        lambda: deliver_waiting(env),
        lambda: archive_idle(env, now),
        lambda: delete_missing(env),
        lambda: limits.forget_old_days(env.db),
    ]
    for task in tasks:
        try:
            await task()
        except Exception:
            log.exception("A task of the cron trigger failed")
