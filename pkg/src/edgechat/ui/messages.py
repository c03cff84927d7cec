"""UI messages: what a page shows and a history stores (npm `ai` 7.0.173, `ui/ui-messages`)."""

from typing import Any, Literal

import msgspec

from edgechat.json import JSONDecoder
from edgechat.ui.chunks import Metadata, decode_tagged

type StreamState = Literal["streaming", "done"]


class _Part(msgspec.Struct, tag_field="type", rename="camel", kw_only=True, omit_defaults=True):
    pass


class TextPart(_Part, tag="text"):
    text: str
    state: StreamState | None = None
    provider_metadata: Metadata | None = None


class ReasoningPart(_Part, tag="reasoning"):
    text: str
    id: str | None = None
    state: StreamState | None = None
    provider_metadata: Metadata | None = None


class StepStartPart(_Part, tag="step-start"):
    pass


class DataPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`data-NAME`, as the application sent it."""

    type: str
    data: Any
    id: str | None = None


type TaggedPart = TextPart | ReasoningPart | StepStartPart
type UIPart = TaggedPart | DataPart


class UIMessage(msgspec.Struct, kw_only=True, omit_defaults=True):
    id: str
    role: Literal["system", "user", "assistant"]
    parts: list[UIPart] = msgspec.field(default_factory=list)
    metadata: Metadata | None = None

    @property
    def text(self) -> str:
        """All text of the message, without reasoning and data."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


class _RawMessage(msgspec.Struct):
    id: str
    role: Literal["system", "user", "assistant"]
    parts: list[msgspec.Raw]
    metadata: Metadata | None = None


_message = JSONDecoder[_RawMessage](_RawMessage)
_messages = JSONDecoder[list[_RawMessage]](list[_RawMessage])
_tagged = JSONDecoder[TaggedPart](TaggedPart.__value__)
_data = JSONDecoder[DataPart](DataPart)


def _part(raw: msgspec.Raw) -> UIPart:
    return decode_tagged(raw, _tagged, _data)


def _checked(raw: _RawMessage) -> UIMessage:
    return UIMessage(id=raw.id, role=raw.role, parts=[_part(part) for part in raw.parts], metadata=raw.metadata)


def decode_message(data: str | bytes | msgspec.Raw) -> UIMessage:
    """One message from its JSON. Raises `msgspec.ValidationError` with the path of the first wrong field."""
    return _checked(_message.decode(data))


def decode_messages(data: str | bytes | msgspec.Raw) -> list[UIMessage]:
    return [_checked(raw) for raw in _messages.decode(data)]
