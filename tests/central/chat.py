"""OpenAI's Chat Completions API (platform.openai.com: API reference, Chat)."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from central.rules import Refusal, Strict, check_image_url, decoded, refuse_unless, sse

type ToolName = Annotated[str, msgspec.Meta(pattern="^[a-zA-Z0-9_-]{1,64}$")]
type CallID = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]

USAGE = {
    "prompt_tokens": 7,
    "completion_tokens": 11,
    "total_tokens": 18,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 0},
}
REASONS = re.compile(r"o\d|gpt-[5-9]")
"""Models that refuse max_tokens and sampling."""


class TextPart(Strict, tag_field="type", tag="text"):
    text: str


class ImageURL(Strict):
    url: str
    detail: Literal["auto", "low", "high"] = "auto"


class ImagePart(Strict, tag_field="type", tag="image_url"):
    image_url: ImageURL


class File(Strict):
    file_id: str | msgspec.UnsetType = msgspec.UNSET
    filename: str | msgspec.UnsetType = msgspec.UNSET
    file_data: str | msgspec.UnsetType = msgspec.UNSET


class FilePart(Strict, tag_field="type", tag="file"):
    file: File


class Audio(Strict):
    data: str
    format: Literal["wav", "mp3"]


class AudioPart(Strict, tag_field="type", tag="input_audio"):
    input_audio: Audio


class SystemMessage(Strict, tag_field="role", tag="system"):
    content: str | list[TextPart]


class DeveloperMessage(Strict, tag_field="role", tag="developer"):
    content: str | list[TextPart]


class UserMessage(Strict, tag_field="role", tag="user"):
    content: str | Annotated[list[TextPart | ImagePart | FilePart | AudioPart], msgspec.Meta(min_length=1)]


class Function(Strict):
    name: ToolName
    arguments: str


class ToolCall(Strict):
    id: CallID
    type: Literal["function"]
    function: Function


class AssistantMessage(Strict, tag_field="role", tag="assistant"):
    content: str | list[TextPart] | None = None
    tool_calls: Annotated[list[ToolCall], msgspec.Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET


class ToolMessage(Strict, tag_field="role", tag="tool"):
    content: str | list[TextPart]
    tool_call_id: CallID


type Message = SystemMessage | DeveloperMessage | UserMessage | AssistantMessage | ToolMessage


class FunctionTool(Strict):
    name: ToolName
    parameters: dict[str, Any]
    description: str = ""
    strict: bool = False


class Tool(Strict):
    type: Literal["function"]
    function: FunctionTool


class StreamOptions(Strict):
    include_usage: bool = False
    include_obfuscation: bool = True


class ChatRequest(Strict):
    model: str
    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    stream: bool = False
    stream_options: StreamOptions | msgspec.UnsetType = msgspec.UNSET
    max_tokens: int | msgspec.UnsetType = msgspec.UNSET
    max_completion_tokens: int | msgspec.UnsetType = msgspec.UNSET
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | msgspec.UnsetType = msgspec.UNSET
    top_p: float | msgspec.UnsetType = msgspec.UNSET
    presence_penalty: float = 0
    frequency_penalty: float = 0
    seed: int | msgspec.UnsetType = msgspec.UNSET
    stop: Annotated[list[str], msgspec.Meta(max_length=4)] | msgspec.UnsetType = msgspec.UNSET
    tools: Annotated[list[Tool], msgspec.Meta(min_length=1)] | msgspec.UnsetType = msgspec.UNSET
    tool_choice: Literal["auto", "none", "required"] | dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | msgspec.UnsetType = msgspec.UNSET
    verbosity: Literal["low", "medium", "high"] | msgspec.UnsetType = msgspec.UNSET
    response_format: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    store: bool = False


def check_headers(headers: Mapping[str, str], key: str) -> None:
    if headers.get("authorization") != f"Bearer {key}":
        raise Refusal(401, "invalid_api_key", "Incorrect API key provided.")
    refuse_unless(headers.get("content-type") == "application/json", "content-type: must be application/json")


def check_model(model: str, models: set[str]) -> None:
    if model not in models:
        raise Refusal(404, "model_not_found", f"The model `{model}` does not exist or you do not have access to it.")


def error_body(refusal: Refusal) -> bytes:
    error = {"message": str(refusal), "type": "invalid_request_error", "param": None, "code": refusal.code}
    return msgspec.json.encode({"error": error})


class OpenAIChat:
    path = "/v1/chat/completions"

    def __init__(self, key: str, models: set[str]) -> None:
        self._key = key
        self._models = models

    def answer(self, headers: Mapping[str, str], body: bytes) -> "Speaker":
        check_headers(headers, self._key)
        request = decoded(body, ChatRequest)
        check_model(request.model, self._models)
        check(request)
        return Speaker(request)

    def refusal(self, refusal: Refusal) -> bytes:
        return error_body(refusal)


def check(request: ChatRequest) -> None:
    refuse_unless(request.stream, "this server only streams")
    if REASONS.match(request.model):
        refuse_unless(request.max_tokens is msgspec.UNSET, "use 'max_completion_tokens' instead of 'max_tokens'")
        sampled = (request.temperature, request.top_p) != (msgspec.UNSET,) * 2
        refuse_unless(not sampled or request.reasoning_effort == "none", "'temperature' is not supported")
    else:
        refuse_unless(request.reasoning_effort is msgspec.UNSET, "'reasoning_effort' is not supported")
    has_tools = request.tools is not msgspec.UNSET
    refuse_unless(has_tools or request.tool_choice is msgspec.UNSET, "'tool_choice' is only allowed with 'tools'")
    open_calls: list[str] = []
    for at, message in enumerate(request.messages):
        if isinstance(message, ToolMessage):
            refuse_unless(message.tool_call_id in open_calls, f"messages[{at}]: 'tool' must follow its 'tool_calls'")
            open_calls.remove(message.tool_call_id)
            continue
        refuse_unless(not open_calls, f"messages[{at}]: 'tool_call_id's without a response: {open_calls}")
        if isinstance(message, AssistantMessage):
            calls = [] if message.tool_calls is msgspec.UNSET else message.tool_calls
            open_calls = [call.id for call in calls]
            refuse_unless(len(set(open_calls)) == len(open_calls), f"messages[{at}]: duplicate ids of 'tool_calls'")
            refuse_unless(calls or message.content is not None, f"messages[{at}].content: expected a string, got null")
        for part in message.content if isinstance(message.content, list) else ():
            if isinstance(part, ImagePart):
                check_image_url(part.image_url.url)
    refuse_unless(not open_calls, f"'tool_call_id's without a response: {open_calls}")


class Speaker:
    def __init__(self, request: ChatRequest) -> None:
        self._model = request.model
        options = request.stream_options
        self._tells_usage = options is not msgspec.UNSET and options.include_usage
        self._calls = 0

    def begin(self) -> bytes:
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def say(self, text: str) -> bytes:
        return self._chunk({"content": text})

    def think(self, text: str) -> bytes:
        """OpenAI does not show it here."""
        return b""

    def call(self, name: str, input: Any) -> bytes:
        index, self._calls = self._calls, self._calls + 1
        json = msgspec.json.encode(input).decode()
        start = {"index": index, "id": f"call_{index}", "type": "function"}
        pieces = [{"index": index, "function": {"arguments": piece}} for piece in (json[:5], json[5:]) if piece]
        first = start | {"function": {"name": name, "arguments": ""}}
        return b"".join(self._chunk({"tool_calls": [piece]}) for piece in (first, *pieces))

    def end(self) -> bytes:
        done = self._chunk({}, "tool_calls" if self._calls else "stop")
        usage = sse(self._envelope([]) | {"usage": USAGE}) if self._tells_usage else b""
        return done + usage + b"data: [DONE]\n\n"

    def fail(self, code: str, message: str) -> bytes:
        return sse({"error": {"message": message, "type": "server_error", "param": None, "code": code}})

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return sse(self._envelope([choice]) | ({"usage": None} if self._tells_usage else {}))

    def _envelope(self, choices: list[Any]) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1_780_000_000,
            "model": self._model,
            "service_tier": "default",
            "system_fingerprint": "fp_1",
            "choices": choices,
            "obfuscation": "x",
        }
