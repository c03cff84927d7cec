import pytest
from signing_in import Service

from edgechat.ids import generate_id
from service.auth import Session, accounts, new_session, revocation
from service.auth.sessions import User

ADA, GUEST = User("user_a"), User("guest_1")


async def test_a_session_holds_until_it_is_revoked() -> None:
    db, first, second = Service().db, new_session(ADA), new_session(ADA)
    assert not await revocation.is_revoked(db, first)
    await revocation.revoke(db, first)
    assert await revocation.is_revoked(db, first)
    assert not await revocation.is_revoked(db, second)
    await revocation.revoke(db, first)
    assert await revocation.is_revoked(db, first)


async def test_the_session_of_another_with_the_same_id_holds() -> None:
    db, session_id = Service().db, generate_id()
    await revocation.revoke(db, Session(ADA, session_id))
    assert not await revocation.is_revoked(db, Session(GUEST, session_id))


async def test_signing_out_everywhere_ends_what_is_there_and_not_what_comes() -> None:
    db = Service().db
    old, older = new_session(GUEST), new_session(GUEST)
    await revocation.revoke_all(db, old)
    assert await revocation.is_revoked(db, old)
    assert await revocation.is_revoked(db, older)
    new = new_session(GUEST, epoch=1)
    assert not await revocation.is_revoked(db, new)
    await revocation.revoke_all(db, new)
    assert await revocation.is_revoked(db, new)
    assert not await revocation.is_revoked(db, new_session(ADA))


async def test_without_its_row_a_user_is_signed_out_everywhere_all_the_same() -> None:
    db = Service().db
    await revocation.revoke_all(db, session := new_session(ADA, epoch=7))
    assert await revocation.is_revoked(db, session)


async def test_who_has_become_an_account_is_no_guest_any_more() -> None:
    db, session = Service().db, new_session(GUEST)
    await accounts.sign_in(db, ADA, GUEST)
    assert await revocation.is_revoked(db, session)
    assert not await revocation.is_revoked(db, new_session(ADA))


async def test_what_is_revoked_is_remembered_without_asking_again() -> None:
    db, session = Service().db, new_session(ADA)
    assert not revocation.is_known(session)
    await revocation.revoke(db, session)
    await revocation.is_revoked(db, session)
    assert revocation.is_known(session)
    assert not revocation.is_known(new_session(ADA))


async def test_the_memory_of_an_isolate_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "_MAX_KNOWN", 3)
    monkeypatch.setattr(revocation, "_known", known := set[tuple[str, str]]())
    db = Service().db
    for _ in range(10):
        await revocation.revoke(db, session := new_session(ADA))
        assert await revocation.is_revoked(db, session)
        assert revocation.is_known(session)
    assert len(known) <= 3


async def test_revocations_are_forgotten_when_no_token_can_hold_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    service, now = Service(), 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    await revocation.revoke(service.db, new_session(ADA))
    now += 30 * 24 * 3600 + 3600
    await revocation.revoke(service.db, new_session(ADA))
    assert len(await service.rows("SELECT * FROM revoked_sessions")) == 2
    now += 24 * 3600
    await revocation.revoke(service.db, new_session(ADA))
    assert len(await service.rows("SELECT * FROM revoked_sessions")) == 2


@pytest.mark.parametrize("text", ["' OR 1=1 --", "'; DROP TABLE users; --", "%", "_", "\0", "🎉" * 1000])
async def test_ids_are_no_sql(text: str) -> None:
    db, session = Service().db, new_session(ADA)
    await revocation.revoke(db, Session(User(text), text))
    assert await revocation.is_revoked(db, Session(User(text), text))
    assert not await revocation.is_revoked(db, session)
