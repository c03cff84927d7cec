"""Events of a Responses stream (npm `@ai-sdk/openai` 4.0.118, `openaiResponsesChunkSchema`)."""

from typing import Any, TypeAliasType, get_args

import msgspec
from msgspec import UNSET, UnsetType

from edgechat.errors import APICallError, StreamFormatError
from edgechat.json import JSONDecoder
from edgechat.model.openai_responses.items import ItemAdded, ItemDone
from edgechat.model.openai_responses.shapes import Number, Variant
from edgechat.model.openai_wire import OpenAIError


class Alternative(msgspec.Struct):
    token: str
    logprob: Number


class Logprob(Alternative):
    top_logprobs: list[Alternative]


class TextDelta(Variant, tag="response.output_text.delta"):
    item_id: str
    delta: str
    output_index: Number | None = None
    logprobs: list[Logprob] | None = None


class RefusalDelta(Variant, tag="response.refusal.delta"):
    item_id: str
    delta: str
    output_index: Number | None = None
    content_index: Number | None = None


class RefusalDone(Variant, tag="response.refusal.done"):
    item_id: str
    refusal: str
    output_index: Number | None = None
    content_index: Number | None = None


class _Summary(Variant):
    item_id: str
    summary_index: Number


class SummaryStart(_Summary, tag="response.reasoning_summary_part.added"):
    output_index: Number | None = None


class SummaryDelta(_Summary, tag="response.reasoning_summary_text.delta"):
    delta: str
    output_index: Number | None = None


class SummaryEnd(_Summary, tag="response.reasoning_summary_part.done"):
    output_index: Number | None = None


class _OfItem(Variant):
    item_id: str
    output_index: Number


class ArgumentsDelta(_OfItem, tag="response.function_call_arguments.delta"):
    delta: str


class ArgumentsDone(_OfItem, tag="response.function_call_arguments.done"):
    arguments: str


class CustomInputDelta(_OfItem, tag="response.custom_tool_call_input.delta"):
    delta: str


class PatchDelta(_OfItem, tag="response.apply_patch_call_operation_diff.delta"):
    delta: str
    obfuscation: str | None = None


class PatchDone(_OfItem, tag="response.apply_patch_call_operation_diff.done"):
    diff: str


class CodeDelta(_OfItem, tag="response.code_interpreter_call_code.delta"):
    delta: str


class CodeDone(_OfItem, tag="response.code_interpreter_call_code.done"):
    code: str


class PartialImage(_OfItem, tag="response.image_generation_call.partial_image"):
    partial_image_b64: str


class URLCitation(Variant, tag="url_citation"):
    start_index: Number
    end_index: Number
    url: str
    title: str


class FileCitation(Variant, tag="file_citation"):
    file_id: str
    filename: str
    index: Number


class ContainerFileCitation(Variant, tag="container_file_citation"):
    container_id: str
    file_id: str
    filename: str
    start_index: Number
    end_index: Number


class FilePath(Variant, tag="file_path"):
    file_id: str
    index: Number


type Annotation = URLCitation | FileCitation | ContainerFileCitation | FilePath


class AnnotationAdded(Variant, tag="response.output_text.annotation.added"):
    annotation: Annotation


class OutputItemAdded(Variant, tag="response.output_item.added"):
    output_index: Number
    item: ItemAdded


class OutputItemDone(Variant, tag="response.output_item.done"):
    output_index: Number
    item: ItemDone


class Response(msgspec.Struct):
    id: str
    created_at: Number
    """Seconds since 1970."""
    model: str
    service_tier: str | None = None


class Created(Variant, tag="response.created"):
    response: Response


class InProgress(Variant, tag="response.in_progress"):
    response: Response


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class TokenCounts(msgspec.Struct):
    input_tokens: int
    output_tokens: int
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None


