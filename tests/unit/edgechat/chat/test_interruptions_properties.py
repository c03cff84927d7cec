"""However often a connection is lost, and whatever the user does meanwhile: nothing is lost, doubled or reordered."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.edgechat.chat.chatting import View

from edgechat.chat import Change, Chat, ChunkStream, Reconnect, ResumeRequest, SendRequest
from edgechat.errors import APICallError
from edgechat.ui import chunks as ui
from edgechat.ui.fold import MessageFold
from edgechat.ui.messages import ReasoningPart, TextPart, ToolPart, UIMessage, UIPart

words = st.text("ab ü😀", min_size=1, max_size=3)


@st.composite
def blocks(draw: st.DrawFn, number: int) -> list[ui.UIChunk]:
    """The chunks of one part. Tools with an even number are answered by the page."""
    key = f"{number}"
    deltas = draw(st.lists(words, max_size=4))
    match draw(st.sampled_from(["text", "reasoning", "tool", "data", "source", "metadata"])):
        case "text":
            return [ui.TextStart(id=key), *(ui.TextDelta(id=key, delta=word) for word in deltas), ui.TextEnd(id=key)]
        case "reasoning":
            grown = [ui.ReasoningDelta(id=key, delta=word) for word in deltas]
            return [ui.ReasoningStart(id=key), *grown, ui.ReasoningEnd(id=key)]
        case "tool":
            whole = msgspec.json.encode(deltas).decode()
            pieces = [ui.ToolInputDelta(tool_call_id=key, input_text_delta=char) for char in whole]
            start = ui.ToolInputStart(tool_call_id=key, tool_name="ask")
            ready = ui.ToolInputAvailable(
                tool_call_id=key, tool_name="ask", input=deltas, provider_executed=None if number % 2 == 0 else True
            )
            done = [ui.ToolOutputAvailable(tool_call_id=key, output=number)] if number % 2 else []
            return [start, *pieces, ready, *done]
        case "data":
            return [ui.Data(type="data-x", id=key, data=word) for word in deltas]
        case "source":
            return [ui.SourceURL(source_id=key, url="u")]
        case "metadata":
            return [ui.MessageMetadata(message_metadata={id: word}) for word in deltas]
        case _:
            return [ui.StartStep()]


@st.composite
def answers(draw: st.DrawFn) -> list[ui.UIChunk]:
    """A whole answer, whose parts may come at the same time: within a step, since tools belong to one."""
    chunks: list[ui.UIChunk] = [ui.Start(message_id="a1")]
    numbers = iter(range(100))
    for _ in range(draw(st.integers(1, 3))):
        chunks.append(ui.StartStep())
        lanes = [draw(blocks(next(numbers))) for _ in range(draw(st.integers(0, 3)))]
        while lanes := [lane for lane in lanes if lane]:
            chunks.append(draw(st.sampled_from(lanes)).pop(0))
    return [*chunks, ui.Finish(finish_reason="stop")]


def merged(chunks: Sequence[ui.UIChunk]) -> list[ui.UIChunk]:
    """As a server may keep them: one delta for many."""
    kept: list[ui.UIChunk] = []
    for chunk in chunks:
        last = kept[-1] if kept else None
        if isinstance(chunk, ui.TextDelta) and isinstance(last, ui.TextDelta) and last.id == chunk.id:
            kept[-1] = ui.TextDelta(id=chunk.id, delta=last.delta + chunk.delta)
        else:
            kept.append(chunk)
    return kept


class Stream:
    is_complete = False

    def __init__(self, reads: list[list[ui.UIChunk]], first: int | None, is_whole: bool) -> None:
        self._reads = reads
        self._is_whole = is_whole
        self._next = first

    @property
    def last_id(self) -> str | None:
        return None if self._next is None else str(self._next - 1)

    async def read(self) -> Sequence[ui.UIChunk] | None:
        await asyncio.sleep(0)
        if self._reads:
            chunks = self._reads.pop(0)
            if self._next is not None:
                self._next += len(chunks)
            return chunks
        if not self._is_whole:
            raise APICallError("The connection was lost.")
        self.is_complete = True
        return None


class Server:
    """Has an answer; each connection is lost after so many chunks, the last one is not."""

    resume_stream_is_replay = True
    keeps_versions = False

    def __init__(self, answer: list[ui.UIChunk], drops: list[int], sizes: list[int], mode: str) -> None:
        self._answer = answer
        self._drops = drops
        self._sizes = sizes
        self._mode = mode

    @asynccontextmanager
    async def send(self, request: SendRequest) -> AsyncGenerator[ChunkStream]:
        yield self._stream(self._answer, 0)

    @asynccontextmanager
    async def resume(self, request: ResumeRequest) -> AsyncGenerator[ChunkStream | None]:
        if self._mode == "cursor" and request.last_event_id is not None:
            first = int(request.last_event_id) + 1
            yield self._stream(self._answer[first:], first)
        else:
            yield self._stream(merged(self._answer) if self._mode == "merged" else self._answer, 0)

    async def stop(self, chat_id: str) -> bool:
        return False

    def _stream(self, chunks: list[ui.UIChunk], first: int) -> Stream:
        drop = self._drops.pop(0) if self._drops else None
        told = chunks if drop is None else chunks[:drop]
        reads: list[list[ui.UIChunk]] = []
        position = 0
        while position < len(told):
            size = self._sizes[len(reads) % len(self._sizes)]
            reads.append([msgspec.structs.replace(chunk) for chunk in told[position : position + size]])
            position += size
        return Stream(reads, first if self._mode == "cursor" else None, drop is None)


class Watched(View):
    """No part that is shown ever shrinks, or goes back to what it was, except that what a lost connection has ended
    may go on after all."""

    def __init__(self, *, ends: bool) -> None:
        super().__init__()
        self._ends = ends

    def apply(self, changes: Sequence[Change]) -> None:
        before = {id(message): list(map(self._extent, parts)) for message, parts in self.messages}
        super().apply(changes)
        for message, parts in self.messages:
            if self._ends and any(isinstance(part, ToolPart) and part.state == "output-error" for part in parts):
                continue
            known = before.get(id(message), [])
            assert len(parts) >= len(known)
            assert all(new >= old for new, old in zip(map(self._extent, parts), known, strict=False)), (known, parts)

    def _extent(self, part: UIPart) -> Any:
        match part:
            case TextPart() | ReasoningPart():
                return (part.state == "done" and not self._ends, len(part.text))
            case ToolPart():
                states = ["output-error", "input-streaming", "input-available", "output-available"]
                return (states.index(part.state), 0 if self._ends else len(part.raw_input or ""))
        return ()


@settings(max_examples=150, deadline=None)
@given(
    answers(),
    st.lists(st.integers(0, 25), max_size=4),
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.sampled_from(["cursor", "replay", "merged"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_an_answer_that_was_interrupted_is_as_if_it_had_not_been(
    answer: list[ui.UIChunk],
    drops: list[int],
    sizes: list[int],
    mode: str,
    answers_at_once: bool,
    by_hand: bool,
    framed: bool,
) -> None:
    expected = MessageFold(UIMessage(id="x", role="assistant"))
    for chunk in answer:
        expected.apply(chunk)
    asked: list[str] = []
    told: list[ui.Data] = []
    view = Watched(ends=by_hand)

    async def answer_call(call: ui.ToolInputAvailable) -> None:
        asked.append(call.tool_call_id)
        if answers_at_once:
            await chat.add_tool_output(call.tool_call_id, "yes", tool="ask")

    async def talk() -> None:
        await chat.send_message("Hi")
        while chat.status == "error":
            await chat.resume_if_disconnected()

    chat = Chat(
        transport=Server(answer, drops, sizes, mode),
        id="c",
        on_change=view.apply,
        on_tool_call=answer_call,
        on_data=told.append,
        reconnect=None if by_hand else Reconnect(first_delay=0, tries=10),
        frames=(lambda draw: asyncio.get_running_loop().call_later(0.0001, draw)) if framed else None,
    )
    asyncio.run(talk())
    calls = [part for part in expected.message.parts if isinstance(part, ToolPart) and not part.provider_executed]
    for part in calls if answers_at_once else []:
        part.state, part.output = "output-available", "yes"
    assert chat.status == "ready"
    assert chat.messages[1:] == [expected.message]
    if by_hand and not answers_at_once:  # for a page that was loaded anew, a call that waits is asked again
        asked = list(set(asked))
    assert sorted(asked) == sorted(part.tool_call_id for part in calls)
    data = [chunk for chunk in answer if isinstance(chunk, ui.Data)]
    assert told == data if not by_hand else told[-len(data) :] == data
    assert view.shown == [message.parts for message in chat.messages]
