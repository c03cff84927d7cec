"""The Cloudflare Worker: connects the service to its bindings and to the platform."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from functools import cached_property, partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import js
from workers import Response, WorkerEntrypoint

import stubs
from edgechat.http import Fetch
from edgechat.model.speech import SpeechModel, TranscriptionModel
from edgechat.model.types import LanguageModel
from edgechat.model.workers_ai.speech import WorkersAISpeech, WorkersAITranscription
from edgechat.platform.cloudflare import (
    AIBinding,
    Writer,
    fetch,
    headers_of,
    js_object,
    read_body,
    store_body,
    stream_bytes,
    until_aborted,
)
from edgechat.routing import Classifier
from edgechat.routing.clef import ClefClassifier
from service import bindings, cron
from service.bindings import D1Database, KVNamespace, R2Bucket, RateLimiter, Verify
from service.providers import language_model
from service.routes import respond
from service.settings import Limits, Routing, read_limits, read_routing
from service.telemetry import Telemetry, observed_model
from service.web import Download, Request, Stream
from tape import Tape
from webcrypto import verify

__all__ = ["Default", "Tape"]


def _as_json(variable: Any) -> str | None:
    """A variable that was given to the command line is that already."""
    return variable if variable is None or isinstance(variable, str) else str(js.JSON.stringify(variable))


class Bindings:
    """The bindings of `wrangler.toml` by the names that the service uses."""

    def __init__(self, env: Any, ctx: Any) -> None:
        self._env = env
        self._ctx = ctx

    def model(self, model_id: str) -> LanguageModel:
        return observed_model(language_model(self, model_id, self._binding))

    def _binding(self, gateway: str | None) -> AIBinding:
        return AIBinding(self._env.AI, gateway=gateway)

    def transcription(self, model_id: str) -> TranscriptionModel:
        return WorkersAITranscription(model_id, AIBinding(self._env.AI))

    def voice(self, model_id: str) -> SpeechModel:
        return WorkersAISpeech(model_id, AIBinding(self._env.AI))

    @cached_property
    def db(self) -> D1Database:
        return stubs.Database(self._env.DB)

    @cached_property
    def kv(self) -> KVNamespace:
        return stubs.KV(self._env.KV)

    @property
    def r2(self) -> R2Bucket:
        r2: R2Bucket = self._env.R2
        return r2

    @property
    def burst(self) -> RateLimiter | None:
        limiter = getattr(self._env, "BURST", None)
        return stubs.RateLimit(limiter) if limiter else None

    @cached_property
    def limits(self) -> Limits:
        return read_limits(self._limits)

    @cached_property
    def _limits(self) -> str | None:
        return _as_json(getattr(self._env, "LIMITS", None))

    @cached_property
    def routing(self) -> Routing | None:
        routing = _as_json(getattr(self._env, "ROUTING", None))
        return read_routing(routing, self._limits) if routing else None

    @property
    def classifier(self) -> Classifier:
        return ClefClassifier(AIBinding(self._env.AI))

    @property
    def fetch(self) -> Fetch:
        return fetch

    @property
    def verify(self) -> Verify:
        return verify

    def var(self, name: str) -> str | None:
        return getattr(self._env, name, None) or None

    def tape(self, user_id: str, chat_id: str) -> bindings.Tape | None:
        namespace = getattr(self._env, "TAPE", None)
        return stubs.Tape(namespace.getByName(f"{user_id}/{chat_id}")) if namespace else None

    def wait_until(self, work: Coroutine[Any, Any, None]) -> None:
        # Eager: the model is called now.
        self._ctx.waitUntil(asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True))

    @property
    def session_secret(self) -> str:
        secret = self.var("SESSION_SECRET")
        if not secret:
            raise RuntimeError("The secret SESSION_SECRET is not set: wrangler secret put SESSION_SECRET")
        return secret


telemetry = Telemetry(fetch)


class Default(WorkerEntrypoint):  # type: ignore[misc]
    async def scheduled(self, controller: Any, _env: Any, _ctx: Any) -> None:
        await cron.run(Bindings(self.env, self.ctx), int(controller.scheduledTime))

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
            left=partial(until_aborted, js_request.signal),
        )
        env = Bindings(self.env, self.ctx)
        response = await telemetry.observe(asked, partial(respond, asked, env), env.var, self.ctx.waitUntil)
        if isinstance(response.body, Stream):
            return Response(response.body.readable, status=response.status, headers=response.headers)
        if isinstance(response.body, Download):
            return stream_bytes(self.ctx, request, response.body.pieces, response.headers)
        if isinstance(response.body, bytes):
            return Response(response.body or None, status=response.status, headers=response.headers)
        return self._stream(js_request, response.body, response.headers)

    def _stream(self, request: Any, pieces: AsyncGenerator[bytes], headers: dict[str, str]) -> Response:
        writer = Writer(request.signal)

        async def pump() -> None:
            try:
                async with aclosing(pieces):
                    async for piece in pieces:
                        await writer.write(piece)
            finally:
                writer.close()

        self.ctx.waitUntil(asyncio.Task(pump(), loop=asyncio.get_running_loop(), eager_start=True))
        # The SDK would convert the headers one by one.
        return Response(js.Response.new(writer.stream, js_object({"headers": headers})))
