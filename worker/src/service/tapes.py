"""Where an answer may be running: on the tape of its user, or of the guest that they were until just now."""

import logging
from collections.abc import AsyncGenerator

from service.auth.accounts import recent_guests
from service.auth.sessions import User
from service.bindings import Env, Tape
from service.web import Unavailable

log = logging.getLogger("edgechat")


async def tapes_of(env: Env, user: User, chat_id: str) -> AsyncGenerator[Tape]:
    if tape := env.tape(user.id, chat_id):
        yield tape
    if user.is_guest:
        return
    try:
        guests = await recent_guests(env.db, user)
    except Unavailable as error:
        log.warning("Nobody knows which guests a user was: %r", error.__cause__)
        return
    for guest in guests:
        if tape := env.tape(guest.id, chat_id):
            yield tape
