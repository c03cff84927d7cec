"""What the examples of the documentation take for granted: bindings, keys and a network. Every model says "Hello!"."""

from contextlib import AbstractAsyncContextManager
from types import ModuleType, SimpleNamespace

from edgechat.http import FetchResponse
from edgechat.model.types import ModelRequest
from edgechat.testing import FakeFetch, FakeRequest, HTTPAnswer


def _sse(*events: str) -> HTTPAnswer:
    body = "".join(f"data: {event}\n\n" for event in events)
    return HTTPAnswer(body, headers={"content-type": "text/event-stream"})


_ANSWERS = {
    "/messages": _sse(
        '{"type":"message_start","message":{"id":"m1","usage":{"input_tokens":1}}}',
        '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
        '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello!"}}',
        '{"type":"content_block_stop","index":0}',
        '{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":2}}',
        '{"type":"message_stop"}',
    ),
    "/responses": _sse(
        '{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg_1"}}',
        '{"type":"response.output_text.delta","item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hello!"}',
        '{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"msg_1"}}',
        '{"type":"response.completed","response":{"usage":{"input_tokens":1,"output_tokens":2}}}',
    ),
    "/chat/completions": _sse(
        '{"choices":[{"index":0,"delta":{"content":"Hello!"},"finish_reason":"stop"}]}', "[DONE]"
    ),
    "/run": _sse('{"response":"Hello!"}', "[DONE]"),
}


def _answer(request: FakeRequest) -> HTTPAnswer:
    return next(answer for path, answer in _ANSWERS.items() if path in request.url)


fetch = FakeFetch(_answer)
env = SimpleNamespace(
    AI=fetch, CLOUDFLARE_ACCOUNT="acc", CLOUDFLARE_TOKEN="cf-key", ANTHROPIC_KEY="an-key", OPENAI_KEY="oa-key"
)


class Cloudflare(ModuleType):
    """Stands for `edgechat.platform.cloudflare`, which there is only in a Worker."""

    class AIBinding:
        def __init__(self, ai: FakeFetch) -> None:
            self._ai = ai

        def __call__(self, request: ModelRequest) -> AbstractAsyncContextManager[FetchResponse]:
            return self._ai(f"binding:/run/{request.model}", method="POST", body=request.body)
