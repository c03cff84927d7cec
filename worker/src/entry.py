"""The Cloudflare Worker: connects the service to its bindings and to the platform."""

from typing import Any
from urllib.parse import urlsplit

from workers import Response, WorkerEntrypoint

from edgechat.model.types import LanguageModel
from edgechat.model.workers_ai import create_workers_ai
from edgechat.platform.cloudflare import AIBinding, headers_of, read_body, stream_response
from service.bindings import D1Database
from service.routes import respond
from service.web import Request


class Bindings:
    """The bindings of `wrangler.toml` by the names that the service uses."""

    def __init__(self, env: Any) -> None:
        self._env = env

    def model(self, model_id: str) -> LanguageModel:
        return create_workers_ai(AIBinding(self._env.AI))(model_id)

    @property
    def db(self) -> D1Database:
        db: D1Database = self._env.DB
        return db

    @property
    def session_secret(self) -> str:
        secret: str | None = getattr(self._env, "SESSION_SECRET", None)
        if not secret:
            raise RuntimeError("The secret SESSION_SECRET is not set: wrangler secret put SESSION_SECRET")
        return secret


class Default(WorkerEntrypoint):  # type: ignore[misc]
    async def fetch(self, request: Any) -> Response:
        js_request = request.js_object

        async def read(limit: int) -> bytes | None:
            return await read_body(js_request, limit)

        response = await respond(
            # The SDK's `method` raises for one that http.HTTPMethod does not know.
            Request(js_request.method, urlsplit(request.url).path, headers_of(js_request), read),
            Bindings(self.env),
        )
        if isinstance(response.body, bytes):
            return Response(response.body, status=response.status, headers=response.headers)
        return stream_response(self.ctx, request, response.body, response.headers)
