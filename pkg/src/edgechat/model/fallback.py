"""Another model where one fails, or is late."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Protocol

from edgechat.errors import (
    APICallError,
    CircuitOpenError,
    EdgeChatError,
    GenerationError,
    InvalidArgumentError,
    MessageConversionError,
    ModelTimeoutError,
    NoOutputGeneratedError,
    RoutingError,
    UnsupportedFunctionalityError,
)
from edgechat.model.begun import BegunStream
from edgechat.model.parts import (
    Error,
    Finish,
    ModelPart,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    ResponseMetadata,
    StreamStart,
    TextDelta,
    TextEnd,
    TextStart,
)
from edgechat.model.types import LanguageModel, ModelCall, PartStream

_NO_OUTPUT = (StreamStart, ResponseMetadata, TextStart, TextEnd, ReasoningStart, ReasoningEnd, Error, Finish)


def is_model_failure(error: Exception) -> bool:
    """Another model may do better: unlike after a mistake in one's own code."""
    return isinstance(error, EdgeChatError)


_NO_SUCH_MODEL = 5007  # of Workers AI, with status 400
_OF_ONE_REQUEST = (
    RoutingError,
    GenerationError,
    InvalidArgumentError,
    MessageConversionError,
    UnsupportedFunctionalityError,
)


def is_outage(error: Exception) -> bool:
    """Others will meet it too: unlike what is wrong with this one request, by which a user could close a model to
    everybody."""
    if isinstance(error, APICallError):
        return error.status not in (400, 413, 422) or error.code == _NO_SUCH_MODEL
    return isinstance(error, EdgeChatError) and not isinstance(error, _OF_ONE_REQUEST)


class Breaker(Protocol):
    """Remembers which models fail, such as `edgechat.routing.CircuitBreaker`. It is told of outages only."""

    def admits(self, model_id: str) -> bool: ...

    def succeeded(self, model_id: str) -> None: ...

    def failed(self, model_id: str) -> None: ...


class FallbackModel:
    """A `LanguageModel` that asks the next of `models` when one fails before its first output.

    A failure is an error of the call or in the stream, an end without output, or no output within `first_token_timeout`
    seconds; being cancelled is none. The last model may be late, and may say nothing. After the first output errors go
    through: there is no way back.

    The context is entered with the first output. `ResponseMetadata` names the model that answers, the warnings of
    `StreamStart` say why others did not. When all fail, the error of the last is raised, with notes about the others.

    A model that the `breaker` does not admit is passed over, unless it is the last.
    """

    def __init__(
        self,
        models: Sequence[LanguageModel],
        *,
        first_token_timeout: float | None = None,
        should_fall_back: Callable[[Exception], bool] = is_model_failure,
        breaker: Breaker | None = None,
    ) -> None:
        self.models = models
        self.provider = models[0].provider
        self.model_id = models[0].model_id
        self._first_token_timeout = first_token_timeout
        self._should_fall_back = should_fall_back
        self._breaker = breaker

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator["FallbackStream"]:
        errors: list[Exception] = []
        for model in self.models:
            is_last = len(errors) + 1 == len(self.models)
            async with AsyncExitStack() as context:
                try:
                    if self._breaker and not is_last and not self._breaker.admits(model.model_id):
                        raise CircuitOpenError(model.model_id)
                    stream, parts = await self._begin(model, call, context, is_last=is_last)
                except Exception as error:
                    self._note(model, error)
                    if not is_last and self._should_fall_back(error):
                        errors.append(error)
                        continue
                    for reason in self._reasons(errors):
                        error.add_note(reason)
                    raise
                watched = _Watched(stream, partial(self._note, model))
                yield FallbackStream(watched, _introduced(parts, model, self._reasons(errors)), model, errors)
                return

    def _note(self, model: LanguageModel, error: Exception | None) -> None:
        if self._breaker and error is None:
            self._breaker.succeeded(model.model_id)
        elif self._breaker and error and is_outage(error):
            self._breaker.failed(model.model_id)

    async def _begin(
        self, model: LanguageModel, call: ModelCall, context: AsyncExitStack, *, is_last: bool
    ) -> tuple[PartStream, list[ModelPart]]:
        """Reads up to the first output."""
        limit = None if is_last else self._first_token_timeout
        parts: list[ModelPart] = []
        try:
            async with asyncio.timeout(limit) as deadline:
                stream = await context.enter_async_context(model.stream(call))
                while (more := await stream.read()) is not None:
                    parts += more
                    if _has_output(more):
                        return stream, parts
        except TimeoutError:
            if limit is None or not deadline.expired():
                raise
            raise ModelTimeoutError("first token", limit) from None
        if not is_last:
            raise NoOutputGeneratedError("The answer ended without any output.")
        return stream, parts

    def _reasons(self, errors: list[Exception]) -> list[str]:
        return [f"{model.model_id} failed: {error}" for model, error in zip(self.models, errors, strict=False)]


class FallbackStream(BegunStream):
    """A `PartStream`: `model` is the one that answers, `errors` are those of the models before it."""

    def __init__(
        self, stream: PartStream, first: list[ModelPart], model: LanguageModel, errors: list[Exception]
    ) -> None:
        super().__init__(stream, first)
        self.model = model
        self.errors = errors


class _Watched:
    """Tells how the answer ends: once, by an error or by None."""

    def __init__(self, stream: PartStream, ended: Callable[[Exception | None], None]) -> None:
        self.headers: Mapping[str, str] = stream.headers
        self._stream = stream
        self._ended: Callable[[Exception | None], None] | None = ended

    async def read(self) -> list[ModelPart] | None:
        try:
            parts = await self._stream.read()
        except Exception as error:
            self._end(error)
            raise
        if parts is None:
            self._end(None)
        else:
            for part in parts:
                if isinstance(part, Error):
                    self._end(part.error)
        return parts

    def _end(self, error: Exception | None) -> None:
        if self._ended:
            self._ended(error)
            self._ended = None


def _has_output(parts: list[ModelPart]) -> bool:
    """Raises the error that comes before."""
    for part in parts:
        if isinstance(part, Error):
            raise part.error
        if isinstance(part, Finish) and part.finish_reason == "error":
            raise NoOutputGeneratedError("The answer ended with an error, without any output.")
        if isinstance(part, TextDelta | ReasoningDelta):
            if part.delta:
                return True
        elif not isinstance(part, _NO_OUTPUT):
            return True
    return False


def _introduced(parts: list[ModelPart], model: LanguageModel, reasons: list[str]) -> list[ModelPart]:
    """With the name of the model, and the reasons among the warnings of the start."""
    warnings = [warning for part in parts if isinstance(part, StreamStart) for warning in part.warnings]
    rest = [part for part in parts if not isinstance(part, StreamStart)]
    return [StreamStart(reasons + warnings), ResponseMetadata(model_id=model.model_id), *rest]
