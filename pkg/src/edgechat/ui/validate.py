"""Messages from strangers (npm `ai` 7.0.173, `validateUIMessages`): all is checked, and the first wrong field named."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from edgechat.errors import TypeValidationError
from edgechat.json import JSONDecoder, mended_surrogates
from edgechat.ui import schema
from edgechat.ui.messages import DataPart, TextPart, ToolPart, UIMessage, UIPart

UNREADABLE = "This message could not be read."

_any = JSONDecoder[Any](Any)


class ToolTypes(NamedTuple):
    """What a tool takes and gives: any types of `msgspec.convert`."""

    input: Any
    output: Any = Any


class _Types(NamedTuple):
    metadata: Any
    data: Mapping[str, Any] | None
    tools: Mapping[str, ToolTypes] | None


def validate_ui_messages(
    data: Any,
    *,
    metadata_type: Any = None,
    data_types: Mapping[str, Any] | None = None,
    tools: Mapping[str, ToolTypes] | None = None,
    tombstones: bool = False,
) -> list[UIMessage]:
    """Messages from JSON, or from what it was decoded to. Unknown fields are dropped.

    With `metadata_type` and `data_types` (by the name after `data-`) metadata and data become values of these types.
    `tools` checks inputs and outputs; what a tool did that is no longer there is kept, as a `dynamic-tool` part.

    With `tombstones` a message that cannot be read becomes one that says so: it keeps its id and role where it has
    them, and `metadata["error"]` says what is wrong. The rest of the chat can be loaded.

    Raises `TypeValidationError`, with the path of the first wrong field.
    """
    if isinstance(data, bytes | str | msgspec.Raw):
        data = _decoded(data if isinstance(data, str) else bytes(data))
    if not isinstance(data, list) or not data:
        raise TypeValidationError("messages: expected an array with at least one message")
    types = _Types(metadata_type, data_types, tools)
    messages = []
    for index, raw in enumerate(data):
        try:
            messages.append(_typed(schema.message(raw, f"messages[{index}]"), types, f"messages[{index}]"))
        except TypeValidationError as error:
            if not tombstones:
                raise
            messages.append(_tombstone(raw, index, error))
    return messages


def safe_validate_ui_messages(
    data: Any,
    *,
    metadata_type: Any = None,
    data_types: Mapping[str, Any] | None = None,
    tools: Mapping[str, ToolTypes] | None = None,
) -> list[UIMessage] | TypeValidationError:
    """As `validate_ui_messages`, but the error is returned."""
    try:
        return validate_ui_messages(data, metadata_type=metadata_type, data_types=data_types, tools=tools)
    except TypeValidationError as error:
        return error


def _decoded(data: bytes | str) -> Any:
    try:
        return _any.decode(data)
    except msgspec.DecodeError as error:
        if (mended := mended_surrogates(data)) is None:
            raise TypeValidationError(f"messages: {error}") from None
        return _any.decode(mended)


def _tombstone(raw: Any, index: int, error: TypeValidationError) -> UIMessage:
    raw = raw if isinstance(raw, dict) else {}
    message_id, role = raw.get("id"), raw.get("role")
    return UIMessage(
        id=message_id if isinstance(message_id, str) else f"unreadable-{index}",
        role=role if role in ("system", "user", "assistant") else "assistant",
        parts=[TextPart(text=UNREADABLE)],
        metadata={"error": str(error)},
    )


def _typed(message: UIMessage, types: _Types, path: str) -> UIMessage:
    if types.metadata is not None:
        message.metadata = schema.converted(message.metadata, types.metadata, f"{path}.metadata")
    for index, part in enumerate(message.parts):
        where = f"{path}.parts[{index}]"
        if isinstance(part, DataPart):
            if types.data is not None:
                part.data = _data(part, types.data, f"{where}.data")
        elif isinstance(part, ToolPart) and types.tools is not None and part.type != "dynamic-tool":
            message.parts[index] = _tool(part, types.tools.get(part.name), where)
    return message


def _data(part: DataPart, types: Mapping[str, Any], path: str) -> Any:
    name = part.type.removeprefix("data-")
    if name not in types:
        raise TypeValidationError(f"{path}: there is no type for data-{name[:100]}")
    return schema.converted(part.data, types[name], path)


def _tool(part: ToolPart, types: ToolTypes | None, path: str) -> UIPart:
    if types is None:
        if part.state in ("output-available", "output-error", "output-denied"):
            return _dynamic(part)
        raise TypeValidationError(f"{path}: there is no tool {part.name[:100]!r}")
    error = _input_error(part, types.input, f"{path}.input")
    # A call that failed has to remain readable, and so has one whose input is gone.
    is_bearable = part.state == "output-error" or (part.state == "output-available" and part.input == {})
    if error and not is_bearable:
        raise error
    if part.state == "output-available":
        schema.converted(part.output, types.output, f"{path}.output")
    return _dynamic(part) if error else part


def _input_error(part: ToolPart, type: Any, path: str) -> TypeValidationError | None:
    original = part.approval.input_schema_input if part.approval else UNSET
    value = part.input if original is UNSET else original
    if part.state == "input-streaming" or (part.state == "output-error" and value is UNSET):
        return None
    try:
        converted = schema.converted(value, type, path)
    except TypeValidationError as error:
        return error
    if original is not UNSET and msgspec.to_builtins(converted) != part.input:
        return TypeValidationError(f"{path}: not what the tool makes of inputSchemaInput")
    return None


def _dynamic(part: ToolPart) -> ToolPart:
    """The same call, without the claim that it fits the types of the tool."""
    return msgspec.structs.replace(part, type="dynamic-tool", tool_name=part.name, dynamic=False)
