"""edgechat as its documentation uses it: `stream_text` on Workers AI, answered as a UI message stream."""

from typing import Any
from urllib.parse import urlsplit

from workers import Response, WorkerEntrypoint

from edgechat.generate.text import stream_text
from edgechat.ids import generate_id
from edgechat.model.workers_ai import create_workers_ai
from edgechat.platform.cloudflare import AIBinding, stream_response


class Default(WorkerEntrypoint):  # type: ignore[misc]
    async def fetch(self, request: Any) -> Response:
        workers_ai = create_workers_ai(AIBinding(self.env.AI))
        result = stream_text(model=workers_ai(f"@bench/{urlsplit(request.url).query}"), prompt="hi")
        return stream_response(self.ctx, request, result.ui_message_stream(message_id=generate_id()))
