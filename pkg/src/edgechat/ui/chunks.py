"""The chunks of a UI message stream, version 1 (npm `ai` 7.0.173, `ui-message-stream/ui-message-chunks`).

A chunk is one JSON object with a `type`; unknown fields are ignored. Besides the types below, `data-NAME` carries what
an application adds: any other unknown type is fatal to the JavaScript client.
"""

from typing import Any, Literal

import msgspec

from edgechat import sse
from edgechat.errors import InvalidChunkError
from edgechat.json import JSONDecoder
from edgechat.ui.messages import Metadata
from edgechat.ui.tagged import decode_tagged

HEADERS = sse.HEADERS | {"x-vercel-ai-ui-message-stream": "v1"}

type FinishReason = Literal["stop", "length", "content-filter", "tool-calls", "error", "interrupted", "other"]


class Chunk(msgspec.Struct, tag_field="type", rename="camel", kw_only=True, omit_defaults=True):
    pass


class Start(Chunk, tag="start"):
    message_id: str | None = None
    message_metadata: Metadata | None = None


class Finish(Chunk, tag="finish"):
    finish_reason: FinishReason | None = None
    message_metadata: Metadata | None = None


class MessageMetadata(Chunk, tag="message-metadata"):
    message_metadata: Metadata


class StartStep(Chunk, tag="start-step"):
    pass


class FinishStep(Chunk, tag="finish-step"):
    pass


class Abort(Chunk, tag="abort"):
    reason: str | None = None


class Error(Chunk, tag="error"):
    error_text: str


class TextStart(Chunk, tag="text-start"):
    id: str
    provider_metadata: Metadata | None = None


class TextDelta(Chunk, tag="text-delta"):
    id: str
    delta: str
    provider_metadata: Metadata | None = None


class TextEnd(Chunk, tag="text-end"):
    id: str
    provider_metadata: Metadata | None = None


class ReasoningStart(Chunk, tag="reasoning-start"):
    id: str
    provider_metadata: Metadata | None = None


class ReasoningDelta(Chunk, tag="reasoning-delta"):
    id: str
    delta: str
    provider_metadata: Metadata | None = None


class ReasoningEnd(Chunk, tag="reasoning-end"):
    id: str
    provider_metadata: Metadata | None = None


class Data(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`data-NAME`. With an id it replaces the part of the same type and id; a transient one is never stored."""

    type: str
    data: Any
    id: str | None = None
    transient: bool = False


type Tagged = (
    Start
    | Finish
    | MessageMetadata
    | StartStep
    | FinishStep
    | Abort
    | Error
    | TextStart
    | TextDelta
    | TextEnd
    | ReasoningStart
    | ReasoningDelta
    | ReasoningEnd
)
type UIChunk = Tagged | Data

_tagged = JSONDecoder[Tagged](Tagged.__value__)
_data = JSONDecoder[Data](Data)
_encoder = msgspec.json.Encoder()


def _family(type: str) -> JSONDecoder[Data] | None:
    return _data if type.startswith("data-") else None


def decode(text: str | bytes) -> UIChunk:
    """One chunk from its JSON. Raises `InvalidChunkError`, which names the field."""
    try:
        return decode_tagged(text, _tagged, _family)
    except msgspec.DecodeError as error:
        raise InvalidChunkError(f"Invalid chunk: {error}") from None


def encode(chunks: list[UIChunk]) -> bytes:
    """The chunks as server-sent events, one after the other."""
    return b"".join([sse.encode(_encoder.encode(chunk)) for chunk in chunks])
