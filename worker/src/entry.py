"""The Cloudflare Worker: connects the service to its bindings and to the platform."""

from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import js
from workers import Response, WorkerEntrypoint

from edgechat.http import Fetch
from edgechat.model.types import LanguageModel
from edgechat.model.workers_ai import create_workers_ai
from edgechat.platform.cloudflare import (
    AIBinding,
    fetch,
    headers_of,
    read_body,
    store_body,
    stream_bytes,
    stream_response,
)
from service import cron
from service.bindings import D1Database, KVNamespace, R2Bucket, RateLimiter, Verify
from service.routes import respond
from service.settings import Limits, read_limits
from service.telemetry import Telemetry, observed_model
from service.web import Download, Request, Stream
from webcrypto import verify


class Bindings:
    """The bindings of `wrangler.toml` by the names that the service uses."""

    def __init__(self, env: Any) -> None:
        self._env = env

    def model(self, model_id: str) -> LanguageModel:
        return observed_model(create_workers_ai(AIBinding(self._env.AI))(model_id))

    @property
    def db(self) -> D1Database:
        db: D1Database = self._env.DB
        return db

    @property
    def kv(self) -> KVNamespace:
        kv: KVNamespace = self._env.KV
        return kv

    @property
    def r2(self) -> R2Bucket:
        r2: R2Bucket = self._env.R2
        return r2

    @property
    def burst(self) -> RateLimiter | None:
        return getattr(self._env, "BURST", None)

    @property
    def limits(self) -> Limits:
        value = getattr(self._env, "LIMITS", None)
        return read_limits(value if value is None or isinstance(value, str) else js.JSON.stringify(value))

    @property
    def fetch(self) -> Fetch:
        return fetch

    @property
    def verify(self) -> Verify:
        return verify

    def var(self, name: str) -> str | None:
        return getattr(self._env, name, None) or None

    @property
    def session_secret(self) -> str:
        secret = self.var("SESSION_SECRET")
        if not secret:
            raise RuntimeError("The secret SESSION_SECRET is not set: wrangler secret put SESSION_SECRET")
        return secret


telemetry = Telemetry(fetch)


class Default(WorkerEntrypoint):  # type: ignore[misc]
    async def scheduled(self, controller: Any, _env: Any, _ctx: Any) -> None:
        await cron.run(Bindings(self.env), int(controller.scheduledTime))

    async def fetch(self, request: Any) -> Response:
        js_request = request.js_object

        async def read(limit: int) -> bytes | None:
            return await read_body(js_request, limit)

        url = urlsplit(request.url)
        origin = f"{url.scheme}://{url.netloc}"
        # The SDK's `method` raises for one that http.HTTPMethod does not know.
        asked = Request(
            js_request.method,
            url.path,
            headers_of(js_request),
            read,
            origin,
            partial(store_body, js_request),
            query=dict(parse_qsl(url.query)),
        )
        bindings = Bindings(self.env)
        response = await telemetry.observe(asked, partial(respond, asked, bindings), bindings.var, self.ctx.waitUntil)
        if isinstance(response.body, Stream):
            return Response(response.body.readable, status=response.status, headers=response.headers)
        if isinstance(response.body, Download):
            return stream_bytes(self.ctx, request, response.body.pieces, response.headers)
        if isinstance(response.body, bytes):
            return Response(response.body or None, status=response.status, headers=response.headers)
        return stream_response(self.ctx, request, response.body, response.headers)
