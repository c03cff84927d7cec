"""Around each request: it gets an id, is measured, and leaves a line in the log and, where wanted, a trace."""

import hashlib
import logging
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import msgspec

from edgechat.http import Fetch
from service.telemetry.log import configure
from service.telemetry.otlp import Exporter, read_headers
from service.telemetry.record import Record, current
from service.telemetry.trace import read_traceparent
from service.web import Request, Response

log = logging.getLogger("edgechat")

type Background = Callable[[Coroutine[Any, Any, None]], object]
"""Runs something to its end beside the request: `ctx.waitUntil`."""

_RAY = re.compile(r"[0-9a-f]{16}(-[A-Z]{3})?")


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    """What `wrangler.toml` says of it."""

    endpoint: str | None = None
    headers: str | None = None
    ratio: float = 1.0
    with_content: bool = False
    pepper: str = ""
    """Makes hashes of user ids that nobody else can make."""

    @classmethod
    def read(cls, var: Callable[[str], str | None]) -> "Settings":
        try:
            ratio = float(var("OTEL_TRACES_SAMPLER_ARG") or 1)
        except ValueError:
            ratio = 1.0
        return cls(
            endpoint=var("OTEL_EXPORTER_OTLP_ENDPOINT"),
            headers=var("OTEL_EXPORTER_OTLP_HEADERS"),
            ratio=ratio,
            with_content=var("LOG_CONTENT") == "1",
            pepper=var("SESSION_SECRET") or "",
        )


class Telemetry:
    """Of one isolate: made with its first request."""

    def __init__(self, settings: Settings, fetch: Fetch, clock: Callable[[], float] = time.perf_counter) -> None:
        self._settings = settings
        self._exporter = None
        if settings.endpoint:
            self._exporter = Exporter(fetch, settings.endpoint, read_headers(settings.headers or ""))
        self._clock = clock
        self._started = clock()
        self._is_cold = True
        configure(with_content=settings.with_content)

    async def observe(
        self, request: Request, respond: Callable[[], Awaitable[Response]], background: Background
    ) -> Response:
        """The response of `respond`, with what we know of the request in its headers."""
        ray = request.headers.get("cf-ray", "")
        record = Record(
            request.method,
            ray=ray if _RAY.fullmatch(ray) else None,
            parent=read_traceparent(request.headers.get("traceparent", "")),
            ratio=self._settings.ratio if self._exporter else 0,
            is_cold=self._is_cold,
            uptime=self._clock() - self._started,
            with_content=self._settings.with_content,
            clock=self._clock,
        )
        self._is_cold = False
        current.set(record)  # for good: it is this request's own task, and the answer streams in tasks made by it
        response = await respond()
        response = replace(response, headers=response.headers | record.headers())
        if isinstance(response.body, bytes):
            self._finish(record, response, background)
            return response
        return replace(response, body=self._until_end(record, response, response.body, background))

    async def _until_end[T](
        self, record: Record, response: Response, body: AsyncGenerator[T], background: Background
    ) -> AsyncGenerator[T]:
        try:
            async with aclosing(body):
                async for piece in body:
                    yield piece
        finally:
            self._finish(record, response, background)

    def _finish(self, record: Record, response: Response, background: Background) -> None:
        record.root.end = self._clock()
        status = int(response.status)
        user = self._user(record)
        fields = {"status": status, **user, **record.fields()}
        log.info("%s %s %d", record.method, record.route or "(unknown)", status, extra={"fields": fields})
        if self._exporter and record.is_sampled:
            record.root.name = f"{record.method} {record.route}" if record.route else record.method
            record.root.error = str(status) if status >= 500 else None
            attributes = {
                "http.request.method": record.method,
                "http.response.status_code": status,
                "faas.coldstart": record.is_cold,
            }
            attributes |= {"http.route": record.route} if record.route else {}
            attributes |= {"enduser.pseudo.id": user["user"]} if user else {}
            background(self._exporter.export(record, attributes))

    def _user(self, record: Record) -> dict[str, str]:
        """Of an id `guest_...` the kind, and a hash that tells one user from another and nothing else."""
        if record.user_id is None:
            return {}
        key = hashlib.sha256(self._settings.pepper.encode()).digest()
        hashed = hashlib.blake2b(record.user_id.encode(), key=key, digest_size=8).hexdigest()
        return {"userKind": record.user_id.partition("_")[0], "user": hashed}
