"""`pop ai`: the local Workers AI as a process."""

import asyncio

import uvicorn

from pop.ai import clef, speech
from pop.ai.backend import Backend
from pop.ai.catalogue import SMOLLM2
from pop.ai.engine import Engine
from pop.ai.server import app
from pop.ai.upstream import Upstream

GRACE = 2
"""Seconds that running streams get when the server is told to stop."""


async def serve(port: int, upstream: str | None) -> None:
    backend: Backend
    if upstream:
        backend = Upstream(upstream)
        await backend.connect()
    else:
        backend = await asyncio.to_thread(Engine, SMOLLM2.name, SMOLLM2.path())
    tier, sound = await asyncio.gather(asyncio.to_thread(clef.installed), asyncio.to_thread(speech.installed))
    # Only this machine: there is no key, and the Worker in front of it is the one that knows its users.
    config = uvicorn.Config(
        app(backend, tier, sound), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=GRACE
    )
    await uvicorn.Server(config).serve()
