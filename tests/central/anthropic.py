"""The Messages API (platform.claude.com: API reference, Errors, Streaming, Tool use, Preserved thinking)."""

import hashlib
import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

import msgspec

from central.rules import Refusal, Strict, check_image, decoded, refuse_unless, sse

type Text = Annotated[str, msgspec.Meta(min_length=1)]

USAGE = {"input_tokens": 7, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
OUTPUT_TOKENS = 11

_ID = re.compile(r"[a-zA-Z0-9_-]+")
_THINKS_BY_ITSELF = re.compile(r"claude-(?:(?:opus|sonnet|haiku)-5-5|fable-5)")
"""They refuse sampling, budgets, prefills, and thoughts before which something has changed."""


class CacheControl(Strict):
    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] | None = None


class Block(Strict, tag_field="type", kw_only=True):
    cache_control: CacheControl | msgspec.UnsetType = msgspec.UNSET


class TextBlock(Block, tag="text"):
    text: Text


class Base64Source(Strict, tag_field="type", tag="base64"):
    media_type: str
    data: str


class URLSource(Strict, tag_field="type", tag="url"):
    url: str


class TextSource(Strict, tag_field="type", tag="text"):
    media_type: Literal["text/plain"]
    data: str


class ImageBlock(Block, tag="image"):
    source: Base64Source | URLSource


class DocumentBlock(Block, tag="document"):
    source: Base64Source | URLSource | TextSource
    title: str | None = None
    context: str | None = None


class ThinkingBlock(Strict, tag_field="type", tag="thinking"):
    thinking: str
    signature: Text


class RedactedThinkingBlock(Strict, tag_field="type", tag="redacted_thinking"):
    data: Text


class ToolUseBlock(Block, tag="tool_use"):
    id: str
    name: Annotated[str, msgspec.Meta(pattern="^[a-zA-Z0-9_-]{1,128}$")]
    input: dict[str, Any]


class ToolResultBlock(Block, tag="tool_result"):
    tool_use_id: str
    content: str | list[TextBlock | ImageBlock | DocumentBlock] = ""
    is_error: bool = False


type UserBlock = TextBlock | ImageBlock | DocumentBlock | ToolResultBlock
type AssistantBlock = TextBlock | ThinkingBlock | RedactedThinkingBlock | ToolUseBlock


class UserMessage(Strict, tag_field="role", tag="user"):
    content: Text | Annotated[list[UserBlock], msgspec.Meta(min_length=1)]


class AssistantMessage(Strict, tag_field="role", tag="assistant"):
    content: Text | Annotated[list[AssistantBlock], msgspec.Meta(min_length=1)]


class Tool(Strict):
    name: Annotated[str, msgspec.Meta(pattern="^[a-zA-Z0-9_-]{1,128}$")]
    input_schema: dict[str, Any]
    description: str = ""
    strict: bool = False
    eager_input_streaming: bool = False
    cache_control: CacheControl | msgspec.UnsetType = msgspec.UNSET


class ToolChoice(Strict):
    type: Literal["auto", "any", "tool", "none"]
    name: str = ""
    disable_parallel_tool_use: bool = False


class Thinking(Strict):
    type: Literal["enabled", "adaptive", "disabled", "between_tools"]
    budget_tokens: Annotated[int, msgspec.Meta(ge=1024)] | msgspec.UnsetType = msgspec.UNSET
    display: Literal["summarized", "omitted", "updates"] | msgspec.UnsetType = msgspec.UNSET


class OutputConfig(Strict):
    effort: Literal["low", "medium", "high", "xhigh", "max"] | msgspec.UnsetType = msgspec.UNSET
    format: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Metadata(Strict):
    user_id: str | None = None


