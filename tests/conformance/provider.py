"""Streams of providers: bytes in, parts of the model out, whole and in pieces."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from conformance import files
from conformance.compare import difference, normalise
from edgechat.errors import APICallError, StreamTruncatedError
from edgechat.model.anthropic import AnthropicMessages
from edgechat.model.openai_chat import OpenAIChat
from edgechat.model.openai_compatible import OpenAICompatible
from edgechat.model.openai_responses import OpenAIResponses
from edgechat.model.parts import Error, Finish, ModelPart, StreamStart, Usage
from edgechat.model.prompt import UserMessage
from edgechat.model.types import API, FunctionTool, ModelCall
from edgechat.model.workers_ai import WorkersAI

BAR = 0.95

PIECES = (1, 7, 64, 1 << 30)
"""Sizes in bytes of the network reads with which each case is tried."""

APIS: dict[str, Callable[[], API]] = {
    "anthropic": lambda: AnthropicMessages("claude-sonnet-4-5", api_key="key"),
    "openai-chat": lambda: OpenAIChat("gpt-4.1-nano"),
    "openai-responses": lambda: OpenAIResponses("gpt-5"),
    "compat": lambda: OpenAICompatible("model", provider="p", base_url="http://127.0.0.1"),
    "workers-openai": lambda: WorkersAI("@cf/conformance/model"),
    "workers-native": lambda: WorkersAI("@cf/conformance/model"),
}
"""As the recordings were made."""

ERRORS = {
    "AI_APICallError": "APICallError",
    "Error": "APICallError",  # a first event that cannot be read
    "AI_JSONParseError": "StreamFormatError",
    "AI_TypeValidationError": "StreamFormatError",
    "AI_InvalidResponseDataError": "StreamFormatError",
}
"""The names of errors there and here."""


def cases(file: Path) -> Iterator[tuple[str, Any]]:
    for name, case in files.lines(file):
        if case["kind"] in APIS:
            yield f"{case['kind']} {name}", case


def check(case: Any) -> str | None:
    return next((found for size in PIECES if (found := check_parts(case, size))), None)


def check_parts(case: Any, size: int) -> str | None:
    expected: Any = [expected_part(part) for part in case.get("parts") or []]
    if "partsError" in case:
        expected = ERRORS[case["partsError"]["__error"]]
    try:
        actual: Any = [wire(part) for part in parts_of(case, size)]
    except APICallError as error:
        actual = type(error).__name__
    return difference(normalise(expected, case["sse"], {}), normalise(actual, case["sse"], {}))


def parts_of(case: Any, size: int) -> list[ModelPart]:
    """What the decoder makes of the recording, in pieces of `size` bytes."""
    api = APIS[case["kind"]]()
    tools = [FunctionTool(name=name, input_schema={}) for name in case["tools"]]
    call = ModelCall(messages=[UserMessage("hi")], tools=[*tools])
    parts: list[ModelPart] = [StreamStart(api.build(call).warnings)]
    decoder = api.decoder(call, {})
    data = case["sse"].encode()
    for at in range(0, len(data), size):
        parts += decoder.feed(data[at : at + size])
    return parts + decoder.close()


def expected_part(part: dict[str, Any]) -> dict[str, Any]:
    if part["type"] != "error":
        return part
    error = part["error"]
    name = error.get("__error") if isinstance(error, dict) else None
    # An error that the provider sent in the stream is a plain object there.
    return {"type": "error", "error": ERRORS[name] if name else "APICallError"}


def wire(part: ModelPart) -> dict[str, Any]:
    """A part as JSON of the provider specification V4."""
    match part:
        case StreamStart():
            return {"type": "stream-start", "warnings": part.warnings}
        case Error():
            is_format = isinstance(part.error, StreamTruncatedError)
            return {"type": "error", "error": "StreamFormatError" if is_format else type(part.error).__name__}
        case Finish():
            return {
                "type": "finish",
                "finishReason": defined({"unified": part.finish_reason, "raw": part.raw_finish_reason}),
                "usage": wire_usage(part.usage),
                **defined({"providerMetadata": part.provider_metadata}),
            }
    wire: dict[str, Any] = msgspec.to_builtins(part)
    return wire


def wire_usage(usage: Usage) -> dict[str, Any]:
    return {
        "inputTokens": defined(
            {
                "total": usage.input_tokens,
                "noCache": usage.no_cache_tokens,
                "cacheRead": usage.cache_read_tokens,
                "cacheWrite": usage.cache_write_tokens,
            }
        ),
        "outputTokens": defined(
            {"total": usage.output_tokens, "text": usage.text_tokens, "reasoning": usage.reasoning_tokens}
        ),
        **defined({"raw": usage.raw}),
    }


def defined(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
