"""D1 is out of reach altogether: real workerd, KV, R2 and tapes. `tests/unit/service/test_outages.py` has the rest."""

from collections.abc import Iterator

import pytest
from scripted_ai import ScriptedAI
from worker.failing import FailingPop, fault
from worker.guests import Guest, error_of, message_of, question

from edgechat.ids import generate_id

WITHOUT_D1 = [fault(f"d1.{call}") for call in ("first", "all", "batch")]


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingPop]:
    ai = ScriptedAI()
    pop = FailingPop.start(tmp_path_factory.mktemp("outage"), f"--upstream={ai.url}", f"--var=POP_AI_URL:{ai.url}")
    yield pop
    pop.stop()
    ai.close()


def test_users_go_on_guests_wait_and_nobody_is_let_in_who_was_signed_out(service: FailingPop) -> None:
    guest = Guest(service.url)
    user, signed_out, all_out = (Guest(service.url, f"user_{generate_id(32)}") for _ in range(3))
    assert signed_out.http.delete("/api/session").json() == {"signedOut": True}
    everywhere = all_out.http.request("DELETE", "/api/session", json={"everywhere": True})
    assert everywhere.json() == {"signedOut": True}
    first = question(["say", "one"])
    one = message_of(user.post(first))
    second = question(["say", "two"], chat=first["id"], parent=one.id)
    with service.failing(*WITHOUT_D1):
        two = message_of(user.post(second))
        assert user.resume(first["id"]).status_code == 204
        assert user.http.get("/api/models").status_code == 200
        assert user.http.post("/api/session").status_code == 200
        assert error_of(user.http.get("/api/chats")) == (503, "unavailable")
        for path in ("/api/models", "/api/chats"):
            assert error_of(guest.http.get(path)) == (503, "unavailable")
            for out in (signed_out, all_out):
                assert error_of(out.http.get(path)) == (401, "unauthorized")
        assert error_of(guest.post(question(["say", "x"]))) == (503, "unavailable")
    assert [message.text for message in user.saved(first["id"])][1::2] == [one.text, two.text] == ["one", "two"]
    for each in (guest, user, signed_out, all_out):
        each.http.close()
