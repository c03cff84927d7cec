from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest

from edgechat.errors import MASKED, APICallError
from edgechat.generate.text import TextStream, stream_text
from edgechat.model.types import ModelCall, ModelMessage, ModelRequest, ModelResponse, Usage
from edgechat.model.workers_ai import WorkersAI
from edgechat.ui import chunks as ui

CALL = ModelCall(messages=[ModelMessage("user", "Hi")])


class Clock:
    """Seconds that pass only when the server says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Answers with these pieces, one a read; a number is a pause in seconds, an exception a failure."""

    def __init__(self, *pieces: bytes | float | Exception, headers: Mapping[str, str] | None = None) -> None:
        self.clock = Clock()
        self.requests: list[ModelRequest] = []
        self.open = False
        self.read_count = 0
        self.headers = headers or {}
        self._pieces = list(pieces)

    @asynccontextmanager
    async def send(self, request: ModelRequest) -> AsyncIterator[ModelResponse]:
        self.requests.append(request)
        if self._pieces and isinstance(self._pieces[0], APICallError):
            raise self._pieces[0]
        self.open = True
        try:
            yield self
        finally:
            self.open = False

    async def read(self) -> bytes | None:
        self.read_count += 1
        while self._pieces:
            piece = self._pieces.pop(0)
            if isinstance(piece, bytes):
                return piece
            if isinstance(piece, Exception):
                raise piece
            self.clock.now += piece
        return None


def start(server: Server) -> TextStream:
    return stream_text(model=WorkersAI("@cf/x/y"), send=server.send, call=CALL, message_id="m1", clock=server.clock)


def event(text: str) -> bytes:
    return f'data: {{"response":"{text}"}}\n\n'.encode()


DONE = b'data: {"usage":{"prompt_tokens":5,"completion_tokens":2}}\n\ndata: [DONE]\n\n'


async def test_an_answer_becomes_chunks_one_list_for_each_read() -> None:
    server = Server(event("Hel") + event("lo"), event("!"), DONE)
    stream = start(server)
    assert [batch async for batch in stream] == [
        [ui.Start(message_id="m1"), ui.StartStep()],
        [ui.TextStart(id="text-0"), ui.TextDelta(id="text-0", delta="Hel"), ui.TextDelta(id="text-0", delta="lo")],
        [ui.TextDelta(id="text-0", delta="!")],
        [ui.TextEnd(id="text-0"), ui.FinishStep(), ui.Finish(finish_reason="stop")],
    ]
    assert stream.usage == Usage(5, 2)
    assert not server.open


async def test_the_figures_are_measured() -> None:
    stream = start(Server(0.25, event("a"), 0.5, event("b"), 0.5, event("c"), DONE))
    assert [batch async for batch in stream]
    assert stream.timing.ttft == 0.25
    assert stream.timing.total == 1.25
    assert stream.timing.tokens_per_second == 2.0


async def test_without_two_tokens_there_is_no_rate() -> None:
    stream = start(Server(event("a"), DONE))
    assert [batch async for batch in stream]
    assert stream.timing.tokens_per_second is None


async def test_the_model_that_really_answered_is_named() -> None:
    stream = start(Server(event("a"), DONE, headers={"x-pop-model": "tiny"}))
    assert [batch async for batch in stream]
    assert stream.model_id == "tiny"


async def test_a_refused_call_is_told_in_safe_words() -> None:
    error = APICallError("secret detail", status=500)
    stream = start(Server(error))
    batches = [batch async for batch in stream]
    assert batches[1:] == [[ui.Error(error_text=MASKED), ui.FinishStep(), ui.Finish(finish_reason="error")]]
    assert stream.error is error


async def test_a_connection_that_drops_keeps_what_came() -> None:
    error = APICallError("dropped")
    stream = start(Server(event("Hel"), error))
    *_, last = [batch async for batch in stream]
    assert last == [
        ui.TextEnd(id="text-0"),
        ui.Error(error_text=MASKED),
        ui.FinishStep(),
        ui.Finish(finish_reason="error"),
    ]
    assert stream.error is error


async def test_a_truncated_answer_is_told_as_such() -> None:
    stream = start(Server(event("Hel")))
    *_, last = [batch async for batch in stream]
    assert ui.Error(error_text="The answer was cut off.") in last


async def test_leaving_the_stream_cancels_the_call() -> None:
    server = Server(event("a"), event("b"))
    batches = aiter(start(server))
    await anext(batches)
    await anext(batches)
    assert server.open
    await batches.aclose()
    assert not server.open


async def test_stop_cancels_the_call_keeps_what_came_and_ends_with_abort() -> None:
    server = Server(event("a"), event("b"), event("c"))
    stream = start(server)
    batches = []
    async for batch in stream:
        batches.append(batch)
        if len(batches) == 2:
            stream.stop()
    assert batches[-1] == [ui.TextEnd(id="text-0"), ui.FinishStep(), ui.Abort(reason="stopped")]
    assert server.read_count == 1
    assert not server.open
    assert stream.error is None


async def test_an_error_of_ones_own_code_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        [batch async for batch in start(Server(ZeroDivisionError()))]
