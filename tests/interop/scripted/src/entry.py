from typing import Any
from urllib.parse import urlsplit

from answers import answer  # type: ignore[import-not-found]
from workers import Response, WorkerEntrypoint

from edgechat.platform.cloudflare import read_body, stream_response


class Default(WorkerEntrypoint):  # type: ignore[misc]
    async def fetch(self, request: Any) -> Response:
        body = await read_body(request.js_object, 100_000)
        return stream_response(self.ctx, request, answer(urlsplit(request.url).path[1:], body or b""))
