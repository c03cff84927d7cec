"""Who is asking: sessions as signed tokens, sign-in, sign-out, and who is kept out."""

from service.auth.accounts import KEPT_APART, OWNER
from service.auth.gate import COOKIE, refuse_revoked, require_active_user, require_session
from service.auth.handlers import delete_session, get_session, post_session
from service.auth.sessions import Session, User, new_session, sign

__all__ = [
    "COOKIE",
    "KEPT_APART",
    "OWNER",
    "Session",
    "User",
    "delete_session",
    "get_session",
    "new_session",
    "post_session",
    "refuse_revoked",
    "require_active_user",
    "require_session",
    "sign",
]
