"""Text generation as Workers AI takes and answers it, on top of OpenAI chat completions."""

import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal

import msgspec

from pop.ai.backend import Backend, Json
from pop.ai.catalogue import Shape
from pop.ai.errors import AiError

SYSTEM = "You are a helpful assistant."
"""Said to a model that is told nothing else: without it, the smallest ones ramble."""

TEMPERATURE = 0.2
"""Where the request names none."""


class Message(msgspec.Struct):
    role: Literal["system", "user", "assistant", "tool"]
    content: str


class ResponseFormat(msgspec.Struct):
    type: Literal["json_schema", "json_object", "text"]
    json_schema: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class TextInputs(msgspec.Struct):
    """The documented inputs of text generation. Like the real models, it refuses null where a field may be absent."""

    prompt: str | msgspec.UnsetType = msgspec.UNSET
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET
    stream: bool = False
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] = 256
    temperature: Annotated[float, msgspec.Meta(ge=0, le=5)] = TEMPERATURE
    top_p: float | msgspec.UnsetType = msgspec.UNSET
    top_k: int | msgspec.UnsetType = msgspec.UNSET
    seed: int | msgspec.UnsetType = msgspec.UNSET
    frequency_penalty: float | msgspec.UnsetType = msgspec.UNSET
    presence_penalty: float | msgspec.UnsetType = msgspec.UNSET
    response_format: ResponseFormat | msgspec.UnsetType = msgspec.UNSET

    @property
    def json_mode(self) -> bool:
        return self.response_format is not msgspec.UNSET and self.response_format.type != "text"


def read_inputs(inputs: msgspec.Raw) -> TextInputs:
    try:
        parsed = msgspec.json.decode(inputs, type=TextInputs)
    except msgspec.DecodeError as error:
        raise AiError.bad_input(str(error)) from None
    if (parsed.prompt is msgspec.UNSET) == (parsed.messages is msgspec.UNSET):
        raise AiError.bad_input("one of `prompt` and `messages` is required")
    if parsed.json_mode and parsed.stream:
        raise AiError.no_stream_in_json_mode()
    return parsed


def to_openai(inputs: TextInputs) -> Json:
    """The request for a backend: always a stream, whose last chunk has the usage."""
    messages = [Message("user", inputs.prompt)] if isinstance(inputs.prompt, str) else list(inputs.messages or [])
    if messages[0].role != "system":
        messages.insert(0, Message("system", SYSTEM))
    names = ("max_tokens", "temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty")
    request: Json = {name: value for name in names if (value := getattr(inputs, name)) is not msgspec.UNSET}
    request |= {"messages": msgspec.to_builtins(messages), "stream": True, "stream_options": {"include_usage": True}}
    if inputs.json_mode and isinstance(inputs.response_format, ResponseFormat):
        request["response_format"] = _response_format(inputs.response_format)
    return request


def _response_format(wanted: ResponseFormat) -> Json:
    if isinstance(wanted.json_schema, dict):
        # Workers AI takes the bare schema, and OpenAI's {name, schema} as well.
        schema = wanted.json_schema.get("schema", wanted.json_schema)
        return {"type": "json_schema", "json_schema": {"name": "response", "schema": schema}}
    return {"type": "json_object"}


async def generate(backend: Backend, inputs: TextInputs, shape: Shape) -> Json:
    """The whole answer."""
    text: list[str] = []
    finish = "stop"
    usage: Json = {}
    async with aclosing(backend.stream(to_openai(inputs))) as chunks:
        async for chunk in chunks:
            for choice in chunk.get("choices", []):
                text.append(choice["delta"].get("content") or "")
                finish = choice.get("finish_reason") or finish
            usage = _usage(chunk) or usage
    content: Any = "".join(text)
    if inputs.json_mode:
        try:
            content = msgspec.json.decode(content)
        except msgspec.DecodeError:
            raise AiError.json_not_met() from None
    if shape == "native":
        return {"response": content, "tool_calls": [], "usage": usage}
    message = {"role": "assistant", "content": "".join(text)}
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish}], "usage": usage}


async def stream(backend: Backend, inputs: TextInputs, shape: Shape) -> AsyncGenerator[Json]:
    """The events of a streamed answer, without the final [DONE]."""
    async with aclosing(backend.stream(to_openai(inputs))) as chunks:
        async for event in _native(chunks) if shape == "native" else chunks:
            yield event


async def _native(chunks: AsyncIterator[Json]) -> AsyncIterator[Json]:
    async for chunk in chunks:
        for choice in chunk.get("choices", []):
            if text := choice["delta"].get("content"):  # the first delta has the role only
                yield {"response": text, "p": _padding()}
        if usage := _usage(chunk):
            yield {"response": "", "usage": usage, "p": _padding()}


def _usage(chunk: Json) -> Json:
    usage = chunk.get("usage") or {}
    return {name: usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens") if name in usage}


def _padding() -> str:
    """Native events carry random padding, so that their lengths tell nothing of the tokens."""
    return secrets.token_urlsafe(secrets.randbelow(24))
