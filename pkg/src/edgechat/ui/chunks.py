"""The chunks of a UI message stream, version 1 (npm `ai` 7.0.173, `ui-message-stream/ui-message-chunks`).

A chunk is one JSON object with a `type`; unknown fields are ignored, and null counts as absent where a field is
optional. Besides the types below, `data-NAME` carries what an application adds: any other unknown type is fatal to the
JavaScript client.
"""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from edgechat import sse
from edgechat.errors import InvalidChunkError
from edgechat.json import JSONDecoder, mended_surrogates
from edgechat.ui.messages import (
    Citation,
    CustomPart,
    InputEncoding,
    Metadata,
    ProviderMetadata,
    ReasoningFilePart,
    SourceDocumentPart,
    SourceURLPart,
    SteeringMessagePart,
    UnknownTypeError,
    decode_tagged,
    type_of,
)

# Without `connection: keep-alive`, which the AI SDK sends too: HTTP/2 forbids it, and a Worker has no say in it.
HEADERS = sse.HEADERS | {"x-vercel-ai-ui-message-stream": "v1"}

STREAM_OPEN = sse.comment("stream-open")
"""Sent before the first chunk of a stream that is kept alive, so that its headers leave at once."""
KEEP_ALIVE = sse.comment("keep-alive")
"""Sent when there was nothing else to send for a while."""

type FinishReason = Literal["stop", "length", "content-filter", "tool-calls", "error", "interrupted", "other"]


class Chunk(msgspec.Struct, tag_field="type", rename="camel", kw_only=True, omit_defaults=True):
    pass


# The message and its steps.


class Start(Chunk, tag="start"):
    message_id: str | None = None
    message_metadata: Any = None


class MessageMetadata(Chunk, tag="message-metadata"):
    message_metadata: Any


class StartStep(Chunk, tag="start-step"):
    pass


class FinishStep(Chunk, tag="finish-step"):
    pass


class ResetStep(Chunk, tag="reset-step"):
    """The step begins anew: what it has brought so far is to be forgotten."""


class Finish(Chunk, tag="finish"):
    finish_reason: FinishReason | None = None
    message_metadata: Any = None


class Abort(Chunk, tag="abort"):
    reason: str | None = None


class Error(Chunk, tag="error"):
    error_text: str


# Text and reasoning: `id` names the part, while it is open.


class TextStart(Chunk, tag="text-start"):
    id: str
    provider_metadata: ProviderMetadata | None = None


class TextDelta(Chunk, tag="text-delta"):
    id: str
    delta: str
    provider_metadata: ProviderMetadata | None = None


class TextEnd(Chunk, tag="text-end"):
    id: str
    citations: list[Citation] | None = None
    provider_metadata: ProviderMetadata | None = None


class ReasoningStart(Chunk, tag="reasoning-start"):
    id: str
    provider_metadata: ProviderMetadata | None = None


class ReasoningDelta(Chunk, tag="reasoning-delta"):
    id: str
    delta: str
    provider_metadata: ProviderMetadata | None = None


class ReasoningEnd(Chunk, tag="reasoning-end"):
    id: str
    provider_metadata: ProviderMetadata | None = None


class ToolChunk(Chunk):
    tool_call_id: str


class ToolUpdate(ToolChunk):
    provider_executed: bool | None = None
    """The page has nothing to do."""
    provider_metadata: ProviderMetadata | None = None
    tool_metadata: Metadata | None = None
    dynamic: bool | None = None
    """The tool was not known in advance."""


class ToolInput(ToolUpdate, kw_only=True):
    tool_name: str
    title: str | None = None


class ToolInputStart(ToolInput, tag="tool-input-start"):
    input_encoding: InputEncoding | None = None
    """Of the deltas; None is "json"."""


class ToolInputDelta(ToolChunk, tag="tool-input-delta"):
    input_text_delta: str


class ToolInputAvailable(ToolInput, tag="tool-input-available", kw_only=True):
    input: Any


class ToolInputError(ToolInput, tag="tool-input-error", kw_only=True):
    input: Any
    error_text: str


class ToolApprovalRequest(ToolChunk, tag="tool-approval-request"):
    approval_id: str
    approval_descriptor: Any = None
    input_schema_input: Any | msgspec.UnsetType = msgspec.UNSET
    """The input before it was refined, where that differs."""
    reason: str | None = None
    is_automatic: bool | None = None
    signature: str | None = None


class ToolApprovalResponse(Chunk, tag="tool-approval-response"):
    approval_id: str
    approved: bool
    reason: str | None = None
    provider_executed: bool | None = None
    provider_metadata: ProviderMetadata | None = None


