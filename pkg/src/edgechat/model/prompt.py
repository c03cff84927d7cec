"""What a model is told (npm `ai` 7.0.173, `ModelMessage`; provider specification V4, `LanguageModelV4Prompt`).

A provider's builder turns these into its own JSON. In `provider_options` the first level of keys names the provider.
"""

from typing import Any, Literal

import msgspec

type ProviderOptions = dict[str, dict[str, Any]]


class _Tagged(msgspec.Struct, tag_field="type", rename="camel", kw_only=True, omit_defaults=True):
    provider_options: ProviderOptions | None = None


class FileURL(msgspec.Struct, tag_field="type", tag="url"):
    """An address the model may fetch, or a `data:` URL."""

    url: str


class FileData(msgspec.Struct, tag_field="type", tag="data"):
    """Base64 on the wire."""

    data: bytes


class FileReference(msgspec.Struct, tag_field="type", tag="reference"):
    """A file that was uploaded before: its id, by provider."""

    reference: dict[str, str]


class FileText(msgspec.Struct, tag_field="type", tag="text"):
    text: str


type FileSource = FileURL | FileData | FileReference | FileText


class TextPart(_Tagged, tag="text"):
    text: str


class FilePart(_Tagged, tag="file"):
    media_type: str
    """Such as "image/png"; "image/*" or "image" where only the kind is known."""
    data: FileSource
    filename: str | None = None


class ReasoningPart(_Tagged, tag="reasoning"):
    text: str


class ReasoningFilePart(_Tagged, tag="reasoning-file"):
    data: FileSource
    media_type: str


class CustomPart(_Tagged, tag="custom"):
    kind: str
    """ "provider.kind"."""


class ToolCallPart(_Tagged, tag="tool-call"):
    tool_call_id: str
    tool_name: str
    input: Any | msgspec.UnsetType = msgspec.UNSET
    provider_executed: bool | None = None


class TextOutput(_Tagged, tag="text"):
    value: str


class JSONOutput(_Tagged, tag="json"):
    value: Any


class ErrorTextOutput(_Tagged, tag="error-text"):
    value: str


class ErrorJSONOutput(_Tagged, tag="error-json"):
    value: Any


class ExecutionDenied(_Tagged, tag="execution-denied"):
    reason: str | None = None


class ContentOutput(_Tagged, tag="content"):
    value: list[TextPart | FilePart | CustomPart]


type ToolOutput = TextOutput | JSONOutput | ErrorTextOutput | ErrorJSONOutput | ExecutionDenied | ContentOutput


class ToolResultPart(_Tagged, tag="tool-result"):
    tool_call_id: str
    tool_name: str
    output: ToolOutput


class ToolApprovalRequest(_Tagged, tag="tool-approval-request"):
    approval_id: str
    tool_call_id: str
    is_automatic: bool | None = None
    reason: str | None = None
    input_schema_input: Any | msgspec.UnsetType = msgspec.UNSET
    """What the model wrote, where the tool's schema made another input of it."""
    signature: str | None = None


class ToolApprovalResponse(_Tagged, tag="tool-approval-response"):
    approval_id: str
    approved: bool
    reason: str | None = None
    provider_executed: bool | None = None


type UserContent = TextPart | FilePart
type AssistantContent = (
    TextPart
    | FilePart
    | ReasoningPart
    | ReasoningFilePart
    | CustomPart
    | ToolCallPart
    | ToolResultPart
    | ToolApprovalRequest
)
type ToolContent = ToolResultPart | ToolApprovalResponse


class _Message(msgspec.Struct, tag_field="role", rename="camel", omit_defaults=True):
    pass


class SystemMessage(_Message, tag="system"):
    content: str
    provider_options: ProviderOptions | None = None


class UserMessage(_Message, tag="user"):
    content: str | list[UserContent]
    provider_options: ProviderOptions | None = None


class AssistantMessage(_Message, tag="assistant"):
    content: str | list[AssistantContent]
    provider_options: ProviderOptions | None = None


class ToolMessage(_Message, tag="tool"):
    """Results of tools, and what the user said to requests for approval."""

    content: list[ToolContent]
    provider_options: ProviderOptions | None = None


type ModelMessage = SystemMessage | UserMessage | AssistantMessage | ToolMessage
type Role = Literal["system", "user", "assistant", "tool"]


def text_of(message: ModelMessage) -> str:
    """All text of a message, without reasoning, files and tools."""
    if isinstance(message.content, str):
        return message.content
    return "".join(part.text for part in message.content if isinstance(part, TextPart))
