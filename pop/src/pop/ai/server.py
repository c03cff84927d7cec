"""The local Workers AI as an ASGI app: what lies behind the AI binding, on 127.0.0.1.

`POST /run?version=3`, header `cf-consn-model-id`, body `{"inputs": ..., "options": ...}`. An answer is JSON with
exactly the content type `application/json`, which the binding parses, or an SSE stream or sound, which it hands on.
"""

import asyncio
import threading
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing, asynccontextmanager

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pop.ai import clef, speech, text
from pop.ai.backend import Backend, Json
from pop.ai.catalogue import TEXT_GENERATION
from pop.ai.errors import AiError

MAX_BODY = 10 * 1024 * 1024


class _Body(msgspec.Struct):
    inputs: msgspec.Raw


def app(backend: Backend, tier: clef.Tier | None = None, sound: speech.Speech = speech.NOTHING) -> Starlette:
    deciding = asyncio.Lock()  # the embedding model does one thing at a time

    async def decide(request: Request, model: str, tier: clef.Tier) -> Json:
        inputs = await _inputs(request)
        async with deciding:
            return await asyncio.to_thread(clef.answer, tier, model, inputs)

    async def run(request: Request) -> Response:
        headers = {"cf-ai-req-id": str(uuid.uuid4()), "x-pop-model": backend.name}
        try:
            model = request.headers.get("cf-consn-model-id", "")
            if model in clef.MODELS:
                if tier is None:
                    raise AiError.not_installed(model, "make setup-routing")
                return _json(await decide(request, model, tier), headers | {"x-pop-model": tier.name})
            if model in speech.MODELS:
                name, work = sound.of(model)
                answer = await _unless_gone(request, _in_thread(work, await _inputs(request)))
                headers["x-pop-model"] = name
                if isinstance(answer, bytes):
                    return Response(answer, headers=headers, media_type="audio/wav")
                return _json(answer, headers)
            if model not in TEXT_GENERATION:
                raise AiError.no_such_model(model)
            shape = TEXT_GENERATION[model][1]
            inputs = text.read_inputs(await _inputs(request))
            if not inputs.stream:
                return _json(await _unless_gone(request, text.generate(backend, inputs, shape)), headers)
            events = text.stream(backend, inputs, shape)
            # Before the first event, an error can still have its status.
            first = await _unless_gone(request, anext(events, None))
            return StreamingResponse(_sse(first, events), headers=headers, media_type="text/event-stream")
        except AiError as error:
            body = {"internalCode": error.code, "name": "AiError", "description": error.description}
            return _json(body, headers, error.status)

    async def health(_request: Request) -> Response:
        return _json({"status": "ok", "model": backend.name}, {})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await backend.aclose()

    routes = [
        Route("/run", run, methods=["POST"]),
        Route("/ai-gateway/run", run, methods=["POST"]),  # where the binding goes when options name a gateway
        Route("/health", health),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def _json(value: Json, headers: dict[str, str], status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, headers | {"content-type": "application/json"})


async def _inputs(request: Request) -> msgspec.Raw:
    size, pieces = 0, []
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY:
            raise AiError.too_large(f"more than {MAX_BODY} bytes")
        pieces.append(piece)
    try:
        return msgspec.json.decode(b"".join(pieces), type=_Body).inputs
    except msgspec.DecodeError as error:
        raise AiError.bad_input(str(error)) from None


async def _unless_gone[T](request: Request, work: Awaitable[T]) -> T:
    """The result, unless the client goes away first: then the work is cancelled."""

    async def gone() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    task = asyncio.ensure_future(work)
    watch = asyncio.ensure_future(gone())
    try:
        await asyncio.wait([task, watch], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise AiError.internal("the client has gone")
    finally:
        task.cancel()
        watch.cancel()


async def _in_thread(work: speech.Work, inputs: msgspec.Raw) -> Json | bytes:
    stopped = threading.Event()
    try:
        return await asyncio.to_thread(work, inputs, stopped)
    finally:
        stopped.set()


async def _sse(first: Json | None, events: AsyncGenerator[Json]) -> AsyncIterator[bytes]:
    async with aclosing(events):
        if first is not None:
            yield _event(first)
            async for event in events:
                yield _event(event)
        yield b"data: [DONE]\n\n"


def _event(value: Json) -> bytes:
    return b"data: " + msgspec.json.encode(value) + b"\n\n"
