"""Accounts: who has signed in, and what becomes of their chats as a guest."""

import hashlib
import time

import msgspec

from service.auth.sessions import User
from service.bindings import D1Database

OWNER = "coalesce((SELECT merged_into FROM users WHERE id = ?1), ?1)"
"""SQL: the user whose is what user ?1 writes. What a guest is still being answered belongs to the account by then."""

KEPT_APART = "CASE WHEN turn_id LIKE '% %' THEN turn_id || ' ' || lower(hex(randomblob(8))) ELSE turn_id END"
"""SQL, of usage that passes to another user: `limits.book` has one row for a day, and both users may have one."""

_SIGN_IN = "INSERT INTO users (id, created_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING"

_MERGE = """
INSERT INTO users (id, merged_into, created_at) VALUES (?1, ?2, ?3)
ON CONFLICT (id) DO UPDATE SET merged_into = excluded.merged_into WHERE merged_into IS NULL
"""

# The messages follow by their foreign key. Where both have a chat of one id, the guest's gets a new one. A guest who is
# somebody else's by now takes nothing along.
_MOVE_CHATS = """
UPDATE conversations AS theirs SET
  user_id = ?2,
  id = CASE
    WHEN EXISTS (SELECT 1 FROM conversations WHERE user_id = ?2 AND id = theirs.id) THEN lower(hex(randomblob(16)))
    ELSE id
  END
WHERE user_id = ?1 AND ?2 = (SELECT merged_into FROM users WHERE id = ?1)
"""

_MOVE_FILES = """
UPDATE attachments SET user_id = ?2 WHERE user_id = ?1 AND ?2 = (SELECT merged_into FROM users WHERE id = ?1)
"""

_MOVE_USAGE = f"""
UPDATE OR REPLACE usage SET user_id = ?2, turn_id = {KEPT_APART}
WHERE user_id = ?1 AND ?2 = (SELECT merged_into FROM users WHERE id = ?1)
"""

_EPOCH = "SELECT session_epoch FROM users WHERE id = ?1"

_RECENT_GUESTS = "SELECT id FROM users WHERE merged_into = ?1 AND created_at > ?2"

RECENT = 15 * 60_000
"""Milliseconds after a sign-in in which an answer to the guest may still be running."""


def account_of(issuer: str, subject: str) -> User:
    """The same person is the same user, wherever and whenever they sign in."""
    digest = hashlib.sha256(msgspec.json.encode([issuer, subject])).hexdigest()
    return User(f"user_{digest[:32]}")


async def sign_in(db: D1Database, account: User, guest: User | None) -> int:
    """Gives the account a row, and what the guest has. Answers the epoch of its sessions."""
    now = int(time.time() * 1000)
    statements = [db.prepare(_SIGN_IN).bind(account.id, now)]
    if guest:
        statements.append(db.prepare(_MERGE).bind(guest.id, account.id, now))
        statements += [db.prepare(move).bind(guest.id, account.id) for move in (_MOVE_CHATS, _MOVE_FILES, _MOVE_USAGE)]
    results = await db.batch([*statements, db.prepare(_EPOCH).bind(account.id)])
    epoch: int = results[-1]["results"][0]["session_epoch"]
    return epoch


async def recent_guests(db: D1Database, account: User) -> list[User]:
    """Who has become this account lately."""
    found = await db.prepare(_RECENT_GUESTS).bind(account.id, int(time.time() * 1000) - RECENT).all()
    return [User(row["id"]) for row in found["results"]]
