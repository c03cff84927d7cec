"""One call of a model, from its admission to its bill. As in a chat, the model is called while D1 is asked.

Who is refused, or leaves, ends the call. Paid for it is all the same: what has begun costs money.
"""

import asyncio
import logging
from collections.abc import Coroutine
from http import HTTPStatus
from typing import Any, NoReturn

from edgechat.errors import APICallError, EdgeChatError, ModelTimeoutError, NoTranscriptGeneratedError, public_text
from edgechat.model.parts import Usage
from service import auth, limits
from service.bindings import Env
from service.chat import HEAD_START
from service.metering import Meter, MeteredModel
from service.settings import Workload, Workloads
from service.telemetry import phase
from service.web import HTTPError, Request

log = logging.getLogger("edgechat")

_NO_SUCH_MODEL = 5007


class Call:
    """Raises a 401, 403 or 429 like a chat, and a 404 where the workload is not offered."""

    def __init__(self, request: Request, env: Env, name: Workload) -> None:
        self._request = request
        self._env = env
        self._name: Workload = name
        self._session = auth.require_session(request, env)
        self._caller = limits.caller_of(request, env, self._session.user)
        if env.limits.workloads is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "not_offered", "This service does not offer that.")
        self.settings: Workloads = env.limits.workloads
        self._meter = Meter()
        self._is_free = False

    def language_model(self, alias: str) -> MeteredModel:
        model = self._env.limits.models[alias]
        return MeteredModel(self._env.model(model.id), model, self._meter)

    async def check(self) -> None:
        """Before a model is called."""
        await limits.check(self._env, self._caller, self._name)

    async def admit(self) -> None:
        """Beside the call of the model. Raises `HTTPError`."""
        await asyncio.sleep(HEAD_START)
        with phase("admission"):
            await asyncio.gather(
                auth.refuse_revoked(self._env, self._session),
                limits.admit_call(self._env, self._caller, self._name, self.settings),
            )

    async def left(self) -> None:
        await self._request.left()

    async def result[T](self, work: Coroutine[Any, Any, T]) -> T:
        """What the work comes to. It ends when it is refused, or nobody waits for it any more. Raises `HTTPError`."""
        working = asyncio.ensure_future(work)
        admitting = asyncio.ensure_future(self.admit())
        leaving = asyncio.ensure_future(self.left())
        tasks: list[asyncio.Future[Any]] = [working, admitting, leaving]
        try:
            while not (working.done() and admitting.done()):
                await asyncio.wait([task for task in tasks if not task.done()], return_when=asyncio.FIRST_COMPLETED)
                if leaving.done():
                    raise HTTPError(HTTPStatus.REQUEST_TIMEOUT, "left", "Nobody waits for this any more.")
                if admitting.done():
                    admitting.result()
            return working.result()
        except (EdgeChatError, TimeoutError) as error:
            self._is_free = isinstance(error, APICallError) and error.status is not None
            _refuse(self._name, error)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.bill()

    def bill(self) -> None:
        """Books what language models have taken, once they have ended."""
        for model_id, usage in self._meter.usage.items():
            self._book(model_id, usage)

    def bill_sound(self, model_id: str, tokens: int) -> None:
        """Books what was heard or spoken. A call that the server has refused has cost nothing."""
        if not self._is_free:
            self._book(model_id, Usage(input_tokens=tokens, output_tokens=0))

    def _book(self, model_id: str, usage: Usage) -> None:
        self._env.wait_until(limits.book(self._env.db, self._session.user, self._name, model_id, usage))


def _refuse(name: Workload, error: Exception) -> NoReturn:
    """What the reader is told of an error of the model."""
    if isinstance(error, NoTranscriptGeneratedError):
        raise HTTPError(HTTPStatus.UNPROCESSABLE_ENTITY, "nothing_heard", error.public_message) from None
    log.warning("%s has failed: %s", name, error)
    if isinstance(error, APICallError) and error.code == _NO_SUCH_MODEL:
        advice = "There is no model for this here. On a machine of your own, install one: make setup-voice."
        raise HTTPError(HTTPStatus.NOT_IMPLEMENTED, "no_model", advice) from None
    if isinstance(error, APICallError) and error.status in (400, 413, 415, 422):
        raise HTTPError(HTTPStatus.UNPROCESSABLE_ENTITY, "not_understood", "The model cannot read this.") from None
    text = ModelTimeoutError.public_message if isinstance(error, TimeoutError) else public_text(error)
    raise HTTPError(HTTPStatus.BAD_GATEWAY, "model_failed", text) from None
