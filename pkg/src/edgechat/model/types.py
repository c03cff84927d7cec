"""The vocabulary between the SDK and a model (provider specification V4 of npm `ai`, `@ai-sdk/provider` 4.0.38).

A model is a request builder and a decoder, both pure. A sender moves the bytes.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

import msgspec

type FinishReason = Literal["stop", "length", "content-filter", "tool-calls", "error", "other"]


class ModelMessage(msgspec.Struct, frozen=True):
    role: Literal["system", "user", "assistant"]
    content: str


class Usage(msgspec.Struct, rename="camel", frozen=True):
    """Tokens of one call. None where the provider does not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None


class ModelCall(msgspec.Struct, kw_only=True, frozen=True):
    """One call of a model, independent of the provider."""

    messages: list[ModelMessage]
    max_output_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None


class ModelRequest(msgspec.Struct, kw_only=True, frozen=True):
    """One call in the words of a provider: `body` is JSON."""

    model: str
    body: bytes
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)


class _Part(msgspec.Struct, tag_field="type", rename="camel"):
    pass


class ResponseMetadata(_Part, tag="response-metadata"):
    model_id: str


class TextStart(_Part, tag="text-start"):
    id: str


class TextDelta(_Part, tag="text-delta"):
    id: str
    delta: str


class TextEnd(_Part, tag="text-end"):
    id: str


class ReasoningStart(_Part, tag="reasoning-start"):
    id: str


class ReasoningDelta(_Part, tag="reasoning-delta"):
    id: str
    delta: str


class ReasoningEnd(_Part, tag="reasoning-end"):
    id: str


class Error(_Part, tag="error"):
    error: Exception


class Finish(_Part, tag="finish"):
    finish_reason: FinishReason
    usage: Usage
    raw_finish_reason: str | None = None


type ModelPart = (
    ResponseMetadata | TextStart | TextDelta | TextEnd | ReasoningStart | ReasoningDelta | ReasoningEnd | Error | Finish
)


class Decoder(Protocol):
    """Bytes of one answer in, parts out. A decoder never raises for what a server sent: it yields an `Error` part."""

    def feed(self, data: bytes) -> list[ModelPart]: ...

    def close(self) -> list[ModelPart]:
        """The parts that follow from the end of the stream, `Finish` last."""
        ...


class Model(Protocol):
    @property
    def model_id(self) -> str: ...

    def build(self, call: ModelCall) -> ModelRequest: ...

    def decoder(self, headers: Mapping[str, str]) -> Decoder:
        """A decoder for one answer, whose headers have arrived."""
        ...


class ModelResponse(Protocol):
    """An answer that has begun."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""
        ...

    async def read(self) -> bytes | None:
        """What has come since the last read, or None at the end."""
        ...


class Sender(Protocol):
    """Sends a request. Leaving the context before the end cancels the call; an error answer is an `APICallError`."""

    def __call__(self, request: ModelRequest) -> AbstractAsyncContextManager[ModelResponse]: ...


def without_none(body: dict[str, Any]) -> dict[str, Any]:
    """Models refuse null where a field may be absent."""
    return {key: value for key, value in body.items() if value is not None}
