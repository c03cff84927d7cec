from typing import Any

import pytest
from signing_in import Service

from edgechat.model.parts import Usage
from edgechat.testing import FakeD1
from service import limits
from service.auth import OWNER, Session, accounts, revocation
from service.auth.sessions import User

ADA, BOB, GUEST = User("user_a"), User("user_b"), User("guest_1")


async def add_chat(db: FakeD1, user: User, chat_id: str, *texts: str) -> None:
    statements: list[Any] = [
        db.prepare(
            "INSERT INTO conversations (user_id, id, head_id, created_at, updated_at) VALUES (?1, ?2, ?3, 1, 2)"
        ).bind(user.id, chat_id, texts[-1])
    ]
    for seq, text in enumerate(texts):
        query = """
            INSERT INTO messages (user_id, conversation_id, seq, id, parent_id, role, parts, text, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, 'user', '[]', ?4, 1)
        """
        statements.append(db.prepare(query).bind(user.id, chat_id, seq, text, texts[seq - 1] if seq else None))
    await db.batch(statements)


async def chats(service: Service, user: User) -> dict[str, list[str]]:
    """The ids of the messages of each chat."""
    rows = await service.rows(
        "SELECT conversation_id AS chat, id FROM messages WHERE user_id = ?1 ORDER BY chat, seq", user.id
    )
    heads = await service.rows("SELECT id FROM conversations WHERE user_id = ?1", user.id)
    assert {row["chat"] for row in rows} == {row["id"] for row in heads}
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["chat"], []).append(row["id"])
    return found


def test_the_same_person_is_the_same_user_and_nobody_else_is() -> None:
    ada = accounts.account_of("https://id.example.org", "ada")
    assert ada == accounts.account_of("https://id.example.org", "ada")
    others = [("https://id.example.org", "Ada"), ("https://id.example.org/", "ada"), ("https://id.example.orga", "da")]
    others += [('https://id.example.org","', "ada"), ("", "https://id.example.orgada"), ("x", "\n"), ("x\n", "")]
    assert len({ada, *(accounts.account_of(*other) for other in others)}) == 8


def test_an_account_is_no_guest_and_its_id_fits_into_every_name() -> None:
    account = accounts.account_of("https://id.example.org", "../guest_1'; DROP TABLE users --")
    assert not account.is_guest
    assert account.id.removeprefix("user_").isalnum()
    assert len(account.id) == 37


async def test_the_chats_of_a_guest_become_those_of_the_account() -> None:
    service = Service()
    await add_chat(service.database, GUEST, "c1", "m1", "m2", "m3")
    await add_chat(service.database, GUEST, "c2", "m4")
    await add_chat(service.database, ADA, "c3", "m5")
    await add_chat(service.database, BOB, "c1", "m6")
    await accounts.sign_in(service.db, ADA, GUEST)
    assert await chats(service, ADA) == {"c1": ["m1", "m2", "m3"], "c2": ["m4"], "c3": ["m5"]}
    assert await chats(service, GUEST) == {}
    assert await chats(service, BOB) == {"c1": ["m6"]}


async def test_the_usage_of_a_guest_becomes_that_of_the_account() -> None:
    service = Service()
    for user, turn in ((GUEST, "t1"), (ADA, "t2"), (BOB, "t1")):
        await (
            service.database.prepare("INSERT INTO usage VALUES (?1, ?2, 'm', '2026-11-23', 3, 4, 0)")
            .bind(user.id, turn)
            .run()
        )
    await accounts.sign_in(service.db, ADA, GUEST)
    rows = await service.rows("SELECT user_id, turn_id FROM usage ORDER BY user_id, turn_id")
    assert [(row["user_id"], row["turn_id"]) for row in rows] == [(ADA.id, "t1"), (ADA.id, "t2"), (BOB.id, "t1")]


async def test_what_both_have_used_on_one_day_adds_up() -> None:
    service = Service()
    for user in (GUEST, ADA):
        await limits.book(service.db, user, "speech", "m", Usage(input_tokens=3, output_tokens=0))
    await accounts.sign_in(service.db, ADA, GUEST)
    rows = await service.rows("SELECT sum(input_tokens) AS tokens FROM usage WHERE user_id = ?1", ADA.id)
    assert [row["tokens"] for row in rows] == [6]


async def test_where_both_have_a_chat_of_one_id_both_are_kept() -> None:
    service = Service()
    await add_chat(service.database, GUEST, "c1", "m1", "m2")
    await add_chat(service.database, ADA, "c1", "m1", "m3")
    await accounts.sign_in(service.db, ADA, GUEST)
    kept = await chats(service, ADA)
    assert kept.pop("c1") == ["m1", "m3"]
    ((moved, messages),) = kept.items()
    assert messages == ["m1", "m2"]
    assert len(moved) == 32


async def test_signing_in_again_changes_nothing() -> None:
    service = Service()
    await add_chat(service.database, GUEST, "c1", "m1")
    for _ in range(2):
        assert await accounts.sign_in(service.db, ADA, GUEST) == 0
    assert await accounts.sign_in(service.db, ADA, None) == 0
    assert await chats(service, ADA) == {"c1": ["m1"]}
    assert len(await service.rows("SELECT * FROM users")) == 2


async def test_a_guest_becomes_one_account_only() -> None:
    service = Service()
    await accounts.sign_in(service.db, ADA, GUEST)
    await add_chat(service.database, GUEST, "c1", "m1")
    await accounts.sign_in(service.db, BOB, GUEST)
    assert await chats(service, BOB) == {}


async def test_what_a_guest_is_still_answered_belongs_to_the_account() -> None:
    service = Service()
    owner = f"SELECT {OWNER} AS id"
    assert await service.rows(owner, GUEST.id) == [{"id": GUEST.id}]
    await accounts.sign_in(service.db, ADA, GUEST)
    assert await service.rows(owner, GUEST.id) == [{"id": ADA.id}]
    assert await service.rows(owner, ADA.id) == [{"id": ADA.id}]


async def test_a_sign_in_is_done_wholly_or_not_at_all() -> None:
    service = Service()
    await add_chat(service.database, GUEST, "c1", "m1")
    service.database.fail_on("UPDATE conversations", ConnectionError("D1 is down"))
    with pytest.raises(ConnectionError):
        await accounts.sign_in(service.db, ADA, GUEST)
    assert await service.rows("SELECT * FROM users") == []
    assert await chats(service, GUEST) == {"c1": ["m1"]}


async def test_the_epoch_is_that_of_the_next_session() -> None:
    service = Service()
    await accounts.sign_in(service.db, ADA, None)
    await revocation.revoke_all(service, Session(ADA, "s1"))
    assert await accounts.sign_in(service.db, ADA, None) == 1
