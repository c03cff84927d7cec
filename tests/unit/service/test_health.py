import asyncio
import json
from typing import Any

import pytest
from fakes import Env, request

from edgechat import __version__
from edgechat.testing import FakeD1, FakeKV, FakeR2
from service import health
from service.telemetry.record import Record, current
from service.web import Request, Response

DEEP = Request("GET", "/api/health", {}, request().read, query={"deep": "1"})


class Stores(Env):
    def __init__(self) -> None:
        self.stores = FakeD1(), FakeKV(), FakeR2()

    @property
    def db(self) -> Any:
        return self.stores[0]

    @property
    def kv(self) -> Any:
        return self.stores[1]

    @property
    def r2(self) -> Any:
        return self.stores[2]


def report_of(response: Response) -> dict[str, Any]:
    assert isinstance(response.body, bytes)
    report: dict[str, Any] = json.loads(response.body)
    return report


async def test_it_needs_no_store() -> None:
    response = await health.get_health(request(), Env())
    assert (response.status, report_of(response)) == (200, {"status": "ok", "version": __version__})


@pytest.mark.parametrize(("is_cold", "isolate"), [(True, "cold"), (False, "warm")])
async def test_it_tells_a_cold_isolate_from_a_warm_one(is_cold: bool, isolate: str) -> None:
    token = current.set(Record("GET", is_cold=is_cold, uptime=12.3456))
    report = report_of(await health.get_health(request(), Env()))
    current.reset(token)
    assert (report["isolate"], report["uptimeMs"]) == (isolate, 12346)


async def test_a_deep_check_asks_the_stores() -> None:
    response = await health.get_health(DEEP, Stores())
    report = report_of(response)
    assert (response.status, report["status"]) == (200, "ok")
    statuses = {name: check["status"] for name, check in report["checks"].items()}
    assert statuses == {"database": "ok", "kv": "ok", "files": "ok"}
    assert all(check["ms"] >= 0 for check in report["checks"].values())


async def test_a_store_that_fails_is_named_and_its_reason_is_not(caplog: pytest.LogCaptureFixture) -> None:
    env = Stores()
    env.stores[0].fail_next(RuntimeError("D1_ERROR: inside"))
    response = await health.get_health(DEEP, env)
    report = report_of(response)
    assert (response.status, report["status"]) == (503, "degraded")
    statuses = {name: check["status"] for name, check in report["checks"].items()}
    assert statuses == {"database": "failed", "kv": "ok", "files": "ok"}
    assert "inside" not in str(report)
    assert "inside" in caplog.text


async def test_a_store_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.Event().wait()

    env = Stores()
    monkeypatch.setattr(health, "TIMEOUT", 0.01)
    monkeypatch.setattr(env.stores[1], "get", hang)
    response = await health.get_health(DEEP, env)
    assert (response.status, report_of(response)["checks"]["kv"]["status"]) == (503, "timeout")
