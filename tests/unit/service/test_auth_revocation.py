import pytest
from signing_in import Service

from edgechat.ids import generate_id
from service.auth import Session, accounts, new_session, revocation
from service.auth.sessions import User
from service.history import Catalogue

ADA, GUEST = User("user_a"), User("guest_1")


async def test_a_session_holds_until_it_is_revoked() -> None:
    env, first, second = Service(), new_session(ADA), new_session(ADA)
    assert not await revocation.is_revoked(env, first)
    await revocation.revoke(env, first)
    assert await revocation.is_revoked(env, first)
    assert not await revocation.is_revoked(env, second)
    await revocation.revoke(env, first)
    assert await revocation.is_revoked(env, first)


async def test_the_session_of_another_with_the_same_id_holds() -> None:
    env, session_id = Service(), generate_id()
    await revocation.revoke(env, Session(ADA, session_id))
    assert not await revocation.is_revoked(env, Session(GUEST, session_id))


async def test_signing_out_everywhere_ends_what_is_there_and_not_what_comes() -> None:
    env = Service()
    old, older = new_session(GUEST), new_session(GUEST)
    await revocation.revoke_all(env, old)
    assert await revocation.is_revoked(env, old)
    assert await revocation.is_revoked(env, older)
    new = new_session(GUEST, epoch=1)
    assert not await revocation.is_revoked(env, new)
    await revocation.revoke_all(env, new)
    assert await revocation.is_revoked(env, new)
    assert not await revocation.is_revoked(env, new_session(ADA))


async def test_without_its_row_a_user_is_signed_out_everywhere_all_the_same() -> None:
    env = Service()
    await revocation.revoke_all(env, session := new_session(ADA, epoch=7))
    assert await revocation.is_revoked(env, session)


async def test_deleting_ones_data_brings_no_session_back(monkeypatch: pytest.MonkeyPatch) -> None:
    env, ended, everywhere, current = Service(), new_session(ADA), new_session(GUEST), new_session(ADA)
    await revocation.revoke(env, ended)
    await revocation.revoke_all(env, everywhere)
    for user in (ADA, GUEST):
        await Catalogue(env.db, user).delete_all()
    monkeypatch.setattr(revocation, "_known", set())  # another isolate
    assert await revocation.is_revoked(env, ended)
    assert await revocation.is_revoked(env, everywhere)
    assert not await revocation.is_revoked(env, current)


async def test_who_has_become_an_account_is_no_guest_any_more() -> None:
    env, session = Service(), new_session(GUEST)
    await accounts.sign_in(env.db, ADA, GUEST)
    assert await revocation.is_revoked(env, session)
    assert not await revocation.is_revoked(env, new_session(ADA))


async def test_what_is_revoked_is_remembered_without_asking_again() -> None:
    env, session = Service(), new_session(ADA)
    assert not revocation.is_known(session)
    await revocation.revoke(env, session)
    await revocation.is_revoked(env, session)
    assert revocation.is_known(session)
    assert not revocation.is_known(new_session(ADA))


async def test_the_memory_of_an_isolate_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "_MAX_KNOWN", 3)
    monkeypatch.setattr(revocation, "_known", known := set[tuple[str, str]]())
    env = Service()
    for _ in range(10):
        await revocation.revoke(env, session := new_session(ADA))
        assert await revocation.is_revoked(env, session)
        assert revocation.is_known(session)
    assert len(known) <= 3


async def test_revocations_are_forgotten_when_no_token_can_hold_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    service, now = Service(), 1_800_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    await revocation.revoke(service, new_session(ADA))
    now += 30 * 24 * 3600 + 3600
    await revocation.revoke(service, new_session(ADA))
    assert len(await service.rows("SELECT * FROM revoked_sessions")) == 2
    now += 24 * 3600
    await revocation.revoke(service, new_session(ADA))
    assert len(await service.rows("SELECT * FROM revoked_sessions")) == 2


@pytest.mark.parametrize("text", ["' OR 1=1 --", "'; DROP TABLE users; --", "%", "_", "\0", "🎉" * 10])
async def test_ids_are_no_sql(text: str) -> None:
    env, session = Service(), new_session(ADA)
    await revocation.revoke(env, Session(User(text), text))
    assert await revocation.is_revoked(env, Session(User(text), text))
    assert not await revocation.is_revoked(env, session)
