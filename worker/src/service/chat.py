"""`POST /api/chat`: one message in, its answer out, both saved.

The model is called at once. Beside it the admissions are asked: whether this user may, whether another answer is being
generated, whether the question has its answer already. The response begins when all have agreed, as a rule before the
first token; one that does not agree cancels the call.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import NamedTuple

import msgspec

from edgechat.sse import DONE
from edgechat.ui import chunks as ui
from edgechat.ui.messages import UIMessage
from service import generations
from service.answer import INSTRUCTIONS, Answer
from service.attachments import Attachments, with_files
from service.auth import User
from service.bindings import Env
from service.circuits import circuits
from service.feed import Feed
from service.generations import Busy, Duplicate, Generation
from service.history import Memory, summarise_with
from service.history import Turn as SavedTurn
from service.outcome import is_settled
from service.recall import Asked, recall
from service.replay import to_chunks
from service.routing import Plan, Speaker
from service.salvage import Announcement
from service.telemetry import phase
from service.turn import Turn
from service.web import HTTPError, Response, Stream

log = logging.getLogger("edgechat")

HEAD_START = 0.005
"""Seconds from the call of the model to the admissions. The call leaves when the isolate has nothing else to do: asked
at once, they would cost the first token as much time as they take to be asked."""

NOT_SAVED = "This answer could not be saved. Copy what you want to keep."

type Admission = Callable[[], Awaitable[None]]
"""Raises an `HTTPError` to refuse."""


class _Answered(Exception):
    """The question has its answer."""

    def __init__(self, answer: UIMessage) -> None:
        super().__init__(answer.id)
        self.answer = answer


class _Question(NamedTuple):
    asked: Asked
    speaker: Speaker
    prompt: list[UIMessage]
    """What the model is told."""


class Exchange:
    """One question and its answer, from the request to the saved turn."""

    def __init__(self, env: Env, user: User, turn: Turn, plan: Plan, admissions: Sequence[Admission] = ()) -> None:
        self._env = env
        self._user = user
        self._turn = turn
        self._plan = plan
        self._admissions = admissions
        self._memory = Memory(env.db, env.kv, env.r2, user)
        self._tape = env.tape(user.id, turn.chat_id)
        self._answer_id = turn.new_answer_id(user.id)
        self._response: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._pending: list[ui.UIChunk] = []
        self._audience: tuple[Generation, Feed] | None = None
        """Who is told of the chunks, once all have agreed."""

    async def respond(self) -> Response:
        """Raises `HTTPError`. An answer that was admitted is generated and saved, whether its client stays or not."""
        with phase("history"):
            question = await self._recall()
        self._env.wait_until(self._run(question))
        try:
            return await self._response
        except _Answered as answered:
            return _replay(answered.answer)
        except Duplicate as duplicate:
            return await self._attach(duplicate)
        except Busy:
            raise _busy() from None

    async def _recall(self) -> _Question:
        asked = await recall(self._memory, self._turn, self._answer_id, self._env.limits.history_tokens)
        speaker = Speaker(self._env, self._plan, asked)
        files = Attachments(self._env, self._user)
        return _Question(asked, speaker, await with_files(self._env, files, asked.told, speaker.choice))

    async def _run(self, question: _Question) -> None:
        try:
            try:
                answer = await self._generate(question, self._admit(question.asked))
            except Busy:
                if self._env.var("WHEN_BUSY") != "queue" or self._turn.message is None:
                    raise
                question, answer = await self._generate_later(question.asked)
            await self._end(question, answer)
        except Exception as error:
            if self._response.done():
                log.exception("An answer of chat %s was left as it was", self._turn.chat_id)
            else:
                self._response.set_exception(error)
        finally:
            if self._audience:
                _, feed = self._audience
                feed.close()

    async def _generate(self, question: _Question, admission: Awaitable[Generation]) -> Answer:
        """Raises what `admission` raises, when the call of the model has been cancelled."""
        self._pending.clear()
        asked, speaker, prompt = question
        answer = Answer(speaker, asked.answer, prompt, instructions=asked.past.instructions(INSTRUCTIONS))
        opening = asyncio.create_task(self._open(answer, admission))
        async with aclosing(answer.chunks()) as batches:
            async for chunks in batches:
                self._pending += chunks
                self._tell()
        if refusal := await opening:
            raise refusal
        return answer

    async def _generate_later(self, asked: Asked) -> tuple[_Question, Answer]:
        """When the answer before has ended: it is part of the conversation then."""
        generation = await self._begin(asked, waits=True)
        try:
            self._turn.parent_id = generation.parent_id
            question = await self._recall()
        except Exception:
            await generation.discard()
            raise
        return question, await self._generate(question, _granted(generation))

    async def _open(self, answer: Answer, admission: Awaitable[Generation]) -> Exception | None:
        """Begins the response, or stops the answer and returns why."""
        try:
            await asyncio.sleep(HEAD_START)
            with phase("admission"):
                generation = await admission
            feed = Feed()
            self._audience = generation, feed
            self._tell()
            self._response.set_result(Response(feed.pieces(), headers=dict(ui.HEADERS)))
            generation.start(answer.stop)
        except Exception as refusal:
            answer.stop()
            return refusal
        return None

    def _tell(self) -> None:
        if self._audience and self._pending:
            generation, feed = self._audience
            feed.send(generation.encode(self._pending))
            self._pending.clear()

    async def _admit(self, asked: Asked) -> Generation:
        """Raises the first refusal."""
        admissions = [*(admission() for admission in self._admissions), self._refuse_answered(asked)]
        *others, begun = await asyncio.gather(*admissions, self._begin(asked), return_exceptions=True)
        refusal = next((answer for answer in (*others, begun) if isinstance(answer, BaseException)), None)
        if refusal and isinstance(begun, Generation):
            await begun.discard()
        if refusal:
            raise refusal
        assert isinstance(begun, Generation)
        return begun

    async def _refuse_answered(self, asked: Asked) -> None:
        for message in asked.new:
            is_new = await self._memory.is_new(self._turn.chat_id, asked.parent_id, message)
            if not is_new and not self._turn.is_again and (answer := await self._find_answer()):
                raise _Answered(answer)

    async def _find_answer(self) -> UIMessage | None:
        """Only one that is whole, or was stopped."""
        chat_id = self._turn.chat_id
        branch = await self._memory.read(chat_id, lambda: self._memory.history.load(chat_id, self._answer_id))
        return branch[-1] if branch and is_settled(branch[-1]) else None

    def _begin(self, asked: Asked, *, waits: bool = False) -> Awaitable[Generation]:
        announcement = Announcement(
            user_id=self._user.id,
            chat_id=self._turn.chat_id,
            parent_id=asked.parent_id,
            new=msgspec.Raw(msgspec.json.encode(asked.new)),
            answer=msgspec.Raw(msgspec.json.encode(asked.answer)),
            key=asked.key,
            is_again=self._turn.is_again,
        )
        return generations.begin(self._tape, announcement, waits=waits)

    async def _attach(self, duplicate: Duplicate) -> Response:
        """To the answer that the same question got before."""
        assert self._tape
        if readable := await self._tape.follow(id=duplicate.id):
            return Response(Stream(readable), headers=dict(ui.HEADERS))
        if answer := await self._find_answer():
            return _replay(answer)
        raise _busy()  # its tape has ended without it

    async def _end(self, question: _Question, answer: Answer) -> None:
        """Who sees the end of the stream finds the turn in the history, and can send the next message."""
        assert self._audience
        asked, speaker, _ = question
        generation, feed = self._audience
        turn = SavedTurn(
            self._turn.chat_id,
            asked.parent_id,
            [*asked.new, answer.message],
            answer.outcome,
            speaker.usage,
            generation.began_at,
            asked.continues,
        )
        kept = await self._memory.keep(turn, asked.past)
        is_recorded = await generation.finish(answer.outcome, is_saved=kept != "lost")
        if kept == "lost" and not is_recorded:
            feed.send(ui.encode([ui.Error(error_text=NOT_SAVED)]))
        feed.send(DONE)
        feed.close()
        if self._env.routing:
            await circuits.sync(self._env.kv)
        if kept == "saved":
            summarise = summarise_with(self._env.model(self._plan.choice.model.id))
            await self._memory.compact(turn, asked.past, summarise, self._env.limits.history_tokens)


async def _granted(generation: Generation) -> Generation:
    return generation


def _busy() -> HTTPError:
    message = "Another answer is being written in this conversation. Wait for its end, or stop it."
    return HTTPError(HTTPStatus.CONFLICT, "busy", message)


def _replay(answer: UIMessage) -> Response:
    return Response(ui.encode(to_chunks(answer)) + DONE, headers=dict(ui.HEADERS))