class MessagesRequest(Strict):
    model: str
    max_tokens: Annotated[int, msgspec.Meta(ge=1)]
    messages: Annotated[list[UserMessage | AssistantMessage], msgspec.Meta(min_length=1)]
    system: Text | list[TextBlock] | msgspec.UnsetType = msgspec.UNSET
    stream: bool = False
    temperature: Annotated[float, msgspec.Meta(ge=0, le=1)] | msgspec.UnsetType = msgspec.UNSET
    top_p: float | msgspec.UnsetType = msgspec.UNSET
    top_k: int | msgspec.UnsetType = msgspec.UNSET
    stop_sequences: list[str] = msgspec.field(default_factory=list)
    tools: list[Tool] = msgspec.field(default_factory=list)
    tool_choice: ToolChoice | msgspec.UnsetType = msgspec.UNSET
    thinking: Thinking | msgspec.UnsetType = msgspec.UNSET
    output_config: OutputConfig | msgspec.UnsetType = msgspec.UNSET
    metadata: Metadata | msgspec.UnsetType = msgspec.UNSET
    service_tier: Literal["auto", "standard_only"] = "auto"


class Anthropic:
    path = "/v1/messages"

    def __init__(self, key: str, models: set[str]) -> None:
        self._key = key
        self._models = models

    def answer(self, headers: Mapping[str, str], body: bytes) -> "Speaker":
        key = headers.get("x-api-key")
        if key != self._key:
            raise Refusal(401, "authentication_error", "invalid x-api-key")
        refuse_unless(headers.get("anthropic-version") == "2023-06-01", "anthropic-version: header is required")
        refuse_unless(headers.get("content-type") == "application/json", "content-type: must be application/json")
        request = decoded(body, MessagesRequest)
        if request.model not in self._models:
            raise Refusal(404, "not_found_error", f"model: {request.model}")
        check(request)
        return Speaker(request)

    def refusal(self, refusal: Refusal) -> bytes:
        return msgspec.json.encode({**_error(refusal.code, str(refusal)), "request_id": "req_1"})


def check(request: MessagesRequest) -> None:
    refuse_unless(request.stream, "this server only streams")
    _check_settings(request)
    roles = ["user" if isinstance(message, UserMessage) else "assistant" for message in request.messages]
    refuse_unless(roles[0] == "user", "messages: first message must use the 'user' role")
    alternate = all(one != other for one, other in pairwise(roles))
    refuse_unless(alternate, "messages: roles must alternate between 'user' and 'assistant'")
    if roles[-1] == "assistant":
        refuse_unless(not _THINKS_BY_ITSELF.match(request.model), "this model does not support assistant prefill")
        last = request.messages[-1].content
        text = last if isinstance(last, str) else getattr(last[-1], "text", "")
        refuse_unless(text == text.rstrip(), "final assistant content cannot end with trailing whitespace")
    called: list[str] = []
    for at, message in enumerate(request.messages):
        blocks = [TextBlock(text=message.content)] if isinstance(message.content, str) else message.content
        told = [block.tool_use_id for block in blocks if isinstance(block, ToolResultBlock)]
        place = f"messages.{at}"
        refuse_unless(set(told) <= set(called), f"{place}: `tool_result` without a `tool_use` in the previous message")
        refuse_unless(set(called) <= set(told), f"{place}: `tool_use` ids without `tool_result` blocks: {called}")
        refuse_unless(len(told) == len(set(told)), f"{place}: each tool_use must have a single result")
        first = [isinstance(block, ToolResultBlock) for block in blocks[: len(told)]]
        refuse_unless(all(first), f"{place}: `tool_result` blocks have to come first")
        called = [block.id for block in blocks if isinstance(block, ToolUseBlock)]
        refuse_unless(all(map(_ID.fullmatch, called)), f"{place}: tool_use.id should match '^[a-zA-Z0-9_-]+$'")
        refuse_unless(len(called) == len(set(called)), f"{place}: `tool_use` ids must be unique")
        for number, block in enumerate(blocks):
            if isinstance(block, ImageBlock) and isinstance(block.source, Base64Source):
                check_image(block.source.media_type, block.source.data)
            if isinstance(block, ThinkingBlock):
                is_whole = block.signature == signature(request, at, number)
                refuse_unless(is_whole, f"{place}: Invalid `signature` in `thinking` block")
    refuse_unless(not called, "`tool_use` ids were found without `tool_result` blocks immediately after")


