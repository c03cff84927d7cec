"""`GET /api/health`: whether the service is there; with `?deep=1`, whether its stores are too."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any

from edgechat import __version__
from service.bindings import Env
from service.telemetry.record import current
from service.web import Request, Response, json_response

log = logging.getLogger("edgechat")

TIMEOUT = 1.5
"""Seconds that a store may take to answer: less than it may take within other requests."""

type Check = Callable[[], Awaitable[object]]


async def get_health(request: Request, env: Env) -> Response:
    """Without `deep` no store is asked: a page wakes the Worker with it."""
    report: dict[str, Any] = {"status": "ok", "version": __version__}
    if record := current.get():
        report |= {"isolate": "cold" if record.is_cold else "warm", "uptimeMs": round(record.uptime * 1000)}
    if request.query.get("deep") != "1":
        return json_response(report)
    checks = await _run(
        {
            "database": lambda: env.db.prepare("SELECT 1 AS one").first("one"),
            "kv": lambda: env.kv.get("health"),
            "files": lambda: env.r2.get("health"),
        }
    )
    report["checks"] = checks
    if all(check["status"] == "ok" for check in checks.values()):
        return json_response(report)
    return json_response(report | {"status": "degraded"}, HTTPStatus.SERVICE_UNAVAILABLE)


async def _run(checks: Mapping[str, Check]) -> dict[str, dict[str, Any]]:
    return dict(zip(checks, await asyncio.gather(*(_one(name, check) for name, check in checks.items())), strict=True))


async def _one(name: str, check: Check) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(TIMEOUT):
            await check()
        status = "ok"
    except TimeoutError:
        status = "timeout"
    except Exception as error:  # whatever a binding raises
        log.warning("The check of %s failed: %s", name, error.__cause__ or error)
        status = "failed"
    return {"status": status, "ms": round((time.perf_counter() - started) * 1000, 1)}
