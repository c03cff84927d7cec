"""Messages from strangers (npm `ai` 7.0.173, `validateUIMessages`): all is checked, and the first wrong field named.

The types in `messages` read more than that: they take null for a field that is absent, and any field in any state.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from edgechat.errors import TypeValidationError
from edgechat.json import JSONDecoder, mended_surrogates
from edgechat.ui.messages import (
    DataPart,
    FilePart,
    ProviderMetadata,
    Role,
    SteeringMessagePart,
    TaggedPart,
    TextPart,
    ToolApproval,
    ToolPart,
    UIMessage,
    UIPart,
)

UNREADABLE = "This message could not be read."

_any = JSONDecoder[Any](Any)
_WHERE = re.compile(r"(.*) - at `\$(.*)`", re.DOTALL)
_STATIC: dict[str, type[TaggedPart]] = {part.__struct_config__.tag: part for part in get_args(TaggedPart.__value__)}
_NULLABLE = frozenset({"data", "descriptor", "input", "inputSchemaInput", "output", "rawInput"})


class _State(NamedTuple):
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    approved: tuple[bool | None, ...] = ()
    """What the answer to a request for approval may be; None: not there yet."""


_TOOL = ("type", "toolCallId", "state", "title", "toolMetadata", "providerExecuted", "callProviderMetadata")
_STATES = {
    "input-streaming": _State((), ("input", "rawInput", "inputEncoding")),
    "input-available": _State(("input",)),
    "approval-requested": _State(("input", "approval"), (), (None,)),
    "approval-responded": _State(("input", "approval"), (), (True, False)),
    "output-available": _State(("input", "output"), ("resultProviderMetadata", "preliminary", "approval"), (True,)),
    "output-error": _State(("errorText",), ("input", "rawInput", "resultProviderMetadata", "approval"), (True,)),
    "output-denied": _State(("input", "approval"), (), (False,)),
}
_OF_SOME_STATES = ("output", "errorText", "approval")

type _Index = Annotated[int, Meta(ge=0, le=2**53 - 1)]


class _Source(msgspec.Struct, tag_field="sourceType", rename="camel", kw_only=True):
    type: Literal["source"]
    id: str
    provider_metadata: ProviderMetadata | UnsetType = UNSET


class _URLSource(_Source, tag="url", kw_only=True):
    url: str
    title: str | UnsetType = UNSET


class _DocumentSource(_Source, tag="document", kw_only=True):
    media_type: str
    title: str
    filename: str | UnsetType = UNSET


class _Citation(msgspec.Struct, rename="camel"):
    source: _URLSource | _DocumentSource
    start_index: _Index | UnsetType = UNSET
    end_index: _Index | UnsetType = UNSET
    cited_text: str | UnsetType = UNSET


class _Steering(msgspec.Struct):
    id: str
    parts: list[dict[str, Any]]


class _Message(msgspec.Struct):
    id: str
    role: Role
    parts: list[Any]
    metadata: Any = None


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
            messages.append(_typed(message(raw, f"messages[{index}]"), types, f"messages[{index}]"))
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
        message.metadata = _converted(message.metadata, types.metadata, f"{path}.metadata")
    for index, part in enumerate(message.parts):
        where = f"{path}.parts[{index}]"
        if isinstance(part, DataPart):
            if types.data is not None:
                part.data = _typed_data(part, types.data, f"{where}.data")
        elif isinstance(part, ToolPart) and types.tools is not None and part.type != "dynamic-tool":
            message.parts[index] = _typed_tool(part, types.tools.get(part.name), where)
    return message


def _typed_data(part: DataPart, types: Mapping[str, Any], path: str) -> Any:
    name = part.type.removeprefix("data-")
    if name not in types:
        raise TypeValidationError(f"{path}: there is no type for data-{name[:100]}")
    return _converted(part.data, types[name], path)


def _typed_tool(part: ToolPart, types: ToolTypes | None, path: str) -> UIPart:
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
        _converted(part.output, types.output, f"{path}.output")
    return _dynamic(part) if error else part


def _input_error(part: ToolPart, type: Any, path: str) -> TypeValidationError | None:
    original = part.approval.input_schema_input if part.approval else UNSET
    value = part.input if original is UNSET else original
    if part.state == "input-streaming" or (part.state == "output-error" and value is UNSET):
        return None
    try:
        refined = _converted(value, type, path)
    except TypeValidationError as error:
        return error
    if original is not UNSET and msgspec.to_builtins(refined) != part.input:
        return TypeValidationError(f"{path}: not what the tool makes of inputSchemaInput")
    return None


def _dynamic(part: ToolPart) -> ToolPart:
    """The same call, without the claim that it fits the types of the tool."""
    return msgspec.structs.replace(part, type="dynamic-tool", tool_name=part.name, dynamic=False)


def message(raw: Any, path: str) -> UIMessage:
    """One message from what its JSON was decoded to. Raises `TypeValidationError`, which begins with `path`."""
    checked: _Message = _converted(raw, _Message, path)
    if not checked.parts and checked.role != "assistant":
        raise TypeValidationError(f"{path}.parts: a {checked.role} message needs at least one part")
    parts = [_part(part, f"{path}.parts[{index}]") for index, part in enumerate(checked.parts)]
    return UIMessage(id=checked.id, role=checked.role, parts=parts, metadata=checked.metadata)


def _converted(value: Any, type: Any, path: str) -> Any:
    """`msgspec.convert`, with a path in its error."""
    try:
        return msgspec.convert(value, type)
    except msgspec.ValidationError as error:
        match = _WHERE.fullmatch(str(error))
        text, where = match.groups() if match else (str(error), "")
        raise TypeValidationError(f"{path}{where}: {text[:200]}") from None


def _part(raw: Any, path: str) -> UIPart:
    name = raw.get("type") if isinstance(raw, dict) else None
    if not isinstance(name, str):
        raise TypeValidationError(f"{path}: expected an object with a `type`")
    if name == "steering-message":
        return _steering(raw, path)
    if name in _STATIC:
        part = _struct(raw, _STATIC[name], path)
        if isinstance(part, TextPart) and part.citations is not None:
            part.citations = msgspec.to_builtins(_converted(part.citations, list[_Citation], f"{path}.citations"))
        return part
    if name.startswith("data-"):
        return _struct(raw, DataPart, path)
    if name.startswith("tool-") or name == "dynamic-tool":
        return _tool(raw, path)
    raise TypeValidationError(f"{path}.type: unknown part type {name[:100]!r}")


def _steering(raw: dict[str, Any], path: str) -> SteeringMessagePart:
    checked: _Steering = _converted(raw, _Steering, path)
    parts: list[TextPart | FilePart] = []
    for index, part in enumerate(checked.parts):
        where = f"{path}.parts[{index}]"
        name = part.get("type")
        if name == "text":
            # This kind of text has neither citations nor a state.
            parts.append(_struct(_only(part, ("type", "text", "providerMetadata")), TextPart, where))
        elif name == "file":
            parts.append(_struct(part, FilePart, where))
        else:
            raise TypeValidationError(f"{where}.type: expected text or file")
    return SteeringMessagePart(id=checked.id, parts=parts)


def _tool(raw: dict[str, Any], path: str) -> ToolPart:
    state = raw.get("state")
    fields = _STATES.get(state) if isinstance(state, str) else None
    if fields is None:
        raise TypeValidationError(f"{path}.state: expected one of {', '.join(_STATES)}")
    for field in fields.required:
        if field not in raw:
            raise TypeValidationError(f"{path}.{field}: missing in state {state}")
    known = (*_TOOL, *fields.required, *fields.optional)
    for field in _OF_SOME_STATES:
        if field in raw and field not in known:
            raise TypeValidationError(f"{path}.{field}: not in state {state}")
    if raw["type"] == "dynamic-tool":
        known = (*known, "toolName", "dynamic")
        if raw.get("dynamic", False) is not False:
            raise TypeValidationError(f"{path}.dynamic: expected false")
    if state == "input-streaming" and not isinstance(raw.get("rawInput", ""), str):
        raise TypeValidationError(f"{path}.rawInput: expected a string")
    part = _struct(_only(raw, known), ToolPart, path)
    if part.approval is not None:
        _check_approval(raw["approval"], part.approval, fields.approved, f"{path}.approval")
    return part


def _check_approval(raw: dict[str, Any], approval: ToolApproval, approved: tuple[bool | None, ...], path: str) -> None:
    _refuse_null(raw, ToolApproval, path)
    if approval.approved not in approved:
        raise TypeValidationError(f"{path}.approved: not so in this state")
    if approval.approved is None and approval.reason is not None:
        raise TypeValidationError(f"{path}.reason: only with an answer")


def _struct[Part: msgspec.Struct](raw: dict[str, Any], type: type[Part], path: str) -> Part:
    _refuse_null(raw, type, path)
    part: Part = _converted(raw, type, path)
    return part


def _refuse_null(raw: dict[str, Any], type: type[msgspec.Struct], path: str) -> None:
    for field in type.__struct_encode_fields__:
        if field not in _NULLABLE and raw.get(field, UNSET) is None:
            raise TypeValidationError(f"{path}.{field}: null")


def _only(raw: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {field: raw[field] for field in fields if field in raw}