def _check_settings(request: MessagesRequest) -> None:
    thinking = None if request.thinking is msgspec.UNSET else request.thinking
    sampled = (request.temperature, request.top_p, request.top_k) != (msgspec.UNSET,) * 3
    if _THINKS_BY_ITSELF.match(request.model):
        refuse_unless(not sampled, "this model does not support sampling parameters")
        refuse_unless(
            not thinking or thinking.type in ("adaptive", "between_tools"), "thinking.type: not supported by this model"
        )
    if thinking and thinking.type == "enabled":
        budget = thinking.budget_tokens
        refuse_unless(isinstance(budget, int), "thinking.enabled.budget_tokens: Field required")
        refuse_unless(isinstance(budget, int) and budget < request.max_tokens, "max_tokens must exceed the budget")
        refuse_unless(request.temperature in (msgspec.UNSET, 1), "temperature may only be set to 1 with thinking")
    both = msgspec.UNSET not in (request.temperature, request.top_p)
    refuse_unless(not both, "temperature and top_p cannot both be specified for this model")
    if request.tool_choice is not msgspec.UNSET:
        refuse_unless(request.tools, "tool_choice may only be specified while providing tools")


def signature(request: MessagesRequest, message: int, block: int) -> str:
    """Of a thought at this place: newer models bind it to all that came before."""
    before: list[Any] = [request.model]
    if _THINKS_BY_ITSELF.match(request.model):
        blocks = request.messages[message].content[:block] if message < len(request.messages) else []
        before += [request.system, request.tools, request.messages[:message], blocks]
    return hashlib.sha256(msgspec.json.encode(before, enc_hook=str)).hexdigest()


class Speaker:
    def __init__(self, request: MessagesRequest) -> None:
        self._request = request
        self._index = 0
        self._in_text = False
        self._stop_reason = "end_turn"

    def begin(self) -> bytes:
        message: dict[str, Any] = {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": self._request.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": USAGE | {"output_tokens": 1, "service_tier": "standard"},
        }
        return _event({"type": "message_start", "message": message}) + _event({"type": "ping"})

    def say(self, text: str) -> bytes:
        begin = b"" if self._in_text else self._start({"type": "text", "text": ""})
        self._in_text = True
        return begin + self._delta({"type": "text_delta", "text": text})

    def think(self, text: str) -> bytes:
        close = self._close()
        signed = signature(self._request, len(self._request.messages), self._index)
        return b"".join(
            [
                close,
                self._start({"type": "thinking", "thinking": "", "signature": ""}),
                self._delta({"type": "thinking_delta", "thinking": text}),
                self._delta({"type": "signature_delta", "signature": signed}),
                self._stop(),
            ]
        )

    def call(self, name: str, input: Any) -> bytes:
        self._stop_reason = "tool_use"
        close = self._close()
        json = msgspec.json.encode(input).decode()
        pieces = [
            self._delta({"type": "input_json_delta", "partial_json": piece}) for piece in ("", json[:5], json[5:])
        ]
        start = self._start({"type": "tool_use", "id": f"toolu_{self._index}", "name": name, "input": {}})
        return close + start + b"".join(pieces) + self._stop()

    def end(self) -> bytes:
        delta = {"stop_reason": self._stop_reason, "stop_sequence": None}
        usage = USAGE | {"output_tokens": OUTPUT_TOKENS}
        return (
            self._close()
            + _event({"type": "message_delta", "delta": delta, "usage": usage})
            + _event({"type": "message_stop"})
        )

    def fail(self, code: str, message: str) -> bytes:
        return _event(_error(code, message))

    def _start(self, block: dict[str, Any]) -> bytes:
        return _event({"type": "content_block_start", "index": self._index, "content_block": block})

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _event({"type": "content_block_delta", "index": self._index, "delta": delta})

    def _stop(self) -> bytes:
        self._index += 1
        return _event({"type": "content_block_stop", "index": self._index - 1})

    def _close(self) -> bytes:
        if not self._in_text:
            return b""
        self._in_text = False
        return self._stop()


def _error(code: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": code, "message": message}}


def _event(event: dict[str, Any]) -> bytes:
    return sse(event, name=event["type"])
