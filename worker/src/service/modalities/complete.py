"""`POST /api/complete`: how what one is typing may go on, as a UI message stream (`edgechat.chat.Completion`)."""

import asyncio
from contextlib import aclosing

import msgspec

from edgechat.generate import Timeout, stream_text
from edgechat.generate.text import TextStream
from edgechat.json import JSONDecoder
from edgechat.sse import DONE
from edgechat.ui import chunks as ui
from service.bindings import Env
from service.feed import Feed
from service.modalities.call import Call
from service.modalities.texts import checked
from service.web import Request, Response

INSTRUCTIONS = (
    "The user is writing a message to an assistant and pauses. Write only the next few words of the user's own message,"
    " in its language, so that they follow on directly. Do not answer the message, and repeat nothing of it."
)
FIRST_TOKEN = 5.0
"""Seconds: later, whoever types has gone on."""

BEAT = 0.2
"""Seconds. Behind a proxy, only by writing one learns that nobody reads any more."""


class _Body(msgspec.Struct):
    prompt: str


_body = JSONDecoder[_Body](_Body)


async def post_complete(request: Request, env: Env) -> Response:
    call = Call(request, env, "complete")
    settings = call.settings.complete
    text = checked((await request.json(_body)).prompt, settings.characters)
    await call.check()
    stream = stream_text(
        model=call.language_model(settings.model),
        instructions=INSTRUCTIONS,
        prompt=text,
        max_output_tokens=settings.max_output,
        temperature=0,
        max_retries=0,
        timeout=Timeout(first_chunk=FIRST_TOKEN, chunk=FIRST_TOKEN),
    )
    feed = Feed()

    async def generate() -> None:
        beside = [asyncio.ensure_future(work) for work in (_stop_when_left(call, stream), _beat(feed))]
        try:
            async with aclosing(stream.ui_message_stream()) as batches:
                async for chunks in batches:
                    feed.send(ui.encode(chunks))
            feed.send(DONE)
        finally:
            for task in beside:
                task.cancel()
            feed.close()
            call.bill()

    env.wait_until(generate())
    try:
        await call.admit()
    except Exception:
        stream.stop()
        raise
    return Response(feed.pieces(), headers=dict(ui.HEADERS))


async def _beat(feed: Feed) -> None:
    while True:
        await asyncio.sleep(BEAT)
        feed.send(b":\n\n")


async def _stop_when_left(call: Call, stream: TextStream[str]) -> None:
    await call.left()
    stream.stop()