class ToolOutputAvailable(ToolUpdate, tag="tool-output-available", kw_only=True):
    output: Any
    preliminary: bool | None = None


class ToolOutputError(ToolUpdate, tag="tool-output-error", kw_only=True):
    error_text: str


class ToolOutputDenied(ToolChunk, tag="tool-output-denied"):
    pass


# Parts that come in one piece.


class File(Chunk, tag="file"):
    url: str
    """An address, or a `data:` URL."""
    media_type: str
    provider_metadata: ProviderMetadata | None = None


# These are the parts of the message.
ReasoningFile = ReasoningFilePart
SourceURL = SourceURLPart
SourceDocument = SourceDocumentPart
Custom = CustomPart
SteeringMessage = SteeringMessagePart


class Data(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`data-NAME`. With an id it replaces the part of the same type and id; a transient one is never stored."""

    type: str
    data: Any
    id: str | None = None
    transient: bool | None = None


type TaggedChunk = (
    TextDelta
    | ReasoningDelta
    | ToolInputDelta
    | Start
    | MessageMetadata
    | StartStep
    | FinishStep
    | ResetStep
    | Finish
    | Abort
    | Error
    | TextStart
    | TextEnd
    | ReasoningStart
    | ReasoningEnd
    | ToolInputStart
    | ToolInputAvailable
    | ToolInputError
    | ToolApprovalRequest
    | ToolApprovalResponse
    | ToolOutputAvailable
    | ToolOutputError
    | ToolOutputDenied
    | File
    | ReasoningFile
    | SourceURL
    | SourceDocument
    | Custom
    | SteeringMessage
)
type UIChunk = TaggedChunk | Data

_tagged = JSONDecoder[TaggedChunk](TaggedChunk.__value__)
_data = JSONDecoder[Data](Data)
_encoder = msgspec.json.Encoder()


def _family(type: str) -> JSONDecoder[Data] | None:
    return _data if type.startswith("data-") else None


def decode(text: str | bytes, *, index: int | None = None) -> UIChunk:
    """One chunk from its JSON. Raises `InvalidChunkError`, which names the index, the type and the field."""
    try:
        return _decode(text)
    except msgspec.DecodeError as error:
        raise _invalid(text, index, error) from None


def _decode(text: str | bytes) -> UIChunk:
    try:
        return decode_tagged(text, _tagged, _family)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if (mended := mended_surrogates(text)) is None:
            raise
        return decode_tagged(mended, _tagged, _family)


def _invalid(text: str | bytes, index: int | None, error: msgspec.DecodeError) -> InvalidChunkError:
    position = "" if index is None else f" {index}"
    try:
        name = f" ({type_of(text)[:50]})"
    except msgspec.DecodeError:
        name = ""
    # Cut off, because it may quote what a stranger sent.
    return InvalidChunkError(f"Invalid chunk{position}{name}: {str(error)[:120]}")


def encode(chunks: Iterable[UIChunk], *, first_id: int | None = None) -> bytes:
    """The chunks as server-sent events, one after the other; their ids count up from `first_id`, if it is given."""
    if first_id is None:
        return b"".join([b"data: %b\n\n" % _encoder.encode(chunk) for chunk in chunks])
    encoded = enumerate(map(_encoder.encode, chunks), first_id)
    return b"".join([b"id: %d\ndata: %b\n\n" % numbered for numbered in encoded])


class ChunkDecoder:
    """Bytes of a UI message stream in, chunks out; the bytes may be cut anywhere.

    `done` is true once `[DONE]` has come; `last_id` is the last `id:` line, where the server counts its chunks. With
    `tolerant`, chunks of unknown types are passed over: a server may be newer than this package.
    """

    def __init__(self, *, tolerant: bool = False) -> None:
        self.done = False
        self.last_id: str | None = None
        self._events = sse.SSEDecoder()
        self._tolerant = tolerant
        self._index = 0

    def feed(self, data: bytes) -> list[UIChunk]:
        """Raises `InvalidChunkError`, whose `chunks` are those that came before the wrong one in `data`."""
        chunks: list[UIChunk] = []
        for event in self._events.feed(data):
            if event.data == "[DONE]":
                self.done = True
            else:
                try:
                    chunks.append(_decode(event.data))
                except msgspec.DecodeError as error:
                    if not (self._tolerant and isinstance(error, UnknownTypeError)):
                        invalid = _invalid(event.data, self._index, error)
                        invalid.chunks = chunks
                        raise invalid from None
                self._index += 1
            self.last_id = event.id
        return chunks
