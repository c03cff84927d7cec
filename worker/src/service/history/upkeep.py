"""What the cron trigger does."""

import logging

from service.attachments import delete_missing
from service.bindings import Env
from service.history.archive import Archive
from service.history.memory import Memory
from service.history.outbox import Outbox, user_of
from service.limits import forget_old_days

log = logging.getLogger("edgechat")

IDLE_DAYS = 90
"""Unless the variable ARCHIVE_AFTER_DAYS says otherwise."""

_DAY = 24 * 3600 * 1000


async def upkeep(env: Env, now: int) -> None:
    """Saves the turns that wait, archives what is idle, and forgets what no longer counts. `now` is in milliseconds since 1970."""
    for key in await Outbox(env.r2).keys():
        try:
            await Memory(env.db, env.kv, env.r2, user_of(key)).deliver(key)
        except Exception as error:
            log.error("%s waits on: %s", key, error)
    days = float(env.var("ARCHIVE_AFTER_DAYS") or IDLE_DAYS)
    if archived := await Archive(env.db, env.r2).archive_idle(int(now - days * _DAY)):
        log.info("%s idle conversations were archived", archived)
    await forget_old_days(env.db)
    await delete_missing(env)
