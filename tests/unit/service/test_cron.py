from typing import Any

import pytest
from remembering import ANN, CHAT, NOW, Stores, turn

from service import cron


class Env(Stores):
    def var(self, _name: str) -> str | None:
        return None


async def test_the_trigger_saves_what_waits_and_archives_what_is_idle() -> None:
    env: Any = Env()
    await env.talk(1)
    await env.memory().outbox.add(ANN, turn(2, "a1", at=NOW * 2))
    await env.memory().outbox.add(ANN, turn(1, chat_id="old"))
    await cron.run(env, NOW * 2)
    assert {row["conversation_id"] for row in await env.rows()} == {CHAT}
    assert [chat.is_archived for chat in await env.catalogue().page()] == [False, True]


async def test_a_task_that_fails_does_not_keep_off_the_others(caplog: pytest.LogCaptureFixture) -> None:
    env: Any = Env()
    await env.talk(1)
    env.r2.fail_on("list", Exception("R2 failed"))  # the outbox
    await cron.run(env, NOW * 2)
    assert await env.rows() == []
    assert "R2 failed" in caplog.text
