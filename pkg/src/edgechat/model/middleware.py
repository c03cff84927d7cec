"""Middleware: what changes the calls of a model, or its answers (npm `ai` 7.0.173, `LanguageModelMiddleware`).

What a middleware cannot express, such as a cache that answers instead of the model, is a `LanguageModel` of its own.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypedDict, Unpack

import msgspec

from edgechat.model.parts import ModelPart
from edgechat.model.prompt import ProviderOptions, SystemMessage
from edgechat.model.types import (
    FunctionTool,
    JSONFormat,
    LanguageModel,
    ModelCall,
    PartStream,
    ProviderTool,
    Reasoning,
    ToolChoice,
)


class PartTransform(Protocol):
    """Changes the parts of one answer."""

    def feed(self, parts: list[ModelPart]) -> list[ModelPart]: ...

    def close(self) -> list[ModelPart]:
        """What is left at the end of the stream."""
        ...


class Middleware(msgspec.Struct, kw_only=True, frozen=True):
    transform_call: Callable[[ModelCall, LanguageModel], Awaitable[ModelCall]] | None = None
    """Is given the model that it wraps, too."""
    transform_stream: Callable[[ModelCall], PartTransform] | None = None
    """A fresh transform for the answer to this call."""


def wrap_language_model(model: LanguageModel, middleware: Middleware | Sequence[Middleware]) -> LanguageModel:
    """Of several, the first changes the call first and the answer last: it is the outermost."""
    layers = [middleware] if isinstance(middleware, Middleware) else middleware
    for layer in reversed(layers):
        model = _WrappedModel(model, layer)
    return model


class _WrappedModel:
    def __init__(self, model: LanguageModel, middleware: Middleware) -> None:
        self.provider = model.provider
        self.model_id = model.model_id
        self._model = model
        self._middleware = middleware

    @asynccontextmanager
    async def stream(self, call: ModelCall) -> AsyncGenerator[PartStream]:
        if self._middleware.transform_call:
            call = await self._middleware.transform_call(call, self._model)
        async with self._model.stream(call) as stream:
            if self._middleware.transform_stream:
                yield _TransformedStream(stream, self._middleware.transform_stream(call))
            else:
                yield stream


class _TransformedStream:
    def __init__(self, stream: PartStream, transform: PartTransform) -> None:
        self.headers: Mapping[str, str] = stream.headers
        self._stream = stream
        self._transform: PartTransform | None = transform

    async def read(self) -> list[ModelPart] | None:
        while self._transform:
            parts = await self._stream.read()
            if parts is None:
                parts = self._transform.close()
                self._transform = None
            else:
                parts = self._transform.feed(parts)
            if parts:
                return parts
        return None


class Settings(TypedDict, total=False):
    """What of a `ModelCall` can have a default."""

    tools: list[FunctionTool | ProviderTool]
    tool_choice: ToolChoice
    max_output_tokens: int
    temperature: float
    top_p: float
    top_k: int
    presence_penalty: float
    frequency_penalty: float
    stop_sequences: list[str]
    seed: int
    reasoning: Reasoning
    response_format: JSONFormat
    headers: Mapping[str, str]
    provider_options: ProviderOptions


def default_settings(**settings: Unpack[Settings]) -> Middleware:
    """Settings for calls that leave them open. `headers` and `provider_options` are merged, the call's come first."""

    async def transform_call(call: ModelCall, model: LanguageModel) -> ModelCall:  # noqa: ARG001
        changes: dict[str, Any] = {}
        for name, default in settings.items():
            value = getattr(call, name)
            if isinstance(value, Mapping):
                changes[name] = _merge(default, value)
            elif value is None or value == []:
                changes[name] = default
        return msgspec.structs.replace(call, **changes)

    return Middleware(transform_call=transform_call)


def _merge(base: Any, over: Mapping[str, Any]) -> Any:
    if not isinstance(base, Mapping):
        return over
    merged = dict(base)
    for key, value in over.items():
        merged[key] = _merge(base.get(key), value) if isinstance(value, Mapping) else value
    return merged


def default_instructions(instructions: str | SystemMessage) -> Middleware:
    """A system message for calls that have none."""
    message = SystemMessage(instructions) if isinstance(instructions, str) else instructions

    async def transform_call(call: ModelCall, model: LanguageModel) -> ModelCall:  # noqa: ARG001
        if any(isinstance(message, SystemMessage) for message in call.messages):
            return call
        return msgspec.structs.replace(call, messages=[message, *call.messages])

    return Middleware(transform_call=transform_call)