class CacheDiagnostics(msgspec.Struct):
    type: str
    reason: str | UnsetType | None = UNSET
    cache_missed_tokens: Number | UnsetType | None = UNSET
    comparison_reusable_tokens: Number | UnsetType | None = UNSET


class _IncompleteDetails(msgspec.Struct):
    reason: str


class _Reasoning(msgspec.Struct):
    context: str | None = None


class ResponseEnd(msgspec.Struct):
    usage: dict[str, Any] | None = None
    incomplete_details: _IncompleteDetails | None = None
    reasoning: _Reasoning | None = None
    service_tier: str | None = None
    prompt_cache_diagnostics: CacheDiagnostics | None = None

    def __post_init__(self) -> None:
        if self.usage is not None:
            msgspec.convert(self.usage, TokenCounts)


class ResponseError(msgspec.Struct):
    message: str
    code: str | None = None


class ResponseFailure(ResponseEnd):
    error: ResponseError | None = None


class Completed(Variant, tag="response.completed"):
    response: ResponseEnd


class Incomplete(Variant, tag="response.incomplete"):
    response: ResponseEnd


class Failed(Variant, tag="response.failed"):
    sequence_number: Number
    response: ResponseFailure


class _ErrorDetails(OpenAIError):
    type: str
    param: str | None = None
    code: str | None = None


class StreamError(Variant, tag="error"):
    """Documented with its details beside `type`; live streams have them inside of `error`."""

    sequence_number: Number
    error: Any = None
    message: Any = None
    code: Any = None
    param: Any = None

    def __post_init__(self) -> None:
        self.details()

    def details(self) -> OpenAIError:
        try:
            return msgspec.convert(self.error, _ErrorDetails)
        except msgspec.ValidationError:
            flat = {"type": "error", "message": self.message, "code": self.code, "param": self.param}
            return msgspec.convert(flat, _ErrorDetails)


type Event = (
    TextDelta
    | ArgumentsDelta
    | SummaryDelta
    | RefusalDelta
    | RefusalDone
    | SummaryStart
    | SummaryEnd
    | ArgumentsDone
    | CustomInputDelta
    | PatchDelta
    | PatchDone
    | CodeDelta
    | CodeDone
    | PartialImage
    | AnnotationAdded
    | OutputItemAdded
    | OutputItemDone
    | Created
    | InProgress
    | Completed
    | Incomplete
    | Failed
    | StreamError
)


class _Head(msgspec.Struct):
    type: Any = None
    item: Any = None
    choices: Any = None


def _tags(union: Any) -> set[str]:
    if isinstance(union, TypeAliasType):
        union = union.__value__
    if members := get_args(union):
        return {tag for member in members for tag in _tags(member)}
    return {union.__struct_config__.tag}


_event = JSONDecoder[Event](Event)
_head = JSONDecoder[_Head](_Head)
_EVENTS = _tags(Event)
_ITEM_EVENTS = _tags(OutputItemAdded | OutputItemDone)
_ITEMS = _tags(ItemAdded)


def read_event(text: str) -> Event | None:
    """None for an event, or an item, of a kind that is not declared here.

    Raises `StreamFormatError` for what is no event, and `APICallError` for an event of the Chat Completions API.
    """
    try:
        return _event.decode(text)
    except msgspec.DecodeError as error:
        reason = str(error)
    try:
        head = _head.decode(text)
    except msgspec.DecodeError:
        head = _Head()
    if isinstance(head.type, str):
        if head.type not in _EVENTS:
            return None
        if head.type in _ITEM_EVENTS and isinstance(head.item, dict):
            kind = head.item.get("type")
            if isinstance(kind, str) and kind not in _ITEMS:
                return None
    elif isinstance(head.choices, list):
        raise APICallError(
            "The server answered by the Chat Completions API, not by the Responses API. "
            "For a server that has only that, use `openai.chat(model_id)`.",
            is_retryable=False,
        )
    raise StreamFormatError(f"OpenAI sent an event that cannot be read: {reason}")
