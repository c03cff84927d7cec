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

type Var = Callable[[str], str | None]
"""A variable or a secret, if it is set."""

type Background = Callable[[Coroutine[Any, Any, None]], object]
"""Runs something to its end beside the request: `ctx.waitUntil`."""

_RAY = re.compile(r"[0-9a-f]{16}(-[A-Z]{3})?")


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    """What `wrangler.toml` says of it."""

    endpoint: str | None = None
    headers: str | None = None
    ratio: float = 1.0
    with_content: bool = False
    key: bytes = b""
    """Of the hashes of user ids, so that nobody else can make them."""

    @classmethod
    def read(cls, var: Var) -> "Settings":
        return cls(
            endpoint=var("OTEL_EXPORTER_OTLP_ENDPOINT"),
            headers=var("OTEL_EXPORTER_OTLP_HEADERS"),
            ratio=_ratio(var("OTEL_TRACES_SAMPLER_ARG") or "1"),
            with_content=var("LOG_CONTENT") == "1",
            key=hashlib.sha256(f"edgechat log {var('SESSION_SECRET')}".encode()).digest(),
        )


class Telemetry:
    """Of one isolate. It is made at import, and learns its settings with the first request."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.perf_counter) -> None:
        self._fetch = fetch
        self._clock = clock
        self._settings: Settings | None = None
        self._exporter: Exporter | None = None
        self._started = 0.0
        configure()

    def _start(self, var: Var) -> Settings:
        self._started = self._clock()
        self._settings = settings = Settings.read(var)
        if settings.endpoint:
            self._exporter = Exporter(self._fetch, settings.endpoint, read_headers(settings.headers or ""))
        configure(with_content=settings.with_content)
        return settings

    async def observe(
        self, request: Request, respond: Callable[[], Awaitable[Response]], var: Var, background: Background
    ) -> Response:
        """The response of `respond`, with what we know of the request in its headers."""
        is_cold = self._settings is None
        settings = self._settings or self._start(var)
        ray = request.headers.get("cf-ray", "")
        record = Record(
            request.method,
            ray=ray if _RAY.fullmatch(ray) else None,
            parent=read_traceparent(request.headers.get("traceparent", "")),
            ratio=settings.ratio if self._exporter else 0,
            is_cold=is_cold,
            uptime=self._clock() - self._started,
            with_content=settings.with_content,
            clock=self._clock,
        )
        current.set(record)  # for good: it is this request's own task, and the answer streams in tasks made by it
        response = await respond()
        response = replace(response, headers=response.headers | record.headers())
        if isinstance(response.body, AsyncGenerator):
            return replace(response, body=self._until_end(record, response, response.body, background))
        self._finish(record, response, background)
        return response

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
        known: dict[str, Any] = {"status": int(response.status)}
        if record.user_id and self._settings:
            known |= _user(record.user_id, self._settings.key)
        fields = {**known, **record.fields()}
        log.info("%s %s %d", record.method, record.route or "(unknown)", response.status, extra={"fields": fields})
        if self._exporter and record.is_sampled:
            record.describe_root(int(response.status), fields.get("user"))
            background(self._exporter.export(record))


def _user(user_id: str, key: bytes) -> dict[str, str]:
    """Of an id `guest_...` the kind, and a hash that tells one user from another and nothing else."""
    hashed = hashlib.blake2b(user_id.encode(), key=key, digest_size=8).hexdigest()
    return {"userKind": user_id.partition("_")[0], "user": hashed}


def _ratio(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        log.warning("OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1, so all traces are kept: %s", text)
        return 1
