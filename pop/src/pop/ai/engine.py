"""The local backend: llama.cpp in this process."""

import asyncio
import json
import secrets
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import xllamacpp

from pop.ai.backend import Json
from pop.ai.errors import AiError


class Engine:
    """One model with a few slots, which generate side by side, and a queue for as many requests as may wait."""

    def __init__(self, name: str, weights: Path, *, slots: int = 4, queue: int = 12, context: int = 4096) -> None:
        self.name = name
        self._limit = slots + queue
        self._threads = ThreadPoolExecutor(self._limit, thread_name_prefix="generate")
        self._running: set[threading.Event] = set()
        params = xllamacpp.CommonParams()
        params.model.path = str(weights)
        params.n_parallel = slots
        params.n_ctx = slots * context
        # One thread: on a machine that is busy, two of them wait for each other most of the time.
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.cache_ram_mib = 256  # of cached prompts; the default may grow to 8 GiB
        params.use_jinja = True
        params.verbosity = 0
        # It opens an HTTP server of its own, which nobody is to use.
        params.ui = False
        params.hostnames, params.port = ["127.0.0.1"], 0
        params.api_keys = [secrets.token_urlsafe()]
        self._server = xllamacpp.Server(params)

    async def stream(self, request: Json) -> AsyncGenerator[Json]:
        if len(self._running) >= self._limit:
            raise AiError.out_of_capacity()
        loop = asyncio.get_running_loop()
        chunks: asyncio.Queue[Json | None] = asyncio.Queue()
        stopped = threading.Event()

        def receive(data: Any) -> bool:
            for chunk in data if isinstance(data, list) else [data]:
                loop.call_soon_threadsafe(chunks.put_nowait, json.loads(chunk) if isinstance(chunk, str) else chunk)
            return stopped.is_set()  # true ends the generation

        def generate() -> None:
            try:
                self._server.handle_chat_completions(request, receive)
            except ValueError as error:  # the chat template does not take these messages
                receive({"error": {"code": 400, "message": str(error)}})
            finally:
                loop.call_soon_threadsafe(self._running.discard, stopped)
                loop.call_soon_threadsafe(chunks.put_nowait, None)

        self._running.add(stopped)
        self._threads.submit(generate)
        try:
            while (chunk := await chunks.get()) is not None:
                if "error" in chunk:
                    raise _to_error(chunk["error"])
                yield chunk
        finally:
            stopped.set()

    async def aclose(self) -> None:
        """Stops what is being generated and frees the model."""
        for stopped in self._running:
            stopped.set()
        await asyncio.to_thread(self._threads.shutdown)
        del self._server


def _to_error(error: Json) -> AiError:
    if error.get("type") == "exceed_context_size_error":
        return AiError.too_large(error["message"])
    if error.get("code") == 400:
        return AiError.bad_input(error["message"])
    return AiError.internal(error["message"])
