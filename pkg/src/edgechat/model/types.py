"""How a model is called.

A provider's half is pure: an `API` builds requests and decodes answers. A sender moves the bytes. Both together are a
`LanguageModel`, which is what `stream_text` wants.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Literal, Protocol

import msgspec

from edgechat.errors import APICallError
from edgechat.http import FetchResponse
from edgechat.model.parts import ModelPart
from edgechat.model.prompt import ModelMessage, ProviderOptions

type JSONSchema = dict[str, Any]
type Reasoning = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class FunctionTool(msgspec.Struct, kw_only=True, frozen=True):
    """A tool that the caller runs."""

    name: str
    description: str | None = None
    input_schema: JSONSchema
    strict: bool | None = None
    provider_options: ProviderOptions | None = None


class ProviderTool(msgspec.Struct, kw_only=True, frozen=True):
    """A tool that the provider defines, such as "anthropic.web_search_20250305"; `name` is what the model calls it."""

    id: str
    name: str
    args: dict[str, Any] = msgspec.field(default_factory=dict)


class ToolNamed(msgspec.Struct, frozen=True):
    """The model must call this tool."""

    name: str


type ToolChoice = Literal["auto", "none", "required"] | ToolNamed


class JSONFormat(msgspec.Struct, kw_only=True, frozen=True):
    """The answer is to be JSON, by `schema` if there is one."""

    schema: JSONSchema | None = None
    name: str | None = None
    description: str | None = None


class ModelCall(msgspec.Struct, kw_only=True, frozen=True):
    """One call of a model, independent of the provider. None leaves it to the provider."""

    messages: list[ModelMessage]
    tools: list[FunctionTool | ProviderTool] = []
    tool_choice: ToolChoice | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    stop_sequences: list[str] = []
    seed: int | None = None
    reasoning: Reasoning | None = None
    response_format: JSONFormat | None = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    provider_options: ProviderOptions = msgspec.field(default_factory=dict)


class ModelRequest(msgspec.Struct, kw_only=True, frozen=True):
    """One call in the words of a provider. `url` is None for what goes through a binding."""

    model: str
    body: bytes
    """JSON."""
    url: str | None = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    warnings: list[str] = []
    """What of the call this model does not support."""


class Decoder(Protocol):
    """Bytes of one answer in, parts out.

    Raises `APICallError` for an error that comes before any output, so that the call can be tried again; what is wrong
    later becomes an `Error` part.
    """

    def feed(self, data: bytes) -> list[ModelPart]: ...

    def close(self) -> list[ModelPart]:
        """The parts that follow from the end of the stream: `Finish` last, unless an error has ended it before."""
        ...


class API(Protocol):
    """What a provider understands. Pure: no I/O."""

    @property
    def provider(self) -> str:
        """Such as "workers-ai": the key of its `provider_options`."""
        ...

    @property
    def model_id(self) -> str: ...

    def build(self, call: ModelCall) -> ModelRequest: ...

    def decoder(self, call: ModelCall, headers: Mapping[str, str]) -> Decoder:
        """A decoder for one answer, whose headers have arrived."""
        ...

    def error(self, status: int, headers: Mapping[str, str], body: str) -> APICallError:
        """The error of an answer that is none: 4xx or 5xx."""
        ...


class Sender(Protocol):
    """Sends a request. Leaving the context before the end cancels the call."""

    def __call__(self, request: ModelRequest) -> AbstractAsyncContextManager[FetchResponse]: ...


class PartStream(Protocol):
    """An answer that has begun."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    async def read(self) -> list[ModelPart] | None:
        """The parts since the last read, at least one; None at the end. Raises `APICallError` as a `Decoder` does, and
        when the connection drops."""
        ...


class LanguageModel(Protocol):
    @property
    def provider(self) -> str: ...

    @property
    def model_id(self) -> str: ...

    def stream(self, call: ModelCall) -> AbstractAsyncContextManager[PartStream]:
        """Calls the model. Leaving the context before the end cancels the call."""
        ...


def without_none(body: dict[str, Any]) -> dict[str, Any]:
    """Models refuse null where a field may be absent."""
    return {key: value for key, value in body.items() if value is not None}
