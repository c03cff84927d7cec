"""UI messages: what a page shows and a history stores (npm `ai` 7.0.173, `ui/ui-messages`)."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from edgechat.json import JSONDecoder

type Metadata = dict[str, Any]
type ProviderMetadata = dict[str, Metadata]
"""By provider."""
type Citation = dict[str, Any]
"""`source` (as a source part), and where known `startIndex`, `endIndex` and `citedText`."""
type StreamState = Literal["streaming", "done"]
type ToolState = Literal[
    "input-streaming",
    "input-available",
    "approval-requested",
    "approval-responded",
    "output-available",
    "output-error",
    "output-denied",
]
type InputEncoding = Literal["json", "text"]
type Role = Literal["system", "user", "assistant"]


class _Part(msgspec.Struct, tag_field="type", rename="camel", kw_only=True, omit_defaults=True):
    pass


class TextPart(_Part, tag="text"):
    text: str
    state: StreamState | None = None
    citations: list[Citation] | None = None
    provider_metadata: ProviderMetadata | None = None


class ReasoningPart(_Part, tag="reasoning"):
    text: str
    id: str | None = None
    state: StreamState | None = None
    provider_metadata: ProviderMetadata | None = None


class FilePart(_Part, tag="file"):
    media_type: str
    """Such as "image/png", or only "image"."""
    url: str
    """An address, or a `data:` URL."""
    filename: str | None = None
    provider_reference: dict[str, str] | None = None
    """A file that was uploaded before: its id, by provider."""
    provider_metadata: ProviderMetadata | None = None


class ReasoningFilePart(_Part, tag="reasoning-file"):
    media_type: str
    url: str
    provider_metadata: ProviderMetadata | None = None


class SourceURLPart(_Part, tag="source-url"):
    source_id: str
    url: str
    title: str | None = None
    provider_metadata: ProviderMetadata | None = None


class SourceDocumentPart(_Part, tag="source-document"):
    source_id: str
    media_type: str
    title: str
    filename: str | None = None
    provider_metadata: ProviderMetadata | None = None


class CustomPart(_Part, tag="custom"):
    kind: str
    """ "provider.kind"."""
    provider_metadata: ProviderMetadata | None = None


class SteeringMessagePart(_Part, tag="steering-message"):
    """Experimental: what the user said while the answer was being made."""

    id: str
    parts: list[TextPart | FilePart]


class StepStartPart(_Part, tag="step-start"):
    pass


class ToolApproval(msgspec.Struct, rename="camel", kw_only=True, omit_defaults=True):
    """Whether a tool may run: asked, and answered once `approved` is there."""

    id: str
    approved: bool | None = None
    descriptor: Any = None
    input_schema_input: Any | msgspec.UnsetType = msgspec.UNSET
    request_reason: str | None = None
    reason: str | None = None
    is_automatic: bool | None = None
    signature: str | None = None


class ToolPart(msgspec.Struct, rename="camel", kw_only=True, omit_defaults=True):
    """`tool-NAME`, or `dynamic-tool` for a tool that was not known in advance, whose name is in `tool_name`.

    What `input` and `output` hold may be None; they are UNSET while there is nothing.
    """

    type: str
    tool_call_id: str
    state: ToolState
    tool_name: str | None = None
    title: str | None = None
    tool_metadata: Metadata | None = None
    input: Any | msgspec.UnsetType = msgspec.UNSET
    raw_input: Any = None
    """The text of the input, while it is streaming."""
    input_encoding: InputEncoding | None = None
    output: Any | msgspec.UnsetType = msgspec.UNSET
    preliminary: bool | None = None
    error_text: str | None = None
    approval: ToolApproval | None = None
    provider_executed: bool | None = None
    call_provider_metadata: ProviderMetadata | None = None
    result_provider_metadata: ProviderMetadata | None = None
    dynamic: bool | None = None
    """False in a `dynamic-tool` that stands for a tool whose schema is no longer there."""

    def __post_init__(self) -> None:
        if self.type == "dynamic-tool" and self.tool_name is None:
            raise ValueError("A dynamic-tool part needs a `toolName`")

    @property
    def name(self) -> str:
        if self.type == "dynamic-tool" and self.tool_name is not None:
            return self.tool_name
        return self.type.removeprefix("tool-")


class DataPart(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`data-NAME`, as the application sent it."""

    type: str
    data: Any
    id: str | None = None


type TaggedPart = (
    TextPart
    | ReasoningPart
    | FilePart
    | ReasoningFilePart
    | SourceURLPart
    | SourceDocumentPart
    | CustomPart
    | SteeringMessagePart
    | StepStartPart
)
type NamedPart = ToolPart | DataPart
type UIPart = TaggedPart | NamedPart


def _no_parts() -> list[UIPart]:
    return []  # with `list` itself, msgspec would omit the field, and JavaScript needs it


class UIMessage(msgspec.Struct, kw_only=True, omit_defaults=True):
    id: str
    role: Role
    parts: list[UIPart] = msgspec.field(default_factory=_no_parts)
    metadata: Any = None
    """An object, as a rule."""

    @property
    def text(self) -> str:
        """All text of the message, without reasoning, files, tools and data."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


class _Type(msgspec.Struct):
    type: str


_type = JSONDecoder[_Type](_Type)


class UnknownTypeError(msgspec.ValidationError):
    pass


def type_of(data: str | bytes | msgspec.Raw) -> str:
    return _type.decode(data).type


def decode_tagged[Tagged, Named](
    data: str | bytes | msgspec.Raw,
    tagged: JSONDecoder[Tagged],
    family: Callable[[str], JSONDecoder[Named] | None],
) -> Tagged | Named:
    """An object by its `type`: one of the fixed types, which msgspec knows, or what `family` gives for the name.

    Raises `msgspec.DecodeError`.
    """
    try:
        return tagged.decode(data)
    except msgspec.ValidationError as error:
        if "at `$.type`" not in str(error):
            raise
    name = type_of(data)
    decoder = family(name)
    if decoder is None:
        raise UnknownTypeError(f"Unknown type {name[:100]!r}")
    return decoder.decode(data)


class _RawMessage(msgspec.Struct):
    id: str
    role: Role
    parts: list[msgspec.Raw]
    metadata: Any = None


_message = JSONDecoder[_RawMessage](_RawMessage)
_messages = JSONDecoder[list[_RawMessage]](list[_RawMessage])
_tagged = JSONDecoder[TaggedPart](TaggedPart.__value__)
_tool = JSONDecoder[NamedPart](ToolPart)
_data = JSONDecoder[NamedPart](DataPart)


def _family(type: str) -> JSONDecoder[NamedPart] | None:
    if type.startswith("tool-") or type == "dynamic-tool":
        return _tool
    return _data if type.startswith("data-") else None


def decode_part(raw: str | bytes | msgspec.Raw) -> UIPart:
    """One part from its JSON. Raises `msgspec.ValidationError`, which names the field."""
    return decode_tagged(raw, _tagged, _family)


def _checked(raw: _RawMessage) -> UIMessage:
    return UIMessage(id=raw.id, role=raw.role, parts=[decode_part(part) for part in raw.parts], metadata=raw.metadata)


def decode_message(data: str | bytes | msgspec.Raw) -> UIMessage:
    """One message from its JSON; unknown fields are ignored.

    Raises `msgspec.ValidationError` with the path of the first wrong field.
    """
    return _checked(_message.decode(data))


def decode_messages(data: str | bytes | msgspec.Raw) -> list[UIMessage]:
    return [_checked(raw) for raw in _messages.decode(data)]
